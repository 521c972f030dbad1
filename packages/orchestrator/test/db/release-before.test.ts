// The database of the release before: opened by today's code, and today's tables under the statements of its server.
import { CompiledQuery, sql } from 'kysely';
import { expect, test } from 'vitest';
import { databaseSql, facts, statements } from '../../../../test/release-before/home.ts';
import { verifyAudit } from '../../dist/accounts/audit.js';
import { dumpLines } from '../../dist/backups/dump.js';
import { loadDump } from '../../dist/backups/load.js';
import { backedUpTables, leftOutTables, maskColumns } from '../../dist/backups/tables.js';
import { readLog } from '../../dist/campaigns/assignments/interactions.js';
import type { Database } from '../../dist/db/database.js';
import { migrate, schemaState } from '../../dist/db/migrate.js';
import { migrations } from '../../dist/db/migrations.js';
import { openUnchanged } from '../../dist/db/open.js';
import { describeDatabases, runSql } from '../databases.ts';

/** The migrations that the release before knew. */
const then = migrations.slice(0, 15);

describeDatabases('the database of the release before', ({ fresh }) => {
  const openOld = async (): Promise<Database> => {
    const database = await openUnchanged(await fresh());
    await runSql(database.db, databaseSql());
    return database;
  };

  test('is brought up to date; strokes and audit chain are as they were', async () => {
    const { db, close } = await openOld();
    expect((await schemaState(db)).missing).toEqual(migrations.slice(then.length).map(({ name }) => name));
    await migrate(db);
    const { strokes, audit } = facts();
    for (const [id, told] of Object.entries(strokes)) expect(await readLog(db, id)).toEqual(told);
    expect(await verifyAudit(db)).toEqual(audit);
    await close();
  });

  test('takes what its server asks, after today’s migrations', async () => {
    const { db, close } = await openOld();
    await migrate(db);
    // It starts, too.
    expect(await migrate(db, { list: then })).toEqual([]);
    const refused: string[] = [];
    for (const { sql: text, parameters } of statements()) {
      await db
        .transaction()
        .execute(async (tx) => {
          await tx.executeQuery(CompiledQuery.raw(text, parameters));
          throw new Error('done');
        })
        .catch(({ code, message }: { code?: string; message: string }) => {
          // A row that is there already has passed all other checks.
          if (message !== 'done' && code !== '23505') refused.push(`${code} ${message}: ${text}`);
        });
    }
    expect(refused).toEqual([]);
    await close();
  });

  test('has no table of which it is not decided whether backups hold it, and they know where rows name masks', async () => {
    const { db, close } = await openOld();
    await migrate(db);
    const { rows } = await sql<{ name: string; mask: boolean }>`
      select relname as name, exists (
        select 1 from pg_attribute where attrelid = c.oid and attname = 'mask' and not attisdropped
      ) as mask
      from pg_class c where relkind = 'r' and relnamespace = current_schema()::regnamespace`.execute(db);
    expect(rows.map(({ name }) => name).sort()).toEqual([...backedUpTables, ...leftOutTables].sort());
    const leftOut: readonly string[] = leftOutTables;
    const naming = rows.filter(({ name, mask }) => mask && !leftOut.includes(name));
    expect(naming.map(({ name }) => name).sort()).toEqual([...maskColumns].sort());
    await close();
  });

  test('goes through a dump into an empty one, row by row', async () => {
    const old = await openOld();
    await migrate(old.db);
    const lines = await all(dumpLines(old.db));
    const restored = await openUnchanged(await fresh());
    await loadDump(restored.db, from(lines));
    const again = await all(dumpLines(restored.db));
    // Its time is another one, and notices that wait are sent anew.
    const rows = (found: string[]) =>
      found.map((line) => line.replace(/"at":"[^"]*","level"/, '"level"').replace('"sent": true', '"sent": false'));
    expect(rows(again)).toEqual(rows(lines));
    expect(await verifyAudit(restored.db)).toEqual(facts().audit);
    await old.close();
    await restored.close();
  });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function* from<T>(items: readonly T[]) {
  yield* items;
}
