/** Compares masks, and makes masks of several annotators' strokes: few activities, each worth another try. */

import { agreeAttempts } from '@saltworks/contract/messages/attempts';
import type { InputOf } from '@saltworks/contract/messages/definitions';
import type {
  ConsensusAnswer,
  ConsensusRequest,
  agreeImages as definition,
  MeasureActivities,
} from '@saltworks/contract/messages/measure';
import { queues } from '@saltworks/contract/messages/queues';
import { proxyActivities } from '@temporalio/workflow';
import { nonRetryableErrorTypes } from './final.ts';

const { agree, makeConsensus } = proxyActivities<MeasureActivities>({
  // The annotators' queue: a long run over a dataset does not hold it up.
  taskQueue: queues.annotate,
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: agreeAttempts, nonRetryableErrorTypes },
});

/** @returns the reasons of pairs that could not be compared */
export async function agreeImages({ pairs, classes = [] }: InputOf<typeof definition>): Promise<string[]> {
  const failures: string[] = [];
  for (const pair of pairs) {
    try {
      await agree({ ...pair, classes });
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  return failures;
}

export const consensusImage = (request: ConsensusRequest): Promise<ConsensusAnswer> => makeConsensus(request);
