/** Around every attempt at an activity: whether this worker is one for it, and a line in its log if it fails. */

import { UnwritableError } from '@saltworks/contract/errors';
import { storeHeader } from '@saltworks/contract/messages/identity';
import { StoreRefusedError } from '@saltworks/store/objects/store';
import { CancelledFailure, defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** The trouble is this worker's, not that of what it was asked: another one may well do it. */
export class WorkerFaultError extends Error {
  override name = 'WorkerFaultError';
}

export interface AttemptOptions {
  /** Id of this worker's store; without it nothing is compared. */
  store?: string;
  /** Told of every attempt that fails. */
  log(message: string): void;
  /** Told whether what was tried last showed this worker to be unfit. */
  fit(fit: boolean): void;
}

export const attempts =
  ({ store, log, fit }: AttemptOptions): ActivityInterceptorsFactory =>
  ({ info: { activityType, attempt, workflowExecution } }) => ({
    inbound: {
      async execute(input, next) {
        try {
          const wanted = input.headers[storeHeader];
          if (wanted && store !== undefined) expectStore(defaultPayloadConverter.fromPayload(wanted), store);
          const result = await next(input);
          fit(true);
          return result;
        } catch (error) {
          const fault = faultOf(error);
          if (fault) fit(false);
          if (!(error instanceof CancelledFailure)) {
            const reason = (error as Error).message.replaceAll('\n', ' ');
            log(`${activityType} of ${workflowExecution?.workflowId} failed, attempt ${attempt}: ${reason}`);
          }
          throw fault ?? error;
        }
      },
    },
  });

function expectStore(wanted: string, store: string): void {
  if (wanted === store) return;
  throw new WorkerFaultError(
    `this worker's store is ${store}, the run's is ${wanted}; expected the same SALTWORKS_STORE everywhere`,
  );
}

/** The name is what workflows know it by. */
function faultOf(error: unknown): WorkerFaultError | undefined {
  if (error instanceof WorkerFaultError) return error;
  const own = error instanceof StoreRefusedError || error instanceof UnwritableError;
  return own ? new WorkerFaultError((error as Error).message) : undefined;
}
