// `saltworks migrate`, and servers that start together on a database that is not there yet.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@saltworks/cli/stack/temporal';
import { migrations } from '@saltworks/orchestrator/db/migrations';
import { openDatabase } from '@saltworks/orchestrator/db/open';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command, plainEnv, type Role, startRole } from '../../../test/roles.ts';
import { findPostgres, type PostgresServer, startPostgres } from '../../orchestrator/test/postgres.ts';
import { openTemporal } from '../../orchestrator/test/temporal.ts';

const folder = mkdtempSync(join(tmpdir(), 'saltworks-migrate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const names = migrations.map(({ name }) => name);
const standing = `up to date: ${names.length} migrations, the last ${names.at(-1)}`;

interface Ran {
  code: number;
  out: string[];
  err: string;
}

const lines = (text: string) => text.split('\n').filter(Boolean);

function run(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [command, 'migrate', ...args], { env }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out: lines(out), err }),
    );
  });
}

describe('migrate, on a folder', () => {
  const env = { ...plainEnv(), SALTWORKS_HOME: join(folder, 'home') };

  test('--check makes nothing; migrate makes the database, and then there is nothing to do', async () => {
    const missing = names.map((name) => `missing ${name}`);
    expect(await run(env, '--check')).toEqual({ code: 1, out: missing, err: '' });
    expect(existsSync(env.SALTWORKS_HOME)).toBe(false);
    expect(await run(env)).toEqual({ code: 0, out: [...names.map((name) => `migrated ${name}`), standing], err: '' });
    expect(await run(env, '--check')).toEqual({ code: 0, out: [standing], err: '' });
    const { out } = await run(env, '--json');
    expect(out.map((line) => JSON.parse(line))).toEqual([{ ran: [], newer: [] }]);
  });

  test('a home whose database is in use is left alone', async () => {
    const database = await openDatabase(join(env.SALTWORKS_HOME, 'database'));
    expect(await run(env)).toMatchObject({
      code: 1,
      out: [],
      err: expect.stringMatching(/^saltworks: .* in use by another process.*\n$/),
    });
    await database.close();
  });
});

describe.skipIf(!findPostgres())('on PostgreSQL', () => {
  let postgres: PostgresServer;
  let temporal: TestWorkflowEnvironment;
  const roles: Role[] = [];
  const envOf = (database: string) => ({
    ...plainEnv(),
    SALTWORKS_HOME: join(folder, database),
    SALTWORKS_DATABASE: postgres.url(database),
  });
  beforeAll(async () => {
    [postgres, temporal] = await Promise.all([startPostgres(), openTemporal()]);
    for (const name of ['jobs', 'servers', 'newer']) await postgres.run(`create database ${name}`);
  });
  afterAll(async () => {
    for (const role of roles) await role.end();
    await temporal?.teardown();
    await postgres?.stop();
  });

  test('jobs that start together run each migration once', async () => {
    const env = envOf('jobs');
    const jobs = await Promise.all([run(env), run(env)]);
    expect(jobs.map(({ code, err }) => [code, err])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    const ran = jobs.flatMap(({ out }) => out).filter((line) => line.startsWith('migrated'));
    expect(ran.sort()).toEqual(names.map((name) => `migrated ${name}`));
  });

  test('servers that start together on an empty database become ready', async () => {
    const ports = [await freePort(), await freePort()];
    for (const port of ports) {
      roles.push(
        startRole(
          {
            ...envOf('servers'),
            SALTWORKS_TEMPORAL_ADDRESS: temporal.address,
            SALTWORKS_SECRET: 'known to this test and nobody else',
            SALTWORKS_PORT: String(port),
          },
          'server',
        ),
      );
    }
    for (const [i, port] of ports.entries()) await roles[i].says(`server: ready at http://127.0.0.1:${port}`);
    expect(await run(envOf('servers'), '--check')).toMatchObject({ code: 0 });
  });

  test('of a newer version: gone on with where it need not be known, refused in one line where it must', async () => {
    const env = envOf('newer');
    expect((await run(env)).code).toBe(0);
    const { db, close } = await openDatabase(env.SALTWORKS_DATABASE);
    await db.insertInto('expansion').values({ name: '9998-add' }).execute();
    expect(await run(env)).toMatchObject({
      code: 0,
      out: [`${standing}; 9998-add of a newer version, which this one need not know`],
    });
    await db.insertInto('migration').values({ name: '9999-remove' }).execute();
    const err = `saltworks: the database has migration 9999-remove, of a newer version; expected none after ${names.at(-1)}\n`;
    expect(await run(env)).toEqual({ code: 1, out: [], err });
    expect(await run(env, '--check')).toEqual({ code: 1, out: [], err });
    await close();
  });
});
