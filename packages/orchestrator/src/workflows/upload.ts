/** The import of an upload or from a place: a worker does it, the server notes the outcome. */
import { ATTEMPTS } from '@saltworks/contract/messages/attempts';
import type { InputOf, RequestOf } from '@saltworks/contract/messages/definitions';
import { queues } from '@saltworks/contract/messages/queues';
import type {
  upload as definition,
  UploadActivities,
  UploadEndActivities,
  uploadEndActivities,
} from '@saltworks/contract/messages/uploads';
import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  proxyActivities,
  rootCause,
} from '@temporalio/workflow';
import { nonRetryableErrorTypes } from './final.ts';

const retry = { initialInterval: '1 second', maximumInterval: '1 minute', nonRetryableErrorTypes } as const;

/** As often as it takes, while the database is away. */
const { endUpload } = proxyActivities<UploadEndActivities>({
  taskQueue: queues.server,
  startToCloseTimeout: '1 minute',
  retry,
});

const { importUpload, importPlace } = proxyActivities<UploadActivities>({
  taskQueue: queues.propagate,
  startToCloseTimeout: '7 days',
  heartbeatTimeout: '10 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { ...retry, maximumAttempts: ATTEMPTS },
});

type End = Omit<RequestOf<(typeof uploadEndActivities)['endUpload']>, 'upload'>;

export async function upload(input: InputOf<typeof definition>): Promise<void> {
  const { from } = input;
  const importing = from ? importPlace({ ...input, from }) : importUpload(input);
  const end: End = await importing.then(() => ({ state: 'done', reason: null }), endOf);
  await CancellationScope.nonCancellable(() => endUpload({ upload: input.upload, ...end }));
}

const endOf = (error: unknown): End =>
  isCancellation(error)
    ? { state: 'cancelled', reason: null }
    : { state: 'failed', reason: rootCause(error) ?? String(error) };
