/**
 * Brings the tables up to date; only ever forward. Servers of the version before go on working meanwhile and afterwards:
 * a migration expands (it adds), and one of a later release contracts (it removes what no server uses any more).
 *
 * Two tables say what ran. A server refuses a database whose table `migration` has a name that it does not know. Names
 * that servers need not know stand in the table `expansion` instead, until a later migration asks for them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { type Migration, migrations } from './migrations.ts';
import type { Schema } from './schema.ts';

/** Servers that start at the same time take turns by this number; any would do that no one else uses. */
const LOCK = 5_419_017_342;

/**
 * A change of a table waits for readers, and all who come later wait behind it. So it gives way to a long reader, such as
 * a backup, after a moment, and tries again.
 */
const GIVE_WAY_MS = 2_000;
const TRY_AGAIN_MS = 3_000;
/** PostgreSQL's lock_not_available. */
const LOCKED = '55P03';

export interface MigrateOptions {
  list?: readonly Migration[];
  /** Called when a table is in use and the migration waits. */
  waiting?(name: string): void;
  signal?: AbortSignal;
}

/**
 * Runs the migrations that did not run yet, each in a transaction of its own. Servers that start together take turns.
 *
 * @returns names of the migrations that ran
 * @throws Error if the database needs a newer server; the signal's reason
 */
export async function migrate(
  db: Kysely<Schema>,
  { list = migrations, waiting, signal }: MigrateOptions = {},
): Promise<string[]> {
  const ran: string[] = [];
  for (;;) {
    signal?.throwIfAborted();
    const done = await db
      .transaction()
      .execute((transaction) => next(transaction, list))
      .catch((error: { code?: string }) => {
        if (error.code !== LOCKED) throw error;
        return error;
      });
    if (done === undefined) return ran;
    if (typeof done === 'string') ran.push(done);
    else {
      const { missing } = await schemaState(db, list);
      waiting?.(missing[0]);
      await sleep(TRY_AGAIN_MS, undefined, { signal });
    }
  }
}

/** What a database's tables are, compared with a list of migrations. */
export interface SchemaState {
  /** Migrations that did not run yet, in order. */
  missing: string[];
  /** Migrations of a newer version that servers of this list need not know, in order. */
  newer: string[];
}

/** Changes nothing. @throws Error if the database needs a newer server */
export async function schemaState(db: Kysely<Schema>, list: readonly Migration[] = migrations): Promise<SchemaState> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class
    where oid in (to_regclass('migration'), to_regclass('expansion'))`.execute(db);
  const names = async (table: 'migration' | 'expansion') =>
    rows.some(({ name }) => name === table)
      ? (await db.selectFrom(table).select('name').orderBy('name').execute()).map(({ name }) => name)
      : [];
  return compare({ needed: await names('migration'), expanded: await names('expansion') }, list);
}

function compare(
  { needed, expanded }: { needed: readonly string[]; expanded: readonly string[] },
  list: readonly Migration[],
): SchemaState {
  const known = new Set(list.map(({ name }) => name));
  const unknown = needed.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new Error(
      `the database has migration ${unknown}, of a newer version; expected none after ${list.at(-1)?.name}`,
    );
  }
  const recorded = new Set([...needed, ...expanded]);
  return {
    missing: list.flatMap(({ name }) => (recorded.has(name) ? [] : [name])),
    newer: expanded.filter((name) => !known.has(name)),
  };
}

async function next(db: Kysely<Schema>, list: readonly Migration[]): Promise<string | undefined> {
  // Waits for other servers, and changes of large tables, may take long.
  await sql`set local statement_timeout = 0`.execute(db);
  await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(db);
  for (const table of ['migration', 'expansion']) {
    await sql`create table if not exists ${sql.id(table)}
      (name text primary key, at timestamptz not null default now())`.execute(db);
  }
  const { missing } = await schemaState(db, list);
  const migration = list.find(({ name }) => name === missing[0]);
  if (!migration) return undefined;
  await sql`set local lock_timeout = ${sql.lit(GIVE_WAY_MS)}`.execute(db);
  await migration.up(db);
  await record(db, migration);
  return migration.name;
}

/** Notes that a migration ran, and that servers must know all up to its `oldest`. */
async function record(db: Kysely<Schema>, { name, oldest }: Migration): Promise<void> {
  await db.insertInto('expansion').values({ name }).execute();
  await sql`with needed as (delete from expansion where name <= ${oldest} returning name, at)
    insert into migration select name, at from needed`.execute(db);
}
