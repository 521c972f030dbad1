/** Opens the database: PostgreSQL by its address, or PGlite in a folder. */
import type { Kysely } from 'kysely';
import { migrate } from './migrate.ts';
import { openPglite } from './pglite.ts';
import { openPostgres } from './postgres.ts';
import type { Schema } from './schema.ts';

export interface Database {
  db: Kysely<Schema>;
  kind: 'postgres' | 'pglite';
  /** Where PGlite keeps its files, and others may keep theirs. */
  folder?: string;
  /**
   * Calls back for each notification on a channel, and with '' when some may have been missed: look again then.
   *
   * @returns stops it
   */
  listen(channel: string, listener: (payload: string) => void): Promise<() => Promise<void>>;
  /** What is committed by now outlives a power loss once this resolves. PostgreSQL sees to that by itself. */
  sync(): Promise<void>;
  /** Resolves if the database is lost while it is open, which only a new process mends. PostgreSQL comes back by itself. */
  lost?: Promise<Error>;
  close(): Promise<void>;
}

/**
 * Opens the database and brings its tables up to date.
 *
 * @param url postgres://… or postgresql://…, or else a folder, made if absent, which one process at a time may have open
 * @param options.signal gives up opening
 * @throws InvalidInputError for an address that is none; Error of the database, with its `code`; Error if the folder is in
 *   use, or the tables are of a newer version
 */
export async function openDatabase(url: string, { signal }: { signal?: AbortSignal } = {}): Promise<Database> {
  signal?.throwIfAborted();
  const database = await (/^postgres(ql)?:\/\//.test(url) ? openPostgres(url, signal) : openPglite(url, signal));
  try {
    await migrate(database.db);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
