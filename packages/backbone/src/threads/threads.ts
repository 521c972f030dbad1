/**
 * A pool of threads for work that would block an event loop; each does one job at a time. The pool starts a thread when a
 * job needs one, replaces one that dies, and ends one that idles, since it would keep the memory of its largest job.
 */
import { setMaxListeners } from 'node:events';
import { Worker } from 'node:worker_threads';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Answer } from './thread.ts';

const IDLE_MS = 30_000;

/** A thread failed at a job that was valid; the pool goes on. */
export class ThreadError extends Error {
  override name = 'ThreadError';
  /** The thread died, of lack of memory, say, so another try may succeed; otherwise only the job failed. */
  readonly died: boolean;

  constructor(message: string, died: boolean) {
    super(message);
    this.died = died;
  }
}

export interface ThreadPool<Job, Result> {
  /** The most jobs at a time. */
  readonly threads: number;
  /**
   * Does a job, in its turn.
   *
   * @param options move: arrays of the job whose buffers move to the thread instead of being copied; an array that does not
   *   fill its buffer is copied. signal: aborting rejects at once with its reason, and ends the thread if it has begun
   * @throws InvalidInputError if the thread did; ThreadError for any other failure there
   */
  run(job: Job, options?: { move?: readonly ArrayBufferView[]; signal?: AbortSignal }): Promise<Result>;
  /** Ends all threads and rejects pending jobs. An idle pool keeps no process alive. */
  close(): Promise<void>;
}

interface Task<Job, Result> {
  job: Job;
  move: ArrayBuffer[];
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

interface Thread<Job, Result> {
  worker: Worker;
  /** undefined while the thread is idle or ending. */
  task?: Task<Job, Result>;
  /** The error that ended the thread. */
  cause?: Error;
  expiry?: NodeJS.Timeout;
}

/**
 * @param file the thread's module, which calls `answerJobs`
 * @throws InvalidInputError unless threads is a whole number above 0
 */
export function threadPool<Job, Result>(
  file: URL,
  { threads, idleMs = IDLE_MS }: { threads: number; idleMs?: number },
): ThreadPool<Job, Result> {
  if (!Number.isInteger(threads) || threads < 1) throw new InvalidInputError(`${threads} threads; expected 1 or more`);
  const waiting: Task<Job, Result>[] = [];
  const idle: Thread<Job, Result>[] = [];
  /** Includes threads that are ending: their memory is not free yet. */
  const alive = new Set<Thread<Job, Result>>();
  let closed = false;

  function start(): Thread<Job, Result> {
    const worker = new Worker(file);
    const thread: Thread<Job, Result> = { worker };
    alive.add(thread);
    worker.on('message', (answer: Answer<Result>) => {
      const { task } = thread;
      if (!task) return;
      if ('result' in answer) task.resolve(answer.result);
      else task.reject(answer.invalid ? new InvalidInputError(answer.error) : new ThreadError(answer.error, false));
      rest(thread);
      next();
    });
    worker.on('error', (error) => {
      thread.cause = error;
    });
    worker.on('exit', (code) => {
      alive.delete(thread);
      leave(thread);
      const cause = thread.cause?.message ?? `code ${code}`;
      thread.task?.reject(new ThreadError(`the thread at work on it died (${cause})`, true));
      next();
    });
    return thread;
  }

  function rest(thread: Thread<Job, Result>): void {
    thread.task = undefined;
    thread.worker.unref();
    idle.push(thread);
    thread.expiry = setTimeout(() => {
      leave(thread);
      void thread.worker.terminate();
    }, idleMs).unref();
  }

  function leave(thread: Thread<Job, Result>): void {
    clearTimeout(thread.expiry);
    if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1);
  }

  function next(): void {
    while (waiting.length > 0 && !closed) {
      const thread = idle.at(-1) ?? (alive.size < threads ? start() : undefined);
      if (!thread) return;
      leave(thread);
      const task = waiting.shift()!;
      thread.task = task;
      thread.worker.ref();
      try {
        thread.worker.postMessage(task.job, task.move);
      } catch (error) {
        // The job cannot be cloned.
        task.reject(error);
        rest(thread);
      }
    }
  }

  function stop(task: Task<Job, Result>, reason: unknown): void {
    task.reject(reason);
    if (waiting.includes(task)) waiting.splice(waiting.indexOf(task), 1);
    for (const thread of alive) {
      if (thread.task !== task) continue;
      thread.task = undefined;
      void thread.worker.terminate();
    }
  }

  return {
    threads,
    async run(job, { move = [], signal } = {}) {
      signal?.throwIfAborted();
      if (closed) throw new Error('the threads were ended');
      // One signal may abort many jobs; Node warns of a leak at eleven listeners.
      if (signal) setMaxListeners(0, signal);
      const whole = move.filter(({ byteLength, buffer }) => byteLength === buffer.byteLength);
      let abort = () => {};
      const result = new Promise<Result>((resolve, reject) => {
        const task = { job, move: whole.map(({ buffer }) => buffer as ArrayBuffer), resolve, reject };
        abort = () => stop(task, signal?.reason);
        signal?.addEventListener('abort', abort);
        waiting.push(task);
      });
      next();
      return result.finally(() => signal?.removeEventListener('abort', abort));
    },
    async close() {
      closed = true;
      const reason = new Error('the threads were ended');
      for (const task of waiting.splice(0)) task.reject(reason);
      const ended = [...alive].map(({ task, worker }) => {
        task?.reject(reason);
        return worker.terminate();
      });
      await Promise.all(ended);
    },
  };
}
