import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../dist/db/database.js';
import { openDatabase } from '../../dist/db/open.js';
import { findPostgres, type PostgresServer, startPostgres } from '../postgres.ts';
import { openServer, type TestServer } from './server.ts';

describe.skipIf(!findPostgres())('a database that is away', () => {
  let postgres: PostgresServer;
  let database: Database;
  let server: TestServer;
  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.run('create database away');
    database = await openDatabase(postgres.url('away'));
    server = await openServer(database);
  });
  afterAll(async () => {
    await server?.close();
    await database?.close();
  });

  test('is answered with 503, a time to retry, and one line', async () => {
    const key = await server.key('ann');
    const paths = ['/api/health', '/api/me', '/api/campaigns'];
    for (const path of paths) expect(await server.call('GET', path, { key })).toMatchObject({ status: 200 });
    await postgres.stop();
    for (const path of paths) {
      const answer = await server.call('GET', path, { key });
      expect([path, answer.status, answer.body, answer.headers.get('retry-after')]).toEqual([
        path,
        503,
        { error: 'the database or Temporal does not answer; expected another try later' },
        '5',
      ]);
    }
  });
});
