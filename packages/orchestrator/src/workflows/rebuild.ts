import type { ResultOf } from '@saltworks/contract/messages/definitions';
import { queues } from '@saltworks/contract/messages/queues';
import type { BuildActivities, RelabelActivities } from '@saltworks/contract/messages/relabel';
import type { rebuild as definition, RebuildRun, Stage } from '@saltworks/contract/messages/runs';
import { continueAsNew, isCancellation } from '@temporalio/workflow';
import { runShards, shardActivities } from './shards.ts';

/** Makes every mask of a build again, from the strokes that are kept for it, and counts those that come out otherwise. */
export async function rebuild(input: RebuildRun): Promise<ResultOf<typeof definition>> {
  const { dataset, subject, build } = input;
  const { extractKeys } = shardActivities<RelabelActivities>(queues.server, input);
  const { describeBuild, rebuildShard } = shardActivities<BuildActivities>(queues.propagate, input);
  let { differing = 0 } = input;
  let stage: Stage = input.carried ? 'building' : 'extracting';

  async function prepare(): Promise<{ shards: number; images: number }> {
    const { extract, ...extent } = await describeBuild({ subject, build });
    if (stage === 'building') return extent;
    for (const each of extract) {
      try {
        // Keys of finished shards may be gone, too.
        await extractKeys({ dataset, extract: each, verify: true });
      } catch (error) {
        // Its masks are listed with the reason.
        if (isCancellation(error)) throw error;
      }
    }
    stage = 'building';
    return extent;
  }

  const tally = await runShards(
    input,
    async (shard) => {
      const done = await rebuildShard({ dataset, subject, build, shard });
      differing += done.differing;
      return done;
    },
    (next) => continueAsNew<typeof rebuild>({ ...next, differing }),
    { prepare, stage: () => stage },
  );
  return { ...tally, build, differing };
}
