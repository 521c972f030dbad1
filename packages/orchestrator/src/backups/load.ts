/** A dump (`dump.ts`) put into an empty database. */
import { type DumpLine, dumpLine } from '@saltworks/contract/documents/backups';
import { parseDocument } from '@saltworks/contract/documents/document';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type Kysely, sql, type Transaction } from 'kysely';
import { migrate, schemaState } from '../db/migrate.ts';
import { migrations } from '../db/migrations.ts';
import type { Schema } from '../db/schema.ts';
import { backedUpTables } from './tables.ts';

/** Bytes of rows, and their number, that one statement inserts. */
const bytesAtOnce = 2_000_000;
const rowsAtOnce = 1_000;

export interface LoadOptions {
  /** Called in the transaction of the load, at its end. */
  finish?(tx: Transaction<Schema>): Promise<void>;
}

/**
 * Makes the tables as they were when the dump was made, fills them in one transaction, and brings them up to date: whatever
 * fails, the tables are empty.
 *
 * @throws InvalidInputError if the database is not empty, or a newer version made the dump; Error if that was cut
 */
export async function loadDump(
  db: Kysely<Schema>,
  lines: AsyncIterable<string>,
  { finish }: LoadOptions = {},
): Promise<void> {
  const reader = lines[Symbol.asyncIterator]();
  const first = controlOf((await reader.next()).value ?? '');
  if (first[0] !== 'database') throw new Error('a dump that does not begin with its database');
  const [, { level, audit }] = first;
  const known = migrations.findIndex(({ name }) => name === level);
  if (known < 0) {
    throw new InvalidInputError(
      `a backup of a newer version, with migration ${level}; expected that version to restore it`,
    );
  }
  await expectEmpty(db);
  const then = migrations.slice(0, known + 1);
  await migrate(db, { list: then });
  const { newer } = await schemaState(db, then);
  if (newer.length > 0) {
    throw new InvalidInputError(
      `a database whose tables are newer than the backup (${newer[0]}); expected one without tables`,
    );
  }
  await db.transaction().execute(async (tx) => {
    await sql`set local statement_timeout = 0`.execute(tx);
    await sql`set local idle_in_transaction_session_timeout = 0`.execute(tx);
    await fill(tx, { [Symbol.asyncIterator]: () => reader });
    const last = await tx.selectFrom('audit').select(['n', 'hash']).orderBy('n', 'desc').limit(1).executeTakeFirst();
    if ((last?.hash ?? '') !== audit.head || Number(last?.n ?? 0) !== audit.entries) {
      throw new Error(`an audit log that ends with entry ${last?.n ?? 0}; expected ${audit.entries}, ${audit.head}`);
    }
    // The workflows that sent them are not in a backup.
    await tx.updateTable('delivery').set({ sent: false }).where('state', '=', 'waiting').execute();
    await finish?.(tx);
  });
  await migrate(db);
}

/** @throws InvalidInputError if a table has a row */
export async function expectEmpty(db: Kysely<Schema>): Promise<void> {
  for (const table of backedUpTables) {
    const { rows } = await sql<{ there: boolean }>`select to_regclass(${`"${table}"`}) is not null as there`.execute(
      db,
    );
    if (!rows[0].there) continue;
    const filled = await sql`select 1 from ${sql.id(table)} limit 1`.execute(db);
    if (filled.rows.length > 0) {
      throw new InvalidInputError(`a database with rows in table ${table}; expected an empty one to restore into`);
    }
  }
}

const controlOf = (line: string): DumpLine => parseDocument('the dump of the database', line, dumpLine);

async function fill(tx: Transaction<Schema>, lines: AsyncIterable<string>): Promise<void> {
  let count = 1;
  let into: Inserting | undefined;
  let ended = false;
  const tables: string[] = [];
  for await (const line of lines) {
    // The masks that the rows name come after them.
    if (ended) break;
    if (line.startsWith('{')) {
      count++;
      await into?.add(line);
      continue;
    }
    const control = controlOf(line);
    await into?.end();
    into = undefined;
    if (control[0] === 'table') {
      const [, table, columns] = control;
      if (!(backedUpTables as readonly string[]).includes(table)) throw new Error(`a dump with a table ${table}`);
      tables.push(table);
      into = await inserting(tx, table, columns);
    } else if (control[0] === 'end') {
      if (control[1] !== count) throw new Error(`a dump of ${count} lines; expected ${control[1]}`);
      ended = true;
    }
    count++;
  }
  if (!ended) throw new Error(`a dump that ends after ${count} lines, in the middle`);
  for (const table of tables) await continueNumbers(tx, table);
}

interface Inserting {
  add(row: string): Promise<void>;
  end(): Promise<void>;
}

/** Rows go in as they were: triggers have done their work. */
async function inserting(tx: Transaction<Schema>, table: string, columns: readonly string[]): Promise<Inserting> {
  const { rows } = await sql<{ name: string }>`
    select attname as name from pg_attribute
    where attrelid = to_regclass(${`"${table}"`}) and attnotnull and atttypid = 'jsonb'::regtype`.execute(tx);
  // Where a column may not be null, a JSON null is one.
  const documents = new Set(rows.map(({ name }) => name));
  const values = columns.map((name) => (documents.has(name) ? sql`e.value->${sql.lit(name)}` : sql.ref(`r.${name}`)));
  const target = sql.join(columns.map((name) => sql.ref(name)));
  await sql`alter table ${sql.id(table)} disable trigger user`.execute(tx);
  let waiting: string[] = [];
  let bytes = 0;
  const flush = async () => {
    if (waiting.length === 0) return;
    await sql`insert into ${sql.id(table)} (${target}) overriding system value
      select ${sql.join(values)}
      from jsonb_array_elements(${`[${waiting.join(',')}]`}::jsonb) with ordinality as e(value, n),
        jsonb_populate_record(null::${sql.id(table)}, e.value) r
      order by e.n`.execute(tx);
    waiting = [];
    bytes = 0;
  };
  return {
    async add(row) {
      waiting.push(row);
      bytes += row.length;
      if (bytes > bytesAtOnce || waiting.length >= rowsAtOnce) await flush();
    },
    async end() {
      await flush();
      await sql`alter table ${sql.id(table)} enable trigger user`.execute(tx);
    },
  };
}

/** Numbers that the database gives go on after the largest. */
async function continueNumbers(tx: Transaction<Schema>, table: string): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select attname as name from pg_attribute
    where attrelid = to_regclass(${`"${table}"`}) and attidentity <> ''`.execute(tx);
  for (const { name } of rows) {
    await sql`select setval(pg_get_serial_sequence(${`"${table}"`}, ${name}), coalesce(max(${sql.ref(name)}), 0) + 1, false)
      from ${sql.id(table)}`.execute(tx);
  }
}
