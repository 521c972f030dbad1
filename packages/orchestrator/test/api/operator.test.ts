import { afterAll, beforeAll, expect, test } from 'vitest';
import { operatorToken } from '../../dist/api/operator.js';
import type { Database } from '../../dist/db/database.js';
import { describeDatabases } from '../databases.ts';
import { openServer, secret, type TestServer } from './server.ts';

describeDatabases('the operator', ({ open }) => {
  let database: Database;
  let server: TestServer;
  beforeAll(async () => {
    database = await open();
    server = await openServer(database);
  });
  afterAll(() => server?.close());

  const call = (method: string, path: string, body?: unknown, key = operatorToken(secret)) =>
    server.call(method, path, { key, body });
  const administrators = async () =>
    (await call('GET', '/api/users')).body.filter(({ role }: { role: string }) => role === 'admin');

  test('is an administrator, created once even by simultaneous requests', async () => {
    const asked = await Promise.all([1, 2, 3].map(() => call('GET', '/api/me')));
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(asked.map(({ body }) => body.id)).size).toBe(1);
    expect(await administrators()).toHaveLength(1);
    const { body } = await call('POST', `/api/users/${asked[0].body.id}/link`);
    expect(body.link).toContain('token=');
  });

  test('is recognised by the secret, for a minute', async () => {
    const seconds = Math.floor(Date.now() / 1000);
    const token = operatorToken(secret);
    for (const wrong of [
      operatorToken('x'.repeat(64)),
      operatorToken(secret, seconds - 90),
      operatorToken(secret, seconds + 90),
      token.replace(/_\d+_/, `_${seconds + 1}_`).replace(/.{4}$/, 'AAAA'),
      `${token}x`,
      'operator_',
    ]) {
      expect(await call('GET', '/api/me', undefined, wrong), wrong).toMatchObject({ status: 401 });
    }
  });

  test('is another administrator once the first is disabled; the last one cannot be', async () => {
    const [first] = await administrators();
    const second = (await call('POST', '/api/users', { email: 'two@example.org', name: 'Two', role: 'admin' })).body.id;
    expect(await call('PATCH', `/api/users/${first.id}`, { disabled: true })).toMatchObject({ status: 200 });
    expect((await call('GET', '/api/me')).body.id).toBe(second);
    for (const body of [{ disabled: true }, { role: 'member' }]) {
      expect(await call('PATCH', `/api/users/${second}`, body)).toMatchObject({
        status: 409,
        body: { error: 'the last administrator; expected another one to be left' },
      });
    }
  });

  test('is a new administrator if no administrator can sign in', async () => {
    await database.db.updateTable('user').set({ disabled: true }).execute();
    const made = await Promise.all([1, 2].map(() => call('GET', '/api/me')));
    expect(made.map(({ status, body }) => [status, body.role])).toEqual([
      [200, 'admin'],
      [200, 'admin'],
    ]);
    expect((await call('GET', '/api/me')).body.id).toBe((await call('GET', '/api/me')).body.id);
  });
});
