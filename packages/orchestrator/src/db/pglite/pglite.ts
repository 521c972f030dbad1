/** The database in a folder: PGlite in a thread, seen by kysely as a PostgreSQL with one connection. */
import { chmod, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expectRoom, makeFolders } from '@saltworks/store/objects/room';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { openChannels } from '../channels.ts';
import type { Database } from '../database.ts';
import type { Schema } from '../schema.ts';
import { tracedPool } from '../traced-pool.ts';
import { syncFolder, syncPath } from './flush.ts';
import { lockFolder } from './folder-lock.ts';
import { poolOfOne } from './pool.ts';
import { roomToWrite } from './room.ts';
import { startThread, type Thread } from './thread.ts';

/**
 * @param folder holds `data`, PGlite's own folder, and files of callers beside it
 * @throws UnwritableError without room; Error if it is in use, or not a database
 */
export async function openPglite(folder: string, signal?: AbortSignal): Promise<Database> {
  await makeFolders(folder, 0o700);
  const unlock = await lockFolder(folder);
  const data = join(folder, 'data');
  let notify = (_channel: string, _payload: string): void => {};
  let thread: Thread;
  try {
    await forgetDumps(folder);
    await expectRoom(folder, roomToWrite);
    if (!(await exists(data))) await make(data, signal);
    thread = await startThread(data, (channel, payload) => notify(channel, payload), signal);
  } catch (error) {
    await unlock();
    throw error;
  }
  const db = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: tracedPool(poolOfOne(thread, folder), 'pglite') }),
  });
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

/** Whether a folder holds a database. */
export const hasPglite = (folder: string): Promise<boolean> => exists(join(folder, 'data'));

/** Removes what a process left that was killed while it sent a dump (`backups/spool.ts`). */
async function forgetDumps(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^dump-.*\.partial$/.test(name)) await rm(join(folder, name), { force: true });
  }
}

/** Makes the database aside, so that a half-made one, left by a process that was killed, is not taken for one. */
async function make(data: string, signal?: AbortSignal): Promise<void> {
  const aside = `${data}.partial`;
  await rm(aside, { recursive: true, force: true });
  const thread = await startThread(aside, () => {}, signal);
  await thread.close();
  // It holds sessions.
  await chmod(aside, 0o700);
  await syncFolder(aside);
  await rename(aside, data);
  await syncPath(dirname(data));
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
