import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { sql } from 'kysely';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { restoreInteraction } from '../../dist/campaigns/assignments/interactions.js';
import { openJournal } from '../../dist/db/journal.js';
import { openDatabase } from '../../dist/db/open.js';
import { lockFolder } from '../../dist/db/pglite/folder-lock.js';
import { fillCampaign, freshFolder, lease } from '../databases.ts';
import { findPostgres, startPostgres } from '../postgres.ts';

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** A process that has a folder open. */
async function opener(folder: string, assignment = ''): Promise<ChildProcess> {
  const child = fork(new URL('./writer.mjs', import.meta.url), [folder, assignment]);
  children.push(child);
  await once(child, 'message');
  return child;
}

describe('a folder', () => {
  test('belongs to one process at a time, and is free once that is dead', async () => {
    const folder = await freshFolder();
    const child = await opener(folder);
    await expect(openDatabase(folder)).rejects.toThrow(`${folder} is in use by another process`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const database = await openDatabase(folder);
    await expect(openDatabase(folder)).rejects.toThrow('in use');
    await database.close();
  });

  test.each(['linux', 'darwin'] as const)('gives its lock to one of many, on %s', async (platform) => {
    const folder = mkdtempSync(join(tmpdir(), 'saltworks-lock-'));
    // The lock of a dead process.
    writeFileSync(join(folder, 'lock'), '2147483646');
    for (let round = 0; round < 3; round++) {
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder, platform)));
      const won = tries.filter((attempt) => attempt.status === 'fulfilled');
      expect(won).toHaveLength(1);
      await won[0].value();
    }
    expect(readdirSync(folder).filter((name) => name !== 'lock')).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test('that is no database is refused in one line and unlocked', async () => {
    const folder = await freshFolder();
    rmSync(join(folder, 'data', 'global'), { recursive: true });
    const error: Error = await openDatabase(folder).catch((error) => error);
    expect(error.message).toContain('does not open as a database');
    expect(error.message.length).toBeLessThan(500);
    await (await lockFolder(folder))();
  });

  test('stops opening when the signal aborts', async () => {
    const folder = await freshFolder();
    const reason = new Error('enough');
    const opening = openDatabase(folder, { signal: AbortSignal.abort(reason) });
    await expect(opening).rejects.toBe(reason);
    const controller = new AbortController();
    const second = openDatabase(folder, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 150);
    await expect(second).rejects.toBe(reason);
    await (await openDatabase(folder)).close();
  });

  test('keeps acknowledged rows when its process is killed', async () => {
    const folder = await freshFolder();
    const prepared = await openDatabase(folder);
    const [task] = await fillCampaign(prepared.db);
    const assignment = await lease(prepared.db, task);
    await prepared.close();
    let known = 0;
    for (let round = 0; round < 3; round++) {
      const child = await opener(folder, assignment);
      let acknowledged = known;
      child.on('message', ({ n }: { n: number }) => {
        acknowledged = n;
        if (n >= known + 50 + round * 7) child.kill('SIGKILL');
      });
      await once(child, 'exit');
      const { db, close } = await openDatabase(folder);
      const rows = await db.selectFrom('interaction').select('n').orderBy('n').execute();
      expect(rows.map(({ n }) => n)).toEqual(Array.from(rows, (_, i) => i + 1));
      expect(rows.length).toBeGreaterThanOrEqual(acknowledged);
      await sql`reindex table interaction`.execute(db);
      known = rows.length;
      await close();
    }
    expect(known).toBeGreaterThan(150);
  });

  test('recovers from the journal the rows that a power loss took', async () => {
    const folder = await freshFolder();
    const prepared = await openDatabase(folder);
    const [task] = await fillCampaign(prepared.db);
    const assignment = await lease(prepared.db, task);
    await prepared.close();
    // The disk as a power loss would leave it: without anything that follows.
    cpSync(join(folder, 'data'), join(folder, 'flushed'), { recursive: true });
    const child = await opener(folder, assignment);
    let acknowledged = 0;
    child.on('message', ({ n }: { n: number }) => {
      acknowledged = n;
      if (n >= 60) child.kill('SIGKILL');
    });
    await once(child, 'exit');
    rmSync(join(folder, 'data'), { recursive: true });
    cpSync(join(folder, 'flushed'), join(folder, 'data'), { recursive: true });

    const { db, sync, close } = await openDatabase(folder);
    const journal = await openJournal(join(folder, 'journal.ndjson'));
    for (let times = 0; times < 2; times++) {
      await journal.replay(async (entry) => restoreInteraction(db, entry));
      const rows = await db.selectFrom('interaction').select(['n', 'seq']).orderBy('n').execute();
      expect(rows).toEqual(Array.from(rows, (_, i) => ({ n: i + 1, seq: i + 1 })));
      expect(rows.length).toBeGreaterThanOrEqual(acknowledged);
      const row = await db.selectFrom('assignment').select('n').executeTakeFirst();
      expect(row?.n).toBe(rows.length);
    }
    await sync();
    await journal.clear();
    await journal.close();
    await close();
  });
});

describe('an address', () => {
  test('that is no URL is refused and not repeated', async () => {
    const error: Error = await openDatabase('postgres://me:hush hush@:x/').catch((error) => error);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error.message).not.toContain('hush');
  });

  test('without an answering server is an error with a code', async () => {
    await expect(openDatabase('postgres://me@127.0.0.1:1/none')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe.skipIf(!findPostgres())('a PostgreSQL that crashes and comes back', () => {
  test('is used again, and listeners are called with an empty payload', async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const database = await openDatabase(server.url());
    const heard: string[] = [];
    await database.listen('news', (payload) => heard.push(payload));
    await sql`notify news, 'first'`.execute(database.db);
    await expect.poll(() => heard).toEqual(['first']);

    const open = database.db.transaction().execute(async (transaction) => {
      await server.kill();
      return sql`select 1`.execute(transaction);
    });
    await expect(open).rejects.toThrow();
    await expect(sql`select 1`.execute(database.db)).rejects.toThrow();
    const late: string[] = [];
    await database.listen('late', (payload) => late.push(payload));
    await server.restart();

    await expect.poll(() => [heard, late], { timeout: 20_000 }).toEqual([['first', ''], ['']]);
    await sql`notify news, 'second'`.execute(database.db);
    await sql`notify late, 'third'`.execute(database.db);
    await expect
      .poll(() => [heard, late])
      .toEqual([
        ['first', '', 'second'],
        ['', 'third'],
      ]);

    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'saltworks%' and pid <> pg_backend_pid()`.execute(
      database.db,
    );
    await expect.poll(() => heard.at(-1), { timeout: 20_000 }).toBe('');
    await sql`select 1`.execute(database.db);
    await database.close();
  });
});
