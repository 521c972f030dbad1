import type { ResultOf } from '@saltworks/contract/messages/definitions';
import { queues } from '@saltworks/contract/messages/queues';
import type { search as definition, SearchRun, Stage } from '@saltworks/contract/messages/runs';
import type { SearchActivities } from '@saltworks/contract/messages/search';
import { continueAsNew } from '@temporalio/workflow';
import { runShards, shardActivities } from './shards.ts';

/** Indexes the keys that are not yet in the index, shard by shard, then looks for an example in all of it. */
export async function search(input: SearchRun): Promise<ResultOf<typeof definition>> {
  const { dataset, extract, query } = input;
  const { indexShard, findPlaces } = shardActivities<SearchActivities>(queues.propagate, input);
  let stage: Stage = 'indexing';
  const tally = await runShards(
    input,
    (shard) => indexShard({ dataset, shard, extract }),
    (next) => continueAsNew<typeof search>(next),
    { stage: () => stage },
  );
  stage = 'searching';
  return { ...tally, ...(await findPlaces({ dataset, query })) };
}
