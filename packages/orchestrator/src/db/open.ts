/** Opens the database: PostgreSQL by its address, or PGlite in a folder. */
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { openPglite } from './pglite/pglite.ts';
import { openPostgres } from './postgres/postgres.ts';

/**
 * Opens the database and brings its tables up to date.
 *
 * @param url postgres://… or postgresql://…, or else a folder, made if absent, which one process at a time may have open
 * @param options.signal gives up opening
 * @throws InvalidInputError for an address that is none; Error of the database, with its `code`; Error if the folder is in
 *   use, or a newer version made the tables
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
