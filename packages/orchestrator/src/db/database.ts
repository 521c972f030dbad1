/** A database that is open, whichever it is. */
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

export interface Database {
  db: Kysely<Schema>;
  kind: 'postgres' | 'pglite';
  /** The folder of PGlite's files, where callers may keep files of their own. */
  folder?: string;
  /**
   * Calls back for each notification on a channel, and with '' when some may have been missed: look again then.
   *
   * @returns stops it
   */
  listen(channel: string, listener: (payload: string) => void): Promise<() => Promise<void>>;
  /** Once this resolves, everything committed before it outlives a power loss. PostgreSQL sees to that by itself. */
  sync(): Promise<void>;
  /** Connections of its pool, and queries that wait for one. PGlite has none. */
  pool?(): { busy: number; idle: number; waiting: number };
  /** Resolves if the database is lost while it is open, which only a new process mends. PostgreSQL comes back by itself. */
  lost?: Promise<Error>;
  close(): Promise<void>;
}
