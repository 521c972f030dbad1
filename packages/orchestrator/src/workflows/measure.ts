/** Masks compared, and made of several annotators' strokes: a few activities, each worth trying again. */

import type { AgreePair } from '@saltworks/contract/layout';
import {
  agreeAttempts,
  type ConsensusAnswer,
  type ConsensusRequest,
  type MeasureActivities,
} from '@saltworks/contract/messages/measure';
import { queues } from '@saltworks/contract/messages/queues';
import { proxyActivities } from '@temporalio/workflow';
import { nonRetryableErrorTypes } from './final.ts';

const { agree, makeConsensus } = proxyActivities<MeasureActivities>({
  // Of annotators: a long run over a dataset is not in its way.
  taskQueue: queues.annotate,
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: agreeAttempts, nonRetryableErrorTypes },
});

interface AgreeImages {
  pairs: AgreePair[];
  /** Of the campaign; runs that an earlier version started have none. */
  classes?: string[];
}

/** @returns pairs that could not be compared, and why */
export async function agreeImages({ pairs, classes = [] }: AgreeImages): Promise<string[]> {
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
