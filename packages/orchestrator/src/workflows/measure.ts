/** Compares masks, makes masks of several annotators' strokes, and replays drawings: few activities, each worth another try. */

import { agreeAttempts } from '@saltworks/contract/messages/attempts';
import type { InputOf } from '@saltworks/contract/messages/definitions';
import type {
  ConsensusAnswer,
  ConsensusRequest,
  agreeImages as definition,
  MeasureActivities,
  ReplayActivities,
  replayDrawings as replay,
} from '@saltworks/contract/messages/measure';
import { queues } from '@saltworks/contract/messages/queues';
import { proxyActivities } from '@temporalio/workflow';
import { nonRetryableErrorTypes } from './final.ts';

const retry = { maximumAttempts: agreeAttempts, nonRetryableErrorTypes };

const { agree, makeConsensus } = proxyActivities<MeasureActivities>({
  // The annotators' queue: a long run over a dataset does not hold it up.
  taskQueue: queues.annotate,
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  retry,
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

const { writeSteps } = proxyActivities<ReplayActivities>({
  taskQueue: queues.server,
  startToCloseTimeout: '1 minute',
  retry,
});
const { replayDrawing } = proxyActivities<MeasureActivities>({
  // A mask a step, and nobody waits for it: with the runs.
  taskQueue: queues.propagate,
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '10 seconds',
  retry,
});

/** Drawings at a time: runs over datasets go on beside them. */
const ATONCE = 4;

/** @returns the reasons of drawings that could not be replayed */
export async function replayDrawings({ drawings, classes }: InputOf<typeof replay>): Promise<string[]> {
  const failures: string[] = [];
  let next = 0;
  async function lane(): Promise<void> {
    while (next < drawings.length) {
      const drawing = drawings[next++];
      try {
        await replayDrawing({ ...drawing, classes, ...(await writeSteps(drawing)) });
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
  }
  await Promise.all(Array.from({ length: ATONCE }, lane));
  return failures;
}
