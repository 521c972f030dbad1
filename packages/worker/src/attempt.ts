/** Around every attempt at an activity: checks that this worker is fit for it, hands it over when the worker stops, and logs a failure. */

import { StorageFullError, UnwritableError } from '@saltworks/contract/errors';
import { HANDED_OVER } from '@saltworks/contract/messages/attempts';
import { storeHeader } from '@saltworks/contract/messages/identity';
import { StoreRefusedError } from '@saltworks/store/objects/store';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure, defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** The fault lies with this worker, not with the request: another worker may succeed. */
export class WorkerFaultError extends Error {
  override name = 'WorkerFaultError';
}

export interface AttemptOptions {
  /** Id of this worker's store; without it, stores are not compared. */
  store?: string;
  /** Receives a line for every failed attempt. */
  log(message: string): void;
  /** Called with true after a success, with false after a fault of this worker. */
  fit(fit: boolean): void;
}

export const attempts =
  ({ store, log, fit }: AttemptOptions): ActivityInterceptorsFactory =>
  ({ info: { activityType, attempt, workflowExecution } }) => ({
    inbound: {
      async execute(input, next) {
        try {
          const wanted = input.headers[storeHeader];
          if (wanted && store !== undefined) expectStore(defaultPayloadConverter.fromPayload<unknown>(wanted), store);
          const result = await next(input);
          fit(true);
          return result;
        } catch (error) {
          if (Context.current().cancellationDetails?.workerShutdown) {
            log(`${activityType} of ${workflowExecution?.workflowId} is handed over`);
            throw handedOver();
          }
          const fault = faultOf(error) ?? laterOf(error, attempt);
          if (fault instanceof WorkerFaultError) fit(false);
          if (!(error instanceof CancelledFailure)) {
            const reason = (error as Error).message.replaceAll('\n', ' ');
            log(`${activityType} of ${workflowExecution?.workflowId} failed, attempt ${attempt}: ${reason}`);
          }
          throw fault ?? error;
        }
      },
    },
  });

/** What is done stays done, and the last heartbeat says how far that is. Zero would mean the usual pause. */
const handedOver = (): ApplicationFailure =>
  ApplicationFailure.create({
    type: HANDED_OVER,
    message: 'the worker was told to stop; another one goes on',
    nextRetryDelay: 1,
  });

function expectStore(wanted: unknown, store: string): void {
  if (wanted === store) return;
  throw new WorkerFaultError(
    `this worker's store is ${store}, the run's is ${wanted}; expected the same SALTWORKS_STORE everywhere`,
  );
}

/** Tries of the usual pace while the store is full, and how far apart the next ones are: somebody has to make room. */
const [soon, later] = [8, '5 minutes'] as const;

/** A full store is no fault of this worker: it goes on with other work, and the refused one comes back, later and later. */
function laterOf(error: unknown, attempt: number): ApplicationFailure | undefined {
  if (!(error instanceof StorageFullError)) return undefined;
  return ApplicationFailure.create({
    message: error.message,
    type: error.name,
    ...(attempt > soon ? { nextRetryDelay: later } : {}),
  });
}

/** Workflows recognise the error by its name. */
function faultOf(error: unknown): WorkerFaultError | undefined {
  if (error instanceof WorkerFaultError) return error;
  const own =
    error instanceof StoreRefusedError || (error instanceof UnwritableError && !(error instanceof StorageFullError));
  return own ? new WorkerFaultError((error as Error).message) : undefined;
}
