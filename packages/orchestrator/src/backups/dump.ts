/**
 * The database as lines of text, all of one moment (contract/documents/backups.ts). PostgreSQL writes the rows as JSON and reads
 * them again, so they are the same in PGlite, in PostgreSQL, and in a later version.
 */
import type { DumpLine } from '@saltworks/contract/documents/backups';
import { type Kysely, sql, type Transaction } from 'kysely';
import { schemaState } from '../db/migrate.ts';
import { migrations } from '../db/migrations.ts';
import type { Schema } from '../db/schema.ts';
import { backedUpTables, leftOutColumns, maskColumns } from './tables.ts';

/** Rows that are held at a time: a stroke may take 128 KB. */
const rowsAtOnce = 200;

/**
 * Holds one transaction open, and a connection, until the last line is taken; PGlite has no other connection.
 *
 * @throws Error unless the tables are exactly those of this version
 */
export async function* dumpLines(db: Kysely<Schema>): AsyncGenerator<string> {
  const level = await levelOf(db);
  const tx = await db.startTransaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute();
  let lines = 0;
  const said = (line: DumpLine) => {
    lines++;
    return JSON.stringify(line);
  };
  try {
    // A slow destination makes a long transaction.
    await sql`set local statement_timeout = 0`.execute(tx);
    await sql`set local idle_in_transaction_session_timeout = 0`.execute(tx);
    await sql`set local timezone = 'UTC'`.execute(tx);
    const [{ at }] = (await sql<{ at: Date }>`select now() as at`.execute(tx)).rows;
    const last = await tx.selectFrom('audit').select(['n', 'hash']).orderBy('n', 'desc').limit(1).executeTakeFirst();
    const audit = { entries: Number(last?.n ?? 0), head: last?.hash ?? '' };
    yield said(['database', { version: 1, at: at.toISOString(), level, audit }]);
    for (const table of backedUpTables) {
      const left = leftOutColumns[table] ?? [];
      const { columns, key } = await shapeOf(tx, table);
      const kept = columns.filter((column) => !left.includes(column));
      yield said(['table', table, kept]);
      const list = sql.join(kept.map((column) => sql.ref(column)));
      for await (const row of rowsOf(
        tx,
        sql`select to_jsonb(t)::text as row from (select ${list} from ${sql.id(table)}) t
          order by ${sql.join(key.map((column) => sql.ref(column)))}`,
      )) {
        lines++;
        yield row;
      }
    }
    yield said(['end', lines]);

    lines = 0;
    yield said(['masks']);
    const masks = sql.join(
      maskColumns.map((table) => sql`select mask from ${sql.id(table)} where mask is not null`),
      sql` union `,
    );
    // The order of bytes, whatever the language of the database.
    for await (const row of rowsOf(
      tx,
      sql`select jsonb_build_object('mask', mask)::text as row from (${masks}) m order by mask collate "C"`,
    )) {
      lines++;
      yield row;
    }
    yield said(['end', lines]);
  } finally {
    await tx.rollback().execute();
  }
}

async function levelOf(db: Kysely<Schema>): Promise<string> {
  const { missing, newer } = await schemaState(db);
  if (missing.length > 0) {
    throw new Error(
      `the database lacks migration ${missing[0]}; expected "saltworks migrate", or a server, before a backup`,
    );
  }
  if (newer.length > 0) {
    throw new Error(
      `the database has migration ${newer[0]}, of a newer version; expected the backup to be made by that`,
    );
  }
  return migrations.at(-1)!.name;
}

async function shapeOf(tx: Transaction<Schema>, table: string): Promise<{ columns: string[]; key: string[] }> {
  const { rows } = await sql<{ name: string; key: number | null }>`
    select a.attname as name, array_position(i.indkey::int[], a.attnum::int) as key
    from pg_attribute a left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
    where a.attrelid = to_regclass(${`"${table}"`}) and a.attnum > 0 and not a.attisdropped
    order by a.attnum`.execute(tx);
  const key = rows.filter(({ key }) => key !== null).sort((a, b) => Number(a.key) - Number(b.key));
  return { columns: rows.map(({ name }) => name), key: key.map(({ name }) => name) };
}

async function* rowsOf(tx: Transaction<Schema>, query: ReturnType<typeof sql>): AsyncGenerator<string> {
  await sql`declare dumped no scroll cursor for ${query}`.execute(tx);
  for (;;) {
    const { rows } = await sql<{ row: string }>`fetch ${sql.lit(rowsAtOnce)} from dumped`.execute(tx);
    if (rows.length === 0) break;
    for (const { row } of rows) yield row;
  }
  await sql`close dumped`.execute(tx);
}
