import type { Tally } from '@saltworks/contract/messages/activities';
import { queues } from '@saltworks/contract/messages/queues';
import type { PropagateRun } from '@saltworks/contract/messages/runs';
import { continueAsNew } from '@temporalio/workflow';
import { runShards, shardActivities } from './shards.ts';

/** Makes a mask of every image that has scribbles. */
export async function propagateDataset(input: PropagateRun): Promise<Tally> {
  const { propagateShard } = shardActivities(queues.propagate, input);
  const { dataset, extract, preset, solve } = input;
  return runShards(
    input,
    (shard) => propagateShard({ dataset, shard, extract, preset, solve }),
    (next) => continueAsNew<typeof propagateDataset>(next),
  );
}
