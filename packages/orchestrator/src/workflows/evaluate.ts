import type { Tally } from '@saltworks/contract/messages/activities';
import type { EvaluationActivities } from '@saltworks/contract/messages/evaluate';
import { queues } from '@saltworks/contract/messages/queues';
import type { EvaluateRun } from '@saltworks/contract/messages/runs';
import { continueAsNew } from '@temporalio/workflow';
import { runShards, shardActivities } from './shards.ts';

/** Runs an evaluation's protocols on all of its images, a part at a time. */
export function evaluate(input: EvaluateRun): Promise<Tally> {
  const { dataset, evaluation, images, parts } = input;
  const { evaluateImages } = shardActivities<EvaluationActivities>(queues.propagate, input);
  return runShards(
    input,
    (part) => evaluateImages({ dataset, evaluation, part }),
    (next) => continueAsNew<typeof evaluate>(next),
    { prepare: async () => ({ shards: parts, images }) },
  );
}
