/** The worker that has an image open; when it is gone, another one opens the image. */
import type { AnnotateActivities, ImageRequest, OpenedImage } from '@saltworks/contract/messages/annotate';
import { HANDED_OVER } from '@saltworks/contract/messages/attempts';
import { queues } from '@saltworks/contract/messages/queues';
import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow';
import { nonRetryableErrorTypes } from './final.ts';

/** How long to try for an answer, however many workers fail. */
const PATIENCE_MS = 120_000;

/** Workers beat every two seconds; one that is silent for this long is dead. */
const heartbeatTimeout = '8 seconds';

/** Lower is sooner; the default is 3. */
export const priorities = { answer: 1, open: 2, warm: 5 };

/** Opens an image at any worker. @throws ApplicationFailure */
export async function openImage(request: ImageRequest, priorityKey: number): Promise<OpenedImage> {
  const activities = proxyActivities<AnnotateActivities>({
    taskQueue: queues.annotate,
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: PATIENCE_MS,
    heartbeatTimeout,
    priority: { priorityKey },
    retry: { initialInterval: '200 milliseconds', maximumInterval: '5 seconds', nonRetryableErrorTypes },
  });
  return activities.openImage(request).catch((error) => Promise.reject(reasonOf(error)));
}

export interface ImageHost {
  /** The worker's queue; undefined while no worker is known to have the image open. */
  queue: string | undefined;
  /** The queue of the known worker, else of one that opens the image now. */
  find(): Promise<string>;
  /** Asks the known worker whether it is there, and finds another one if not. */
  check(): Promise<string>;
  /**
   * The worker of a queue stops: leaves it.
   *
   * @param open whether another worker opens the image first; the old one answers meanwhile
   */
  leave(queue: string, open: boolean): Promise<void>;
  /**
   * Asks the worker; if it is gone, has another one open the image and asks that.
   *
   * @param limit of one answer
   * @throws ApplicationFailure of the type of the worker's error
   */
  ask<T>(limit: '30 seconds' | '2 minutes', question: (activities: AnnotateActivities) => Promise<T>): Promise<T>;
}

/** @param known the queue of a worker that is likely to have the image open */
export function imageHost(request: ImageRequest, known?: string): ImageHost {
  let opening: Promise<string> | undefined;
  const host: ImageHost = {
    queue: known,
    async find() {
      if (host.queue !== undefined) return host.queue;
      opening ??= openImage(request, priorities.open)
        .then(({ queue }) => {
          host.queue = queue;
          return queue;
        })
        .finally(() => {
          opening = undefined;
        });
      return opening;
    },
    async check() {
      const { queue } = host;
      if (queue !== undefined) {
        await activitiesAt(queue, '30 seconds')
          .openImage(request)
          .catch((error) => {
            if (!isGone(error)) throw reasonOf(error);
            if (host.queue === queue) host.queue = undefined;
          });
      }
      return host.find();
    },
    async leave(queue, open) {
      if (host.queue !== queue) return;
      let next: string | undefined;
      // The worker may have taken one more request before it stopped.
      for (let tries = 0; open && tries < 5; tries++) {
        next = (await openImage(request, priorities.open)).queue;
        if (next !== queue) break;
        await sleep(200);
      }
      if (host.queue === queue) host.queue = next === queue ? undefined : next;
    },
    async ask(limit, question) {
      const end = Date.now() + PATIENCE_MS;
      for (let wait = 100; ; wait = Math.min(2 * wait, 5_000)) {
        const taskQueue = await host.find();
        try {
          return await question(activitiesAt(taskQueue, limit));
        } catch (error) {
          const final = isCancellation(error) || isFinal(error) || Date.now() > end;
          if (final) throw reasonOf(error);
          if (isGone(error)) {
            // Another question may have found the next worker already.
            if (host.queue === taskQueue) host.queue = undefined;
          } else await sleep(wait);
        }
      }
    },
  };
  return host;
}

const activitiesAt = (taskQueue: string, startToCloseTimeout: '30 seconds' | '2 minutes') =>
  proxyActivities<AnnotateActivities>({
    taskQueue,
    // Only one worker polls this queue: nothing starts if it is gone.
    scheduleToStartTimeout: '1500 milliseconds',
    startToCloseTimeout,
    heartbeatTimeout,
    priority: { priorityKey: priorities.answer },
    // The next try may go to another queue.
    retry: { maximumAttempts: 1 },
  });

/** The worker does not answer, or cannot: another one may. */
const isGone = (error: unknown): boolean =>
  error instanceof ActivityFailure &&
  (error.cause instanceof TimeoutFailure ||
    (error.cause instanceof ApplicationFailure && ['WorkerFaultError', HANDED_OVER].includes(error.cause.type ?? '')));

const isFinal = (error: unknown): boolean =>
  error instanceof ActivityFailure &&
  error.cause instanceof ApplicationFailure &&
  nonRetryableErrorTypes.includes(error.cause.type ?? '');

/** The reason of a failed activity, for the sender of the update. */
function reasonOf(error: unknown): unknown {
  if (isCancellation(error) || !(error instanceof ActivityFailure)) return error;
  const { cause } = error;
  if (cause instanceof ApplicationFailure) return ApplicationFailure.nonRetryable(cause.message, cause.type);
  return ApplicationFailure.nonRetryable('no worker answered in time; expected one with the role annotate', 'TimedOut');
}
