/** Why a workflow is slow, or stands still: nobody polls one of its queues, or its steps fail. */

import type { Standing } from '@saltworks/contract/api/runs';
import { bakeoff } from '@saltworks/contract/messages/bakeoff';
import { pollers, queues } from '@saltworks/contract/messages/queues';
import { runWorkflows } from '@saltworks/contract/messages/runs';
import type { Client, Connection, WorkflowExecutionDescription } from '@temporalio/client';
import { pollersOf } from '../temporal/pollers.ts';
import { describeWorkflow } from '../temporal/workflows.ts';

type Raw = WorkflowExecutionDescription['raw'];
type Pending = NonNullable<Raw['pendingActivities']>[number];

/** Most other runs that are searched for one that keeps a queue's workers busy. */
const OTHERS = 20;
/** `PendingActivityState`, as gRPC has it. */
const [SCHEDULED, STARTED] = [1, 2];

/** @throws WorkflowNotFoundError if there is no such workflow; gRPC's error if Temporal does not answer */
export async function standingOf(client: Client, workflowId: string): Promise<Standing> {
  const raw = await describe(client, workflowId);
  return { waiting: await waitingOf(client, workflowId, raw), failing: failingOf(raw) };
}

async function describe(client: Client, workflowId: string): Promise<Raw> {
  return (await describeWorkflow(client, workflowId)).raw;
}

function failingOf({ pendingActivities }: Raw): Standing['failing'] {
  const failed = (pendingActivities ?? []).filter(({ lastFailure }) => lastFailure);
  if (failed.length === 0) return null;
  const worst = failed.reduce((most, one) => ((one.attempt ?? 0) > (most.attempt ?? 0) ? one : most));
  // `attempt` is the next one, or the one under way.
  const attempts = Math.max(1, (worst.attempt ?? 1) - 1);
  return { reason: reasonOf(worst), attempts, most: worst.maximumAttempts ?? 0 };
}

function reasonOf({ lastFailure, lastWorkerIdentity }: Pending): string {
  const message = (lastFailure?.message ?? '').replaceAll('\n', ' ');
  // Readers need not know Temporal's own words.
  return lastFailure?.timeoutFailureInfo ? `worker ${lastWorkerIdentity} fell silent (${message})` : message;
}

async function waitingOf(client: Client, workflowId: string, raw: Raw): Promise<Standing['waiting']> {
  const { address } = (client.connection as Connection).options;
  const { namespace } = client.options;
  const stuck = (queue: string) => ({ queue, address, namespace, start: pollers[queue] ?? 'its worker' });
  const { pendingWorkflowTask: task, executionConfig: config } = raw;
  const own = config?.taskQueue?.name ?? queues.workflows;
  if (task && !task.startedTime && !(await isPolled(client, own, 'workflow'))) return stuck(own);
  const pending = raw.pendingActivities ?? [];
  const waiting = pending.filter(({ state, nextAttemptScheduleTime: later }) => state === SCHEDULED && !later);
  for (const queue of new Set(waiting.map(queueOf))) {
    if (isBusy(pending, queue) || (await isPolled(client, queue, 'activity'))) continue;
    // A busy worker does not poll.
    if (!(await isBusyElsewhere(client, workflowId, queue))) return stuck(queue);
  }
  return null;
}

const queueOf = ({ activityOptions, activityType }: Pending): string =>
  // Older servers leave it out.
  activityOptions?.taskQueue?.name ?? (activityType?.name === 'extractShard' ? queues.extract : queues.propagate);

const isBusy = (pending: readonly Pending[], queue: string): boolean =>
  pending.some((one) => one.state === STARTED && queueOf(one) === queue);

async function isPolled(client: Client, queue: string, tasks: 'workflow' | 'activity'): Promise<boolean> {
  const { namespace } = client.options;
  return (await pollersOf(client.connection, { namespace, queue, tasks })).length > 0;
}

async function isBusyElsewhere(client: Client, workflowId: string, queue: string): Promise<boolean> {
  const types = [...Object.values(runWorkflows), bakeoff].map(({ type }) => `'${type}'`).join(', ');
  const query = `ExecutionStatus = 'Running' AND WorkflowType IN (${types})`;
  let looked = 0;
  for await (const other of client.workflow.list({ query, pageSize: OTHERS })) {
    if (other.workflowId === workflowId) continue;
    const { pendingActivities } = await describe(client, other.workflowId).catch(() => ({ pendingActivities: [] }));
    if (isBusy(pendingActivities ?? [], queue)) return true;
    if (++looked === OTHERS) break;
  }
  return false;
}
