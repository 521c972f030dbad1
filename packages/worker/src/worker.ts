/** The worker: polls the queues of its roles and runs their activities until it is told to stop. */
import { randomUUID } from 'node:crypto';
import type { Activities } from '@saltworks/core/contract/activities';
import type { AnnotateActivities } from '@saltworks/core/contract/annotate';
import type { MeasureActivities } from '@saltworks/core/contract/measure';
import { queues } from '@saltworks/core/contract/queues';
import { type NativeConnection, Worker } from '@temporalio/worker';

export const roles = ['extract', 'propagate', 'annotate'] as const;
export type Role = (typeof roles)[number];

/** A queue for one worker, for what it alone has in memory; another process has another one. */
export const ownQueue = (): string => `saltworks-host-${randomUUID()}`;

/** Answers under way. They wait for the store or for their thread: who is not begun with in time takes the worker for gone. */
const ANSWERS = 64;

export interface WorkerOptions {
  connection: NativeConnection;
  namespace: string;
  roles: readonly Role[];
  activities: Partial<Activities & AnnotateActivities & MeasureActivities>;
  /** Shards, or images being opened, at the same time for each role; default 1. */
  concurrency: Partial<Record<Role, number>>;
  /** With the role annotate: the queue that its `openImage` names, polled besides. */
  queue?: string;
}

/** @returns `queues` that are polled; `run` resolves once `shutdown` was called and every activity has finished, or was given up after a while */
export async function openWorkers(options: WorkerOptions) {
  const { connection, namespace, roles, activities, concurrency, queue } = options;
  const polled: [string, number][] = roles.map((role) => [queues[role], concurrency[role] ?? 1]);
  // One batch at a time: they come in bursts, and nobody waits for them as for a stroke.
  if (roles.includes('annotate')) polled.push([queues.views, 1]);
  if (roles.includes('annotate') && queue !== undefined) polled.push([queue, ANSWERS]);
  const workers = await Promise.all(
    polled.map(([taskQueue, most]) =>
      Worker.create({
        connection,
        namespace,
        taskQueue,
        activities,
        maxConcurrentActivityTaskExecutions: most,
        shutdownGraceTime: '10 seconds',
      }),
    ),
  );
  return {
    queues: polled.map(([name]) => name),
    run: () => Promise.all(workers.map((worker) => worker.run())).then(() => {}),
    shutdown() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}
