/** The processes that poll a queue. */
import type { ConnectionLike } from '@temporalio/client';

/** A poller renews its call once a minute. */
const POLL_MS = 75_000;
/** `TaskQueueType`, as gRPC has it. */
export const taskTypes = { workflow: 1, activity: 2 };

/**
 * @returns identities of the processes that poll a queue, or did a moment ago
 * @throws gRPC's error if Temporal does not answer
 */
export async function pollersOf(
  { workflowService }: Pick<ConnectionLike, 'workflowService'>,
  { namespace, queue, tasks }: { namespace: string; queue: string; tasks: keyof typeof taskTypes },
): Promise<string[]> {
  const request = { namespace, taskQueue: { name: queue }, taskQueueType: taskTypes[tasks] };
  return identitiesOf(await workflowService.describeTaskQueue(request));
}

type Described = Awaited<ReturnType<ConnectionLike['workflowService']['describeTaskQueue']>>;

/** Temporal lists those that have gone for minutes, too. */
export function identitiesOf({ pollers }: Pick<Described, 'pollers'>): string[] {
  const since = Date.now() - POLL_MS;
  const now = (pollers ?? []).filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > since);
  return now.map(({ identity }) => identity ?? '');
}
