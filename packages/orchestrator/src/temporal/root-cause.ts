/** The reason of a failure, out of Temporal's wrappings. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';

/** The first error of the chain: Temporal wraps it once for the activity and once for the workflow. */
export function rootOf(error: unknown): Error {
  let root = error as Error;
  while (root.cause instanceof Error) {
    if (root instanceof ActivityFailure && root.retryState === 'MAXIMUM_ATTEMPTS_REACHED') {
      return new Error(
        `${rootOf(root.cause).message} (given up, as no attempt succeeded; started again, the run goes on where it stopped)`,
      );
    }
    root = root.cause;
  }
  const refused = root instanceof ApplicationFailure && root.type === 'InvalidInputError';
  return refused ? new InvalidInputError(root.message) : root;
}
