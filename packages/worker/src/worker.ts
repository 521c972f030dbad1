/** The worker: polls the queues of its roles and runs their activities until it is told to stop. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WorkerActivities, workerActivities } from '@saltworks/contract/messages/all';
import { queues } from '@saltworks/contract/messages/queues';
import { receiving } from '@saltworks/contract/messages/received';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { attempts } from './attempt.ts';

export const roles = ['extract', 'propagate', 'annotate'] as const;
export type Role = (typeof roles)[number];

/** A queue for one process: for questions about images that it alone has in memory. */
export const ownQueue = (): string => `saltworks-host-${randomUUID()}`;

/** Most answers under way: they wait for the store or their thread. A caller whose question is not started in time gives up. */
const ANSWERS = 64;

export interface WorkerOptions {
  connection: NativeConnection;
  namespace: string;
  roles: readonly Role[];
  activities: WorkerActivities;
  /** Shards, or images being opened, at the same time for each role; default 1. */
  concurrency: Partial<Record<Role, number>>;
  /** With the role annotate: the queue that its `openImage` names, polled as well. */
  queue?: string;
  /** This process's name in Temporal; default PROCESS@HOST. */
  identity?: string;
  /** Id of this worker's store; work for another store is left to other workers. */
  store?: string;
  /** Receives failed attempts, and queues that are not polled for a while. */
  log?(message: string): void;
}

/** How long a queue is left to others after this worker's fault: `first`, doubled with each further fault up to `most`. */
const REST_MS = { first: 1_000, most: 30_000 };

/** @returns the polled `queues`; `run` resolves after `shutdown`, once every activity has finished or the grace time is over */
export async function openWorkers(options: WorkerOptions) {
  const { roles, concurrency, queue } = options;
  const polled: [string, number][] = roles.map((role) => [queues[role], concurrency[role] ?? 1]);
  // One batch at a time: they come in bursts, and are less urgent than a stroke.
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

/** Polls one queue until told to stop; rests after this worker's own faults, so that others get the work. */
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
      ...{ connection, namespace, taskQueue, maxConcurrentActivityTaskExecutions },
      activities: receiving(workerActivities, activities),
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
        // A worker has to run once, or it never lets go of its connection.
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
