/** PGlite's thread, seen from the process. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expectRoom } from '@saltworks/store/objects/room';
import type { Answer, Call, PgliteError, Reply } from './messages.ts';
import { roomToWrite } from './room.ts';

/** A query that takes longer prompts a look at the disk: PGlite spins for ever when it finds no room for its log. */
const STUCK_MS = 5_000;

export interface Thread {
  /** Resolves once the thread has ended without being asked to. */
  lost: Promise<Error>;
  query(sql: string, parameters: readonly unknown[]): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * Opens a database in a thread of its own.
 *
 * @param data PGlite's folder, made if absent
 * @param notify called for every notification
 * @throws Error if the folder holds no database; the signal's reason
 */
export async function startThread(
  data: string,
  notify: (channel: string, payload: string) => void,
  signal?: AbortSignal,
): Promise<Thread> {
  const worker = new Worker(new URL('./pglite.worker.js', import.meta.url), { workerData: data });
  const calls = new Map<number, { since: number; resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  let ended: Error | undefined;
  let closing = false;
  let ready = () => {};
  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of calls.values()) reject(ended);
    calls.clear();
  };
  const started = new Promise<void>((resolve, reject) => {
    ready = resolve;
    worker.once('exit', () => reject(ended));
  });
  worker.on('message', (reply: Reply) => {
    if ('id' in reply) {
      const call = calls.get(reply.id);
      calls.delete(reply.id);
      if ('answer' in reply) call?.resolve(reply.answer);
      else call?.reject(errorOf(reply.error));
    } else if ('channel' in reply) notify(reply.channel, reply.payload);
    else if ('ready' in reply) ready();
    else end(new Error(`${data} does not open as a database: ${reply.failed.message}`));
    if ('failed' in reply) worker.terminate();
  });
  worker.on('error', ({ message }) => end(new Error(`the thread of the database died: ${message}`)));
  worker.prependListener('exit', () => end(new Error('the thread of the database has ended')));
  const abort = () => {
    end(signal?.reason);
    worker.terminate();
  };
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  try {
    await started;
  } finally {
    signal?.removeEventListener('abort', abort);
  }

  const watch = setInterval(async () => {
    const [oldest] = calls.values();
    if (!oldest || Date.now() - oldest.since < STUCK_MS) return;
    // Committed rows are there when it opens again.
    await expectRoom(data, roomToWrite).catch(() => worker.terminate());
  }, STUCK_MS / 5).unref();
  worker.once('exit', () => clearInterval(watch));

  let id = 0;
  return {
    lost: new Promise((lost) => worker.once('exit', () => !closing && lost(ended as Error))),
    query: (sql, parameters) =>
      new Promise<Answer>((resolve, reject) => {
        if (ended) return reject(ended);
        calls.set(++id, { since: Date.now(), resolve, reject });
        worker.postMessage({ id, sql, parameters: [...parameters] } satisfies Call);
      }),
    async close() {
      closing = true;
      if (ended) return;
      const exit = once(worker, 'exit');
      worker.postMessage('close');
      await exit;
    },
  };
}

const errorOf = ({ message, code, constraint }: PgliteError): Error =>
  Object.assign(new Error(message), { code, constraint });
