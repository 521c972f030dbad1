import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEntry } from '@saltworks/contract/documents/journal';
import { UnwritableError } from '@saltworks/contract/errors';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canMount, mountSmallDisk, type SmallDisk } from '../../../store/test/objects/small-disk.ts';
import { openJournal } from '../../dist/db/journal.js';
import { openDatabase } from '../../dist/db/open.js';
import { freshFolder } from '../databases.ts';

const mounts = canMount();

describe.skipIf(!mounts)(`on a full disk${mounts ? '' : ' (skipped: nothing can be mounted)'}`, () => {
  let disk: SmallDisk;
  let folder: string;
  beforeAll(async () => {
    disk = mountSmallDisk(160);
    folder = join(disk.folder, 'database');
    cpSync(await freshFolder(), folder, { recursive: true });
  });
  afterAll(() => disk?.unmount());

  test('the journal refuses entries, and writes them before later ones', async () => {
    const entry = (n: number, size = 10): JournalEntry => ({
      ...{ assignment: 'a', n, client: 'c', seq: n, kind: 'stroke', received: '2026-03-04T05:06:07.089Z' },
      body: { kind: 'stroke', segment: 1, points: Array.from({ length: size }, () => [1, 2]), radius: 2 },
    });
    const journal = await openJournal(join(disk.folder, 'journal'));
    await journal.append(entry(1));
    disk.fill();
    // Larger than the rest of the file's last page, so it is torn.
    const refused = await journal.append(entry(2, 10_000)).catch((error) => error);
    expect(refused).toBeInstanceOf(UnwritableError);
    expect(refused.message).toBe(`no room in ${disk.folder}: 0 MB free; expected more`);
    await expect(journal.append()).rejects.toThrow(UnwritableError);
    disk.free();
    await journal.append(entry(3));
    const numbers: number[] = [];
    await journal.replay(async ({ n }) => numbers.push(n));
    expect(numbers).toEqual([1, 2, 3]);
    await journal.close();
  });

  test('PGlite refuses to write, still reads, and writes once there is room', async () => {
    const { db, close } = await openDatabase(folder);
    const write = (name: string) =>
      db.transaction().execute((tx) => tx.insertInto('migration').values({ name }).execute());
    const names = async () =>
      (await db.selectFrom('migration').select('name').where('name', 'like', 'test%').execute()).map(
        ({ name }) => name,
      );
    await write('test 1');
    disk.fill();
    await expect(write('test 2')).rejects.toThrow(/^no room in \S+\/database: 0 MB free; expected 33.5 MB$/);
    await expect(db.deleteFrom('migration').execute()).rejects.toThrow(UnwritableError);
    expect(await names()).toEqual(['test 1']);
    disk.free();
    await write('test 3');
    expect(await names()).toEqual(['test 1', 'test 3']);
    await db.deleteFrom('migration').where('name', 'like', 'test%').execute();
    await close();
  });

  test('PGlite without room for its log is lost, does not open until there is room, and keeps committed rows', async () => {
    const database = await openDatabase(folder);
    const user = { id: 'a', email: 'a@example.org', name: 'A', role: 'member' as const, emailVerified: true };
    await database.db.insertInto('user').values(user).execute();
    disk.fill();
    // By its text this statement only reads.
    const log = sql`select pg_logical_emit_message(true, 'test', repeat('salt', 100000))`;
    const filling = (async () => {
      for (;;) await log.execute(database.db);
    })();
    await expect(filling).rejects.toThrow('the thread of the database has ended');
    expect((await database.lost)?.message).toBe('the thread of the database has ended');
    await expect(database.db.selectFrom('user').select('id').execute()).rejects.toThrow('has ended');
    await database.close();
    await expect(openDatabase(folder)).rejects.toThrow(/^no room in \S+\/database: 0 MB free; expected 33.5 MB$/);
    disk.free();
    const again = await openDatabase(folder);
    expect(await again.db.selectFrom('user').select('id').execute()).toEqual([{ id: 'a' }]);
    await again.close();
  });
});
