/** The worker: polls the queues of its roles and runs their activities until it is told to stop. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Activities } from '@saltworks/contract/messages/activities';
import type { AnnotateActivities } from '@saltworks/contract/messages/annotate';
import type { MeasureActivities } from '@saltworks/contract/messages/measure';
import { queues } from '@saltworks/contract/messages/queues';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { attempts } from './attempt.ts';

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
  /** What Temporal calls this process; default PROCESS@HOST. */
  identity?: string;
  /** Id of this worker's store: work for another one is left to others. */
  store?: string;
  /** Told of attempts that failed, and of queues that are not polled for a while. */
  log?(message: string): void;
}

/** After the n-th failure in a row that is this worker's own, a queue is left to others for so long. */
const REST_MS = { first: 1_000, most: 30_000 };

/** @returns `queues` that are polled; `run` resolves once `shutdown` was called and every activity has finished, or was given up after a while */
export async function openWorkers(options: WorkerOptions) {
  const { roles, concurrency, queue } = options;
  const polled: [string, number][] = roles.map((role) => [queues[role], concurrency[role] ?? 1]);
  // One batch at a time: they come in bursts, and nobody waits for them as for a stroke.
  if (roles.includes('annotate')) polled.push([queues.views, 1]);
  if (roles.includes('annotate') && queue !== undefined) polled.push([queue, ANSWERS]);
  const stopping = new AbortController();
  const workers = await Promise.all(polled.map(([name, most]) => openPoller(options, name, most, stopping.signal)));
  return {
    queues: polled.map(([name]) => name),
    run: () => Promise.all(workers.map((worker) => worker.run())).then(() => {}),
    shutdown: () => stopping.abort(),
  };
}

/** Polls one queue until it is told to stop; rests while this worker is not fit for it, so that others get the work. */
async function openPoller(
  { connection, namespace, activities, identity, store, log = () => {} }: WorkerOptions,
  taskQueue: string,
  maxConcurrentActivityTaskExecutions: number,
  stopping: AbortSignal,
): Promise<{ run(): Promise<void> }> {
  let rest = 0;
  let resting = false;
  let worker: Worker;
  const stop = () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const fit = (fit: boolean) => {
    if (fit) rest = 0;
    if (fit || resting) return;
    resting = true;
    rest = Math.min(Math.max(2 * rest, REST_MS.first), REST_MS.most);
    stop();
  };
  const open = () =>
    Worker.create({
      ...{ connection, namespace, taskQueue, activities, maxConcurrentActivityTaskExecutions },
      ...(identity === undefined ? {} : { identity }),
      interceptors: { activity: [attempts({ store, log, fit })] },
      shutdownGraceTime: '10 seconds',
    });
  worker = await open();
  return {
    async run() {
      stopping.addEventListener('abort', stop);
      for (;;) {
        const running = worker.run();
        // One that is made has to be run, or it would never let go of its connection.
        if (stopping.aborted) stop();
        await running;
        if (stopping.aborted) return;
        log(`${taskQueue} is left to others for ${rest / 1000} s`);
        await sleep(rest, undefined, { signal: stopping }).catch(() => {});
        if (stopping.aborted) return;
        resting = false;
        worker = await open();
      }
    },
  };
}
