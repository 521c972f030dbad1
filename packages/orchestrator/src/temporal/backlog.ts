/** What waits in a task queue, and who asks it for work. */
import type { ConnectionLike } from '@temporalio/client';
import { identitiesOf, taskTypes } from './pollers.ts';

export interface Backlog {
  /** Tasks, about: Temporal counts roughly. */
  tasks: number;
  /** Of the oldest of them, seconds. */
  age: number;
  pollers: number;
}

/** @throws gRPC's error if Temporal does not answer */
export async function backlogOf(
  { workflowService }: Pick<ConnectionLike, 'workflowService'>,
  { namespace, queue, tasks }: { namespace: string; queue: string; tasks: keyof typeof taskTypes },
): Promise<Backlog> {
  const request = { namespace, taskQueue: { name: queue }, taskQueueType: taskTypes[tasks], reportStats: true };
  const found = await workflowService.describeTaskQueue(request);
  const { stats } = found;
  const { seconds, nanos } = stats?.approximateBacklogAge ?? {};
  return {
    tasks: Number(stats?.approximateBacklogCount ?? 0),
    age: Number(seconds ?? 0) + Number(nanos ?? 0) / 1e9,
    pollers: identitiesOf(found).length,
  };
}
