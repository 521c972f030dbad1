/** A look at a database from outside: what it is, and whether its tables are up to date. Nothing is changed. */
import { sql } from 'kysely';
import { type SchemaState, schemaState } from './migrate.ts';
import { hasDatabase, isPostgres, openUnchanged } from './open.ts';

export interface DatabaseState extends SchemaState {
  /** Its address without user and password, or its folder. */
  place: string;
  /** Of PostgreSQL; null of PGlite, whose version is ours. */
  version: string | null;
  /** Its clock, and ours in the middle of the question. */
  now: Date;
  asked: Date;
  /** Why its tables need a newer server; null otherwise. */
  unknown: string | null;
  /** Whether the account may make tables. */
  mayCreate: boolean;
  connections: { used: number; most: number } | null;
}

/**
 * @returns undefined for a folder without a database
 * @throws Error of the database or the network, with its `code`; Error if the folder is in use
 */
export async function lookAtDatabase(
  url: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<DatabaseState | undefined> {
  if (!(await hasDatabase(url))) return undefined;
  const { db, close } = await openUnchanged(url, { signal });
  try {
    const before = Date.now();
    const { rows } = await sql<{
      now: Date;
      version: string;
      may: boolean;
      used: number | string;
      most: number | string;
    }>`select clock_timestamp() as now, current_setting('server_version') as version,
      has_schema_privilege(current_schema(), 'create') as may,
      (select count(*) from pg_stat_activity) as used, current_setting('max_connections') as most`.execute(db);
    const [{ now, version, may, used, most }] = rows;
    const tables = await schemaState(db).then(
      (state) => ({ ...state, unknown: null }),
      (error: Error) => ({ missing: [], newer: [], unknown: error.message }),
    );
    return {
      ...tables,
      place: isPostgres(url) ? placeOf(url) : url,
      version: isPostgres(url) ? version : null,
      now: new Date(now),
      asked: new Date((before + Date.now()) / 2),
      mayCreate: may,
      connections: isPostgres(url) ? { used: Number(used), most: Number(most) } : null,
    };
  } finally {
    await close();
  }
}

function placeOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
