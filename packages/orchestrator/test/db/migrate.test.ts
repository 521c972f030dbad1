import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { magicLink } from 'better-auth/plugins';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { migrate, schemaState } from '../../dist/db/migrate.js';
import { migrations } from '../../dist/db/migrations.js';
import { openDatabase } from '../../dist/db/open.js';
import { openPglite } from '../../dist/db/pglite/pglite.js';
import { openPostgres } from '../../dist/db/postgres/postgres.js';
import { describeDatabases } from '../databases.ts';

describeDatabases('migrations', ({ kind, fresh, open }) => {
  const openEmpty = async () => (kind === 'pglite' ? openPglite : openPostgres)(await fresh());

  test('each runs once', async () => {
    const { db, close } = await openEmpty();
    const names = migrations.map(({ name }) => name);
    expect(await migrate(db)).toEqual(names);
    expect(await migrate(db)).toEqual([]);
    const needed = await db.selectFrom('migration').select('name').execute();
    const expanded = await db.selectFrom('expansion').select('name').execute();
    expect([...needed, ...expanded].map(({ name }) => name).sort()).toEqual(names);
    await close();
  });

  test('run once when several servers start together', async () => {
    const { db, close } = await openEmpty();
    const ran = await Promise.all(Array.from({ length: 4 }, () => migrate(db)));
    expect(ran.flat().sort()).toEqual(migrations.map(({ name }) => name));
    await close();
  });

  test('one that fails leaves nothing, and earlier ones stay', async () => {
    const { db, close } = await openEmpty();
    const broken = {
      name: '9999-broken',
      oldest: '9999-broken',
      up: (db: Parameters<typeof migrate>[0]) => sql.raw('create table half (id int); select 1 / 0').execute(db),
    };
    await expect(migrate(db, { list: [...migrations, broken] })).rejects.toMatchObject({ code: '22012' });
    const { rows } = await sql`select to_regclass('half') as half, to_regclass('audit') as audit`.execute(db);
    expect(rows).toEqual([{ half: null, audit: 'audit' }]);
    expect(await migrate(db)).toEqual([]);
    await close();
  });

  test('a database of a newer version is refused', async () => {
    const url = await fresh();
    const { db, close } = await openDatabase(url);
    await db.insertInto('migration').values({ name: '9999-later' }).execute();
    await close();
    await expect(openDatabase(url)).rejects.toThrow('migration 9999-later, of a newer version');
  });

  test('that servers need not know let older ones go on, until a later one asks for them', async () => {
    const { db, close } = await openEmpty();
    const older = migrations.slice(0, -1);
    const last = older.at(-1)!.name;
    const add = (name: string, oldest: string) => ({
      ...{ name, oldest },
      up: (db: Parameters<typeof migrate>[0]) =>
        sql.raw('alter table "user" add column if not exists more text').execute(db),
    });
    const added = [...older, add('0998-add', last), add('0999-add-again', last)];
    expect(await migrate(db, { list: added })).toEqual(added.map(({ name }) => name));
    expect(await schemaState(db, older)).toEqual({ missing: [], newer: ['0998-add', '0999-add-again'] });
    expect(await migrate(db, { list: older })).toEqual([]);
    // A server that never started here since: it knows all that is asked for, and lacks one in between.
    expect(await schemaState(db, migrations)).toEqual({
      missing: [migrations.at(-1)!.name],
      newer: ['0998-add', '0999-add-again'],
    });

    const removed = [...added, add('1000-remove', '0998-add')];
    expect(await migrate(db, { list: removed })).toEqual(['1000-remove']);
    await expect(migrate(db, { list: older })).rejects.toThrow(
      'the database has migration 0998-add, of a newer version',
    );
    expect(await schemaState(db, added.slice(0, -1))).toEqual({
      missing: [],
      newer: ['0999-add-again', '1000-remove'],
    });
    await close();
  });

  test('name the oldest migration that servers must know: itself, or one before', () => {
    const names = migrations.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    for (const { name, oldest } of migrations) {
      expect(names).toContain(oldest);
      expect(oldest <= name).toBe(true);
    }
  });

  test.skipIf(kind === 'pglite')('give way to a long reader, and end after it', async () => {
    const { db, close } = await openEmpty();
    await migrate(db);
    const add = {
      name: '9999-add',
      oldest: '0001-users',
      up: (db: Parameters<typeof migrate>[0]) => sql.raw('alter table campaign add column more text').execute(db),
    };
    let waits = 0;
    const migrating = await db.transaction().execute(async (tx) => {
      await tx.selectFrom('campaign').selectAll().execute();
      const migrating = migrate(db, { list: [...migrations, add], waiting: () => waits++ });
      await expect.poll(() => waits, { timeout: 10_000 }).toBe(1);
      // Others read while the migration waits.
      await db.selectFrom('campaign').selectAll().execute();
      return { migrating };
    });
    expect(await migrating.migrating).toEqual(['9999-add']);
    await close();
  });

  test('give the sign-in library the tables that it expects', async () => {
    const { db } = await open();
    const auth = betterAuth({
      baseURL: 'http://localhost',
      secret: 'of a test, and of nothing else at all',
      database: { db, type: 'postgres' },
      emailAndPassword: { enabled: true },
      user: { additionalFields: { role: { type: 'string', input: false } } },
      plugins: [magicLink({ sendMagicLink: () => {} })],
      telemetry: { enabled: false },
    });
    const { toBeCreated, toBeAdded, toBeAddedIndexes, schemaProblems } = await getMigrations(auth.options);
    expect({ toBeCreated, toBeAdded, toBeAddedIndexes, schemaProblems }).toEqual({
      toBeCreated: [],
      toBeAdded: [],
      toBeAddedIndexes: [],
      schemaProblems: [],
    });
  });
});
