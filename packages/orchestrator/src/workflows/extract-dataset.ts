import type { Tally } from '@saltworks/contract/messages/activities';
import { queues } from '@saltworks/contract/messages/queues';
import type { ExtractRun } from '@saltworks/contract/messages/runs';
import { continueAsNew } from '@temporalio/workflow';
import { runShards, shardActivities } from './shards.ts';

/** Extracts the keys of every image that has none, or damaged ones. */
export async function extractDataset(input: ExtractRun): Promise<Tally> {
  const { extractShard } = shardActivities(queues.extract, input);
  const { dataset, extract, verify } = input;
  return runShards(
    input,
    (shard) => extractShard({ dataset, shard, extract, verify }),
    (next) => continueAsNew<typeof extractDataset>(next),
  );
}
