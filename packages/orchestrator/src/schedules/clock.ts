/** Temporal's side of a schedule: it keeps the time, and starts a workflow for each firing. */
import type { overlapPolicies } from '@saltworks/contract/api/schedules';
import { cadenceOf } from '@saltworks/contract/cadence';
import { queues } from '@saltworks/contract/messages/queues';
import { scheduled } from '@saltworks/contract/messages/schedules';
import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleSpec,
} from '@temporalio/client';

/** What Temporal is told of a schedule. */
export interface Timed {
  id: string;
  cadence: string;
  timezone: string;
  overlap: (typeof overlapPolicies)[number];
  catchUp: number | null;
  paused: boolean;
}

/** What Temporal tells of it. */
export interface Times {
  paused: boolean;
  next: Date[];
  /** Firings that were missed for longer than is made up for, and those that gave way to a waiting one. */
  missed: number;
  dropped: number;
}

/** Seconds; Temporal takes no fewer. */
const shortestCatchUp = 10;

const clockId = (schedule: string): string => `schedule/${schedule}`;

/** The id of a firing's workflow; Temporal adds a `-` and the time at which it was due. */
const firingPrefix = (schedule: string): string => `${clockId(schedule)}-`;
export const firingWorkflowId = (schedule: string, firing: string): string => `${firingPrefix(schedule)}${firing}`;
export const firingOf = (schedule: string, workflowId: string): string =>
  workflowId.slice(firingPrefix(schedule).length);

/** With `skip`, each firing looks for itself whether another one is under way, so that its history says so. */
const overlaps: Record<Timed['overlap'], ScheduleOverlapPolicy> = {
  skip: ScheduleOverlapPolicy.ALLOW_ALL,
  buffer: ScheduleOverlapPolicy.BUFFER_ONE,
  cancel: ScheduleOverlapPolicy.CANCEL_OTHER,
  allow: ScheduleOverlapPolicy.ALLOW_ALL,
};

function specOf({ cadence, timezone }: Timed): ScheduleSpec {
  const when = cadenceOf(cadence);
  if ('seconds' in when) return { intervals: [{ every: when.seconds * 1_000 }] };
  return { cronExpressions: [when.cron], timezone };
}

const optionsOf = (timed: Timed) => ({
  spec: specOf(timed),
  action: {
    type: 'startWorkflow' as const,
    workflowType: scheduled.type,
    taskQueue: queues.workflows,
    workflowId: clockId(timed.id),
    args: [{ schedule: timed.id }],
  },
  policies: {
    overlap: overlaps[timed.overlap],
    catchupWindow: Math.max(timed.catchUp ?? 0, shortestCatchUp) * 1_000,
  },
  state: { paused: timed.paused },
});

/** Milliseconds to wait for Temporal's answer. */
const patience = 5_000;

const soon = <T>(client: Client, ask: () => Promise<T>): Promise<T> =>
  client.connection.withDeadline(Date.now() + patience, ask);

const handleOf = (client: Client, id: string) => client.schedule.getHandle(clockId(id));

/** Makes Temporal keep the time of a schedule, as it says now. */
export const startClock = (client: Client, timed: Timed): Promise<void> =>
  soon(client, async () => {
    const options = optionsOf(timed);
    try {
      await client.schedule.create({ scheduleId: clockId(timed.id), ...options });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      await handleOf(client, timed.id).update(() => options);
    }
  });

export const pauseClock = (client: Client, id: string, paused: boolean): Promise<void> =>
  soon(client, () => (paused ? handleOf(client, id).pause('paused') : handleOf(client, id).unpause('resumed')));

/** Fires once, now. */
export const triggerClock = (client: Client, { id, overlap }: Pick<Timed, 'id' | 'overlap'>): Promise<void> =>
  soon(client, () => handleOf(client, id).trigger(overlaps[overlap]));

/** Does nothing if Temporal knows no such schedule. */
export const stopClock = (client: Client, id: string): Promise<void> =>
  soon(client, () => handleOf(client, id).delete()).catch(unlessMissing);

/** @returns undefined if Temporal knows no such schedule */
export async function readClock(client: Client, id: string): Promise<Times | undefined> {
  const found = await soon(client, () => handleOf(client, id).describe()).catch(unlessMissing);
  if (!found) return undefined;
  const {
    nextActionTimes: next,
    numActionsMissedCatchupWindow: missed,
    numActionsSkippedOverlap: dropped,
  } = found.info;
  return { paused: found.state.paused, next, missed, dropped };
}

function unlessMissing(error: Error): undefined {
  if (error instanceof ScheduleNotFoundError) return undefined;
  throw error;
}
