import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { magicLink } from 'better-auth/plugins';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { migrate } from '../../dist/db/migrate.js';
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
    const recorded = await db.selectFrom('migration').select('name').orderBy('name').execute();
    expect(recorded.map(({ name }) => name)).toEqual(names);
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
      up: (db: Parameters<typeof migrate>[0]) => sql.raw('create table half (id int); select 1 / 0').execute(db),
    };
    await expect(migrate(db, [...migrations, broken])).rejects.toMatchObject({ code: '22012' });
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
