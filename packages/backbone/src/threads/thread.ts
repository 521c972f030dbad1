/** The inner side of a pool (threads.ts): a thread that does one job after another. */
import { parentPort } from 'node:worker_threads';
import { InvalidInputError } from '@saltworks/contract/errors';

/** A job's result, or the reason of its failure. */
export type Answer<Result> = { result: Result } | Failure;

export interface Failure {
  error: string;
  /** The error was an InvalidInputError. */
  invalid: boolean;
}

export function failureOf(error: unknown): Failure {
  const { message } = error as Error;
  return { error: message, invalid: error instanceof InvalidInputError };
}

/** Answers the jobs posted to this thread. @param work gives a job's result, and the buffers to move with it */
export function answerJobs<Job, Result>(
  work: (job: Job) => Promise<{ result: Result; move?: ArrayBufferLike[] }>,
): void {
  if (!parentPort) throw new Error('expected to run in a worker thread');
  const port = parentPort;
  port.on('message', async (job: Job) => {
    try {
      const { result, move = [] } = await work(job);
      port.postMessage({ result } satisfies Answer<Result>, move as ArrayBuffer[]);
    } catch (error) {
      port.postMessage(failureOf(error) satisfies Answer<Result>);
    }
  });
}
