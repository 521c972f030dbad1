import type { Tally } from '@saltworks/contract/messages/activities';
import { queues } from '@saltworks/contract/messages/queues';
import type { ExtractRun, RetryActivities } from '@saltworks/contract/messages/runs';
import { continueAsNew } from '@temporalio/workflow';
import { runShards, shardActivities } from './shards.ts';

/** Extracts the keys of every image that has none, or damaged ones; or tries those again that failed. */
export async function extractDataset(input: ExtractRun): Promise<Tally> {
  const { extractShard } = shardActivities(queues.extract, input);
  const { refillCampaigns } = shardActivities<RetryActivities>(queues.server, input);
  const { dataset, extract, verify, retry } = input;
  const tally = await runShards(
    input,
    (shard) => extractShard({ dataset, shard, extract, verify, ...(retry && { retry }) }),
    (next) => continueAsNew<typeof extractDataset>(next),
  );
  if (retry) await refillCampaigns({ dataset, extract });
  return tally;
}
