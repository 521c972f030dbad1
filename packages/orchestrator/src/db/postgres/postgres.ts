/** The database in a PostgreSQL server, 15 or later. */
import { once } from 'node:events';
import { InvalidInputError } from '@saltworks/contract/errors';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database } from '../database.ts';
import type { Schema } from '../schema.ts';
import { tracedPool } from '../traced-pool.ts';
import { openNotifications } from './notifications.ts';

const CONNECTIONS = 10;
const CONNECT_MS = 10_000;
const STATEMENT_MS = 60_000;

/** @throws InvalidInputError for an address that is no URL; the message does not repeat it, since it holds a password */
export async function openPostgres(url: string, signal?: AbortSignal): Promise<Database> {
  if (!URL.canParse(url)) {
    throw new InvalidInputError('an address of a database that is no URL; expected postgres://user:password@host/name');
  }
  const connection = { connectionString: url, connectionTimeoutMillis: CONNECT_MS, keepAlive: true };
  const pool = new pg.Pool({
    ...connection,
    max: CONNECTIONS,
    statement_timeout: STATEMENT_MS,
    idle_in_transaction_session_timeout: STATEMENT_MS,
    application_name: 'saltworks',
  });
  // The pool replaces a broken connection, and the query on it fails. Without listeners, either event ends the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const notifications = openNotifications({ ...connection, application_name: 'saltworks listening' });
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: tracedPool(pool, 'postgresql') }) });
  const close = async () => {
    await notifications.close();
    // Kysely ends the pool only if it has used it.
    await db.destroy();
    if (!pool.ended) await pool.end();
  };
  try {
    await abortable(pool.query('select 1'), signal);
  } catch (error) {
    close().catch(() => {});
    throw named(error, url);
  }
  return {
    ...{ db, kind: 'postgres', listen: notifications.listen, sync: async () => {}, close },
    pool: () => ({ busy: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount }),
  };
}

/** Adds the database's address without user and password. For an address of several machines the error holds one for each. */
function named(error: unknown, url: string): unknown {
  if (!(error instanceof Error)) return error;
  const [first] = error instanceof AggregateError ? error.errors : [error];
  const { host, pathname } = new URL(url);
  error.message = `database ${host}${pathname}: ${error.message || first?.message}`;
  return error;
}

/** Rejects with the signal's reason as soon as the signal aborts; the work itself goes on. */
async function abortable<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work;
  work.catch(() => {});
  const done = new AbortController();
  const aborted = once(signal, 'abort', { signal: done.signal }).then(() => {
    throw signal.reason;
  });
  aborted.catch(() => {});
  try {
    return await Promise.race([work, aborted]);
  } finally {
    done.abort();
  }
}
