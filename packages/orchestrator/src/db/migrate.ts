/** Brings the tables up to date; only ever forward. */
import { type Kysely, sql } from 'kysely';
import { type Migration, migrations } from './migrations.ts';
import type { Schema } from './schema.ts';

/** Servers that start at the same time take turns by this number; any would do that no one else uses. */
const LOCK = 5_419_017_342;

/**
 * Runs the migrations that did not run yet, each in a transaction of its own. Servers that start together take turns.
 *
 * @returns names of the migrations that ran
 * @throws Error if the database was migrated by a newer version
 */
export async function migrate(db: Kysely<Schema>, list: readonly Migration[] = migrations): Promise<string[]> {
  const ran: string[] = [];
  for (;;) {
    const name = await db.transaction().execute((transaction) => next(transaction, list));
    if (name === undefined) return ran;
    ran.push(name);
  }
}

async function next(db: Kysely<Schema>, list: readonly Migration[]): Promise<string | undefined> {
  // Waits for other servers, and changes of large tables, may take long.
  await sql`set local statement_timeout = 0`.execute(db);
  await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(db);
  await sql`create table if not exists migration (name text primary key, at timestamptz not null default now())`.execute(
    db,
  );
  const recorded = new Set((await db.selectFrom('migration').select('name').execute()).map(({ name }) => name));
  const unknown = [...recorded].filter((name) => !list.some((migration) => migration.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `the database has migration ${unknown.sort()[0]}, of a newer version; expected none after ${list.at(-1)?.name}`,
    );
  }
  const migration = list.find(({ name }) => !recorded.has(name));
  if (!migration) return undefined;
  await migration.up(db);
  await db.insertInto('migration').values({ name: migration.name }).execute();
  return migration.name;
}
