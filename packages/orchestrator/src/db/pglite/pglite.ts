/** The database in a folder: PGlite in a thread, seen by kysely as a PostgreSQL with one connection. */
import { once } from 'node:events';
import { chmod, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expectRoom, makeFolders, unwritable } from '@saltworks/store/objects/room';
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql } from 'kysely';
import { openChannels } from './channels.ts';
import { lockFolder } from './folder-lock.ts';
import type { Database } from './open.ts';
import type { Schema } from './schema.ts';

/**
 * Bytes that are to be free before something is written. With less, PGlite would fail in the middle: it takes 16 MiB at a
 * time for its log, and ends when it gets none.
 */
const ROOM = 32 * 1024 * 1024;
const WRITES = /^(begin|insert|update|delete|with\b.*\b(insert|update|delete))\b/is;

/** A query that takes longer is looked after: PGlite spins for ever when it finds no room for its log. */
const STUCK_MS = 5_000;

/** Waiting longer for the connection means that a transaction waits for itself. */
const CONNECT_MS = 30_000;

export interface Call {
  id: number;
  sql: string;
  parameters: unknown[];
}

export interface PgliteError {
  code?: string;
  message: string;
  constraint?: string;
}

export interface Answer {
  rows: unknown[];
  /** Rows that an insert, update or delete changed. */
  affected: number;
}

export type Reply =
  | { id: number; answer: Answer }
  | { id: number; error: PgliteError }
  | { channel: string; payload: string }
  | { ready: true }
  | { failed: PgliteError };

interface Thread {
  /** Resolves once the thread has ended without being asked to. */
  lost: Promise<Error>;
  query(sql: string, parameters: readonly unknown[]): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * @param folder holds `data`, PGlite's own folder, and what callers keep beside it
 * @throws UnwritableError without room; Error if it is in use, or not a database
 */
export async function openPglite(folder: string, signal?: AbortSignal): Promise<Database> {
  await makeFolders(folder, 0o700);
  const unlock = await lockFolder(folder);
  const data = join(folder, 'data');
  let notify = (_channel: string, _payload: string): void => {};
  let thread: Thread;
  try {
    await expectRoom(folder, ROOM);
    if (!(await exists(data))) await make(data, signal);
    thread = await startThread(data, (channel, payload) => notify(channel, payload), signal);
  } catch (error) {
    await unlock();
    throw error;
  }
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: poolOfOne(thread, folder) }) });
  const channels = openChannels(
    async (channel) => void (await sql`listen ${sql.id(channel)}`.execute(db)),
    async (channel) => void (await sql`unlisten ${sql.id(channel)}`.execute(db)),
  );
  notify = (channel, payload) => channels.tell(payload, channel);
  return {
    db,
    lost: thread.lost,
    kind: 'pglite',
    folder: await realpath(folder),
    listen: channels.listen,
    async sync() {
      await sql`checkpoint`.execute(db);
      await syncFolder(data);
    },
    async close() {
      await db.destroy();
      await thread.close();
      await unlock();
    },
  };
}

/** Made aside, so that one that was killed while it was made is not taken for a database. */
async function make(data: string, signal?: AbortSignal): Promise<void> {
  const aside = `${data}.partial`;
  await rm(aside, { recursive: true, force: true });
  const thread = await startThread(aside, () => {}, signal);
  await thread.close();
  // Sessions are in there.
  await chmod(aside, 0o700);
  await syncFolder(aside);
  await rename(aside, data);
  await syncPath(dirname(data));
}

/** PGlite never flushes what it writes; the files can be flushed from outside, though. */
async function syncFolder(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() || entry.isDirectory()) await syncPath(join(entry.parentPath, entry.name));
  }
  await syncPath(folder);
}

async function syncPath(path: string): Promise<void> {
  try {
    const file = await open(path, 'r');
    await file.sync().finally(() => file.close());
  } catch (error) {
    // Files of old log segments go away meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function startThread(
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
    // What was committed is there when it opens again.
    await expectRoom(data, ROOM).catch(() => worker.terminate());
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

/** One connection, had by one after the other, so that transactions do not mix. */
function poolOfOne({ query }: Thread, folder: string): PostgresPool {
  let last: Promise<void> = Promise.resolve();
  return {
    async connect() {
      let release = () => {};
      const before = last;
      const mine = new Promise<void>((resolve) => {
        release = resolve;
      });
      last = before.then(() => mine);
      const timeout = new AbortController();
      const late = sleep(CONNECT_MS, 'late', { signal: timeout.signal }).catch(() => undefined);
      const won = await Promise.race([before, late]);
      timeout.abort();
      if (won === 'late') {
        release();
        throw new Error(`the database was busy for ${CONNECT_MS / 1000} s`);
      }
      const client = {
        async query(text: string, parameters: readonly unknown[]) {
          if (WRITES.test(text)) await expectRoom(folder, ROOM);
          const { rows, affected } = await query(text, parameters).catch(async (error) => {
            throw (await unwritable(error, folder)) ?? error;
          });
          // Kysely counts rows for the commands that change them; those of the others are counted as 0.
          return { command: 'UPDATE', rowCount: affected, rows };
        },
        release,
      };
      return client as PostgresPoolClient;
    },
    end: async () => {},
  };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
