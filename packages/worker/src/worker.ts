/** The worker: polls the queues of its roles and runs their activities until it is told to stop. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WorkerActivities, workerActivities } from '@saltworks/contract/messages/all';
import { queues } from '@saltworks/contract/messages/queues';
import { receiving } from '@saltworks/contract/messages/received';
import { watched } from '@saltworks/telemetry/activities';
import { activitySpans } from '@saltworks/telemetry/temporal';
import { type NativeConnection, Worker, type WorkerDeploymentOptions } from '@temporalio/worker';
import { attempts } from './attempt.ts';
import { type Guests, type Leave, openGuests } from './guests.ts';

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
  /** Which code this is, if runs are to end on the code that they began with. The own queue has one worker, of any version. */
  version?: WorkerDeploymentOptions;
  /** Id of this worker's store; work for another store is left to other workers. */
  store?: string;
  /** Receives failed attempts, and queues that are not polled for a while. */
  log?(message: string): void;
  /** Tells workflows that ask this process about open images to leave for another one; default: they find out. */
  leave?: Leave;
}

/**
 * How long work may go on once the worker is told to stop, milliseconds: a shard is handed over with what is done of it, an
 * image that is being opened or answered is finished. `polls`: until Temporal knows that this
 * worker takes no more; `guests`: how long workflows may take to leave.
 */
const GRACE_MS = { shards: 1_000, images: 10_000, polls: 300, guests: 8_000 };

/** How long a queue is left to others after this worker's fault: `first`, doubled with each further fault up to `most`. */
const REST_MS = { first: 1_000, most: 30_000 };

/**
 * @returns the polled `queues`; `run` resolves after `shutdown`, once every activity has finished or is handed over. The own
 *   queue is polled until no workflow asks this process any more.
 */
export async function openWorkers(options: WorkerOptions) {
  const { roles, concurrency, queue, leave } = options;
  const guests = openGuests();
  const [stopping, left] = [new AbortController(), new AbortController()];
  const { version } = options;
  const shared: Polled[] = roles.map((role) => ({
    version,
    queue: queues[role],
    most: concurrency[role] ?? 1,
    graceMs: role === 'annotate' ? GRACE_MS.images : GRACE_MS.shards,
    stopping: stopping.signal,
    guests,
  }));
  const ofImages = { graceMs: GRACE_MS.images, guests };
  // One batch at a time: they come in bursts, and are less urgent than a stroke.
  if (roles.includes('annotate'))
    shared.push({ ...ofImages, version, queue: queues.views, most: 1, stopping: stopping.signal });
  const own: Polled[] =
    roles.includes('annotate') && queue !== undefined
      ? [{ ...ofImages, queue, most: ANSWERS, stopping: left.signal }]
      : [];
  const polled = [...shared, ...own];
  const workers = await Promise.all(polled.map((one) => openPoller(options, one)));
  async function sendAway(): Promise<void> {
    if (!leave || guests.size === 0) return;
    await sleep(GRACE_MS.polls);
    await guests.leave(leave, GRACE_MS.guests);
  }
  return {
    queues: polled.map(({ queue }) => queue),
    run: () => Promise.all(workers.map((worker) => worker.run())).then(() => {}),
    shutdown() {
      if (stopping.signal.aborted) return;
      stopping.abort();
      void sendAway().finally(() => left.abort());
    },
  };
}

interface Polled {
  queue: string;
  /** Activities at the same time. */
  most: number;
  graceMs: number;
  version?: WorkerDeploymentOptions;
  stopping: AbortSignal;
  guests: Guests;
}

/** Polls one queue until told to stop; rests after this worker's own faults, so that others get the work. */
async function openPoller(
  { connection, namespace, activities, queue, identity, store, log = () => {} }: WorkerOptions,
  { queue: taskQueue, most: maxConcurrentActivityTaskExecutions, graceMs, version, stopping, guests }: Polled,
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
      ...(version === undefined ? {} : { workerDeploymentOptions: version }),
      // The process's own queue has a name that is never seen again.
      interceptors: {
        activity: [
          activitySpans,
          watched(taskQueue === queue ? 'host' : taskQueue.replace(/^saltworks-/, '')),
          attempts({ store, log, fit }),
          guests.interceptor,
        ],
      },
      shutdownGraceTime: graceMs,
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
