/** The worker: polls the queues of its roles and runs their activities until it is told to stop. */
import type { Activities } from '@saltworks/core/contract/activities';
import { queues } from '@saltworks/core/contract/queues';
import { type NativeConnection, Worker } from '@temporalio/worker';

export const roles = ['extract', 'propagate'] as const;
export type Role = (typeof roles)[number];

export interface WorkerOptions {
  connection: NativeConnection;
  namespace: string;
  roles: readonly Role[];
  activities: Activities;
  /** Shards at the same time, for each role. */
  concurrency: Record<Role, number>;
}

/** @returns `run` resolves once `shutdown` was called and every activity has finished, or was given up after a while */
export async function openWorkers({ connection, namespace, roles, activities, concurrency }: WorkerOptions) {
  const workers = await Promise.all(
    roles.map((role) =>
      Worker.create({
        connection,
        namespace,
        taskQueue: queues[role],
        activities,
        maxConcurrentActivityTaskExecutions: concurrency[role],
        shutdownGraceTime: '10 seconds',
      }),
    ),
  );
  return {
    run: () => Promise.all(workers.map((worker) => worker.run())).then(() => {}),
    shutdown() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}
