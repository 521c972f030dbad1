/** One firing of a schedule: it begins once, does its work, and notes the outcome. */
import { ATTEMPTS } from '@saltworks/contract/messages/attempts';
import type { InputOf } from '@saltworks/contract/messages/definitions';
import { queues } from '@saltworks/contract/messages/queues';
import type {
  scheduled as definition,
  FiringEnd,
  ImportActivities,
  ScheduleActivities,
} from '@saltworks/contract/messages/schedules';
import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  proxyActivities,
  rootCause,
  workflowInfo,
} from '@temporalio/workflow';
import { nonRetryableErrorTypes } from './final.ts';

const retry = {
  initialInterval: '1 second' as const,
  maximumInterval: '1 minute' as const,
  maximumAttempts: ATTEMPTS,
  nonRetryableErrorTypes: [...nonRetryableErrorTypes, 'ConflictError', 'NotFoundError'],
};

/** Notes in the history: as often as it takes, while the database is away. */
const { beginFiring, endFiring } = proxyActivities<ScheduleActivities>({
  taskQueue: queues.server,
  startToCloseTimeout: '1 minute',
  retry: { ...retry, maximumAttempts: undefined },
});

const long = {
  startToCloseTimeout: '7 days',
  heartbeatTimeout: '10 seconds',
  // The next firing begins once this one has let go.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry,
} as const;
const { doFiring } = proxyActivities<ScheduleActivities>({ taskQueue: queues.server, ...long });
const { importImages } = proxyActivities<ImportActivities>({ taskQueue: queues.propagate, ...long });

export async function scheduled({ schedule }: InputOf<typeof definition>): Promise<void> {
  const { workflowId, runId, startTime, searchAttributes } = workflowInfo();
  const [at = startTime] = (searchAttributes.TemporalScheduledStartTime ?? []) as Date[];
  const firing = { schedule, firing: workflowId };
  const [due, began] = [at, startTime].map((time) => time.toISOString());
  // A firing that is ended says so, too.
  const begun = await CancellationScope.nonCancellable(() => beginFiring({ ...firing, run: runId, due, began }));
  if (!begun) return;
  const work = begun.import ? importImages(begun.import) : doFiring(firing);
  const end = await work.catch(endOf);
  await CancellationScope.nonCancellable(() => endFiring({ ...firing, ...end }));
}

function endOf(error: unknown): FiringEnd {
  if (isCancellation(error)) return { outcome: 'cancelled', reason: 'it was ended before it was through', made: {} };
  return { outcome: 'failed', reason: rootCause(error) ?? String(error), made: {} };
}
