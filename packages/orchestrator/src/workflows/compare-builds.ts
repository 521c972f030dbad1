import type { Tally } from '@saltworks/contract/messages/activities';
import { queues } from '@saltworks/contract/messages/queues';
import type { BuildActivities } from '@saltworks/contract/messages/relabel';
import type { CompareRun } from '@saltworks/contract/messages/runs';
import { continueAsNew } from '@temporalio/workflow';
import { runShards, shardActivities } from './shards.ts';

/** Compares two builds, of which either may have been named only: its masks are made first. */
export async function compareBuilds(input: CompareRun): Promise<Tally> {
  const { buildShard, compareShard, finishComparison } = shardActivities<BuildActivities>(queues.propagate, input);
  const { dataset, subject, base, build } = input;
  const tally = await runShards(
    input,
    async (shard) => {
      const at = { dataset, subject, shard };
      await buildShard({ ...at, build });
      if (base !== null) await buildShard({ ...at, build: base });
      return compareShard({ ...at, build, base });
    },
    (next) => continueAsNew<typeof compareBuilds>(next),
  );
  await finishComparison({ dataset, subject, base, build });
  return tally;
}
