/** Opens the database: PostgreSQL by its address, or PGlite in a folder. */
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { hasPglite, openPglite } from './pglite/pglite.ts';
import { openPostgres } from './postgres/postgres.ts';

/**
 * Opens the database and brings its tables up to date.
 *
 * @param url postgres://… or postgresql://…, or else a folder, made if absent, which one process at a time may have open
 * @param options.signal gives up opening
 * @throws InvalidInputError for an address that is none; Error of the database, with its `code`; Error if the folder is in
 *   use, or its tables need a newer version
 */
export async function openDatabase(url: string, { signal }: { signal?: AbortSignal } = {}): Promise<Database> {
  const database = await openUnchanged(url, { signal });
  try {
    await migrate(database.db, { signal });
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Opens the database with its tables as they are. */
export async function openUnchanged(url: string, { signal }: { signal?: AbortSignal } = {}): Promise<Database> {
  signal?.throwIfAborted();
  return isPostgres(url) ? openPostgres(url, signal) : openPglite(url, signal);
}

/** Whether an address is of a PostgreSQL server; else it is PGlite's folder. */
export const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//.test(url);

/** Whether there is a database at all: a server has one, a folder perhaps not yet. */
export const hasDatabase = async (url: string): Promise<boolean> => isPostgres(url) || hasPglite(url);
