/** Runs a suite on both databases: PGlite in a folder, and a real PostgreSQL. */
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Database } from '../dist/db/database.js';
import { openDatabase } from '../dist/db/open.js';
import { openPglite } from '../dist/db/pglite/pglite.js';
import type { Schema } from '../dist/db/schema.js';
import { findPostgres, type PostgresServer, startPostgres } from './postgres.ts';

export interface TestDatabases {
  kind: Database['kind'];
  /** Address of a fresh database without tables. */
  fresh(): Promise<string>;
  /** Opens a database, by default a fresh one, and closes it after the suite. */
  open(url?: string): Promise<Database>;
  /** The server of the suite, on PostgreSQL. */
  server(): PostgresServer;
}

/** Skips the half on PostgreSQL if that cannot be installed; `findPostgres` prints why. */
export function describeDatabases(name: string, suite: (databases: TestDatabases) => void): void {
  describe(`${name}, PGlite`, () => suite(closing({ kind: 'pglite', fresh: freshFolder })));
  describe.skipIf(!findPostgres())(`${name}, PostgreSQL`, () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(async () => server?.stop());
    let count = 0;
    const fresh = async () => {
      const database = `test${++count}`;
      await server.run(`create database ${database}`);
      return server.url(database);
    };
    suite(closing({ kind: 'postgres', fresh, server: () => server }));
  });
}

function closing(given: Pick<TestDatabases, 'kind' | 'fresh'> & Partial<TestDatabases>): TestDatabases {
  const opened: Database[] = [];
  afterAll(async () => {
    for (const database of opened.splice(0)) await database.close();
  });
  return {
    server: () => {
      throw new Error('PGlite has no server');
    },
    async open(url) {
      const database = await openDatabase(url ?? (await given.fresh()));
      opened.push(database);
      return database;
    },
    ...given,
  };
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder with an empty PGlite, copied, since making one takes seconds. Removed after the tests of the file. */
export async function freshFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-db-'));
  folders.push(folder);
  cpSync(join(await emptyPglite(), 'data'), join(folder, 'data'), { recursive: true });
  return folder;
}

/** Made once for each version, in `.tools`. */
async function emptyPglite(): Promise<string> {
  const manifest = new URL('../package.json', import.meta.url);
  const version = JSON.parse(readFileSync(manifest, 'utf8')).dependencies['@electric-sql/pglite'];
  const tools = fileURLToPath(new URL('../../../.tools/', import.meta.url));
  const home = join(tools, `pglite-${version}`);
  if (existsSync(home)) return home;
  mkdirSync(tools, { recursive: true });
  const aside = join(tools, `.pglite-${randomUUID()}`);
  await (await openPglite(aside)).close();
  try {
    renameSync(aside, home);
  } catch {
    // Another process was first.
    rmSync(aside, { recursive: true });
  }
  return home;
}

/** Runs statements of SQL, as a dump holds them. */
export const runSql = (db: Kysely<Schema>, text: string): Promise<unknown> => sql.raw(text).execute(db);

/** A user with a campaign and tasks. @returns ids of the tasks */
export async function fillCampaign(db: Kysely<Schema>, { user = 'ann', campaign = 'salt', tasks = 1 } = {}) {
  await db
    .insertInto('user')
    .values({ id: user, name: user, email: `${user}@example.org`, emailVerified: true })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db
    .insertInto('campaign')
    .values({ id: campaign, name: campaign, dataset: 'pans', backbone: 'tiny', preset: 'best', created_by: user })
    .execute();
  const rows = await db
    .insertInto('task')
    .values(
      Array.from({ length: tasks }, (_, i) => ({
        campaign,
        image_id: i,
        sha256: i.toString(16).padStart(64, '0'),
        name: `${i}.jpg`,
        object: `images/${i}.jpg`,
        rank: i,
      })),
    )
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

/** A leased assignment. @returns its id */
export async function lease(db: Kysely<Schema>, task: string, { user = 'ann', campaign = 'salt', id = 'a1' } = {}) {
  const lease_until = new Date(Date.now() + 900_000);
  await db
    .insertInto('assignment')
    .values({ id, task, campaign, user_id: user, state: 'leased', lease_until })
    .execute();
  return id;
}
