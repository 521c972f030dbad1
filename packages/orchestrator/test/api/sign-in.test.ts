import { createHash, randomInt, randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../dist/db/database.js';
import type { Schema } from '../../dist/db/schema.js';
import { makeUser } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';
import { cookiesOf, openServer, publicUrl, type TestServer } from './server.ts';

const password = 'correct horse battery';
describeDatabases('signing in', ({ open }) => {
  let database: Database;
  let db: Kysely<Schema>;
  let server: TestServer;
  let admin: string;
  beforeAll(async () => {
    database = await open();
    db = database.db;
    server = await openServer(database);
    admin = await server.key('root', 'admin');
  }, 60_000);
  afterAll(() => server?.close());

  /** Attempts of one address are limited, so each test has its own server. */
  const fresh = (options: Parameters<typeof openServer>[1] = {}) => {
    const from = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`;
    return openServer(database, { from, ...options });
  };
  const account = async (changes = {}) => {
    const email = `${randomUUID()}@example.org`;
    const { body } = await server.call('POST', '/api/users', { key: admin, body: { email, name: 'Ann', ...changes } });
    return { email, id: body.id as string, link: body.link as string | undefined };
  };
  const signIn = (on: TestServer, email: string, given = password, origin = publicUrl) =>
    on.call('POST', '/api/auth/sign-in/email', { body: { email, password: given }, headers: { origin } });
  const me = async (on: TestServer, cookie: string) => (await on.call('GET', '/api/me', { cookie })).status;
  const look = (on: TestServer, link: string, method = 'GET') => on.call(method, link.slice(publicUrl.length));
  /** Presses the button of the link's page. */
  const follow = (on: TestServer, link: string, origin = publicUrl) =>
    on.call('POST', link.slice(publicUrl.length), {
      body: '',
      headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
    });

  test('by password opens a session that lasts until sign-out', async () => {
    const own = await fresh();
    const { email, id } = await account({ password });
    const signedIn = await signIn(own, email.toUpperCase());
    expect(signedIn.status).toBe(200);
    const [first] = signedIn.headers.getSetCookie();
    expect(first).toMatch(/^better-auth\.session_token=/);
    for (const part of ['HttpOnly', 'SameSite=Lax', 'Path=/']) expect(first).toContain(part);
    expect(first).not.toContain('Secure');
    const cookie = cookiesOf(signedIn);
    expect((await own.call('GET', '/api/me', { cookie })).body).toMatchObject({ id, email, role: 'member' });
    expect((await own.call('GET', '/api/auth/get-session', { cookie })).body.user).toMatchObject({ id });

    const forged = [
      cookie.replace(/=./, (start) => `${start}x`),
      cookie.replace(/\..*/, '.'),
      cookie.replace(/%2E.*|\.[^.]*$/, ''),
      `better-auth.session_token=${(await db.selectFrom('session').select('token').where('userId', '=', id).executeTakeFirstOrThrow()).token}`,
    ];
    for (const each of forged) expect([each, await me(own, each)]).toEqual([each, 401]);

    expect(await own.call('POST', '/api/auth/sign-out', { cookie })).toMatchObject({ status: 403 });
    expect(await me(own, cookie)).toBe(200);
    const out = await own.call('POST', '/api/auth/sign-out', { cookie, headers: { origin: publicUrl } });
    expect(out.status).toBe(200);
    // Not even with all of its cookies kept.
    expect(await me(own, cookie)).toBe(401);
    await own.close();
  });

  test('with a wrong password, for an unknown address or from another origin fails in the same way', async () => {
    const own = await fresh();
    const { email } = await account({ password });
    const wrong = await signIn(own, email, 'wrong horse battery');
    const unknown = await signIn(own, 'nobody@example.org');
    expect([wrong.status, wrong.text]).toEqual([unknown.status, unknown.text]);
    expect(wrong.status).toBe(401);
    expect(wrong.headers.getSetCookie()).toEqual([]);
    for (const origin of ['http://evil.test', 'null', '']) {
      expect(await signIn(own, email, password, origin)).toMatchObject({ status: 403 });
    }
    await own.close();
  });

  test('is limited to a few attempts, whatever address callers claim', async () => {
    const own = await fresh();
    const { email } = await account({ password });
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) {
      const { status } = await own.call('POST', '/api/auth/sign-in/email', {
        body: { email, password: 'wrong horse battery' },
        headers: { origin: publicUrl, 'x-forwarded-for': `10.0.0.${i}`, 'x-saltworks-client': `10.0.0.${i}` },
      });
      statuses.push(status);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429]);
    await own.close();
  });

  test('is limited for all servers of a database together', async () => {
    const from = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`;
    const servers = [await fresh({ from }), await fresh({ from })];
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await signIn(servers[i % 2], 'nobody@example.org', 'wrong')).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429]);
    for (const each of servers) await each.close();
  });

  test('no account’s password is guessed from many addresses, and its person is not locked out', async () => {
    const { email, id, link } = await account({ password });
    const guess = async (whose: string, given = 'wrong horse battery') => {
      const own = await fresh();
      const answer = await signIn(own, whose, given);
      await own.close();
      return answer;
    };
    const guesses = async (whose: string) => {
      const statuses = [];
      for (let i = 0; i < 21; i++) statuses.push((await guess(i % 2 ? whose.toUpperCase() : whose)).status);
      return statuses;
    };
    const expected = [...Array(20).fill(401), 429];
    expect(await guesses(email)).toEqual(expected);
    // The right one is refused, too, or a guesser would learn which it is.
    const refused = await guess(email, password);
    expect(refused).toMatchObject({
      status: 429,
      body: { error: expect.stringContaining('too many wrong passwords') },
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_500);
    // An address without an account is no different.
    expect(await guesses(`${randomUUID()}@example.org`)).toEqual(expected);

    const own = await fresh();
    const next = (await server.call('POST', `/api/users/${id}/link`, { key: admin })).body.link;
    expect(await me(own, cookiesOf(await follow(own, link ?? next)))).toBe(200);
    await own.close();
    await db
      .updateTable('sign_in_failure')
      .set({ since: new Date(Date.now() - 3_600_001) })
      .execute();
    expect((await guess(email)).status).toBe(401);
    expect((await guess(email, password)).status).toBe(200);
    const known = createHash('sha256').update(email).digest('hex');
    expect(await db.selectFrom('sign_in_failure').select('count').where('account', '=', known).execute()).toEqual([]);
  }, 120_000);

  test('lasts when the server restarts, until an administrator revokes all that an account signs in with', async () => {
    const first = await fresh();
    const { email, id } = await account({ password });
    const cookie = cookiesOf(await signIn(first, email));
    const made = await first.call('POST', '/api/me/keys', {
      cookie,
      body: { name: 'script' },
      headers: { origin: publicUrl },
    });
    await first.close();

    const second = await fresh();
    const unused = (await server.call('POST', `/api/users/${id}/link`, { key: admin })).body.link;
    expect(await me(second, cookie)).toBe(200);
    const byKey = () => second.call('GET', '/api/me', { key: made.body.key });
    expect((await byKey()).status).toBe(200);

    expect((await server.call('DELETE', `/api/users/${id}/access`, { key: admin })).status).toBeLessThan(300);
    expect(await me(second, cookie)).toBe(401);
    expect((await byKey()).status).toBe(401);
    expect(cookiesOf(await follow(second, unused))).toBe('');
    // The account and its password stay.
    expect((await signIn(second, email)).status).toBe(200);
    const trail = (await server.call('GET', '/api/audit', { key: admin })).body as { action: string; object: string }[];
    expect(trail.filter(({ object }) => object === id).map(({ action }) => action)).toContain('user.revoke');
    expect(trail.map(({ action }) => action)).toContain('key.create');
    expect(await server.call('DELETE', `/api/users/${randomUUID()}/access`, { key: admin })).toMatchObject({
      status: 404,
    });
    await second.close();
  });

  test('by link works once, within ten minutes', async () => {
    const own = await fresh();
    const { email, id, link } = await account();
    const followed = await follow(own, link as string);
    expect(followed.status).toBe(303);
    expect(followed.headers.get('location')).toBe(`${publicUrl}/`);
    expect(await me(own, cookiesOf(followed))).toBe(200);
    const again = await follow(own, link as string);
    expect(again.headers.get('location')).toMatch(/error=/i);
    expect(cookiesOf(again)).toBe('');

    const other = (await server.call('POST', `/api/users/${id}/link`, { key: admin })).body.link;
    const soon = await db.selectFrom('verification').select(['id', 'expiresAt', 'value']).execute();
    const [mine] = soon.filter(({ value }) => value.includes(email));
    expect(Math.abs(mine.expiresAt.getTime() - Date.now() - 600_000)).toBeLessThan(30_000);
    expect(mine.value).not.toContain(new URL(other).searchParams.get('token'));
    await db
      .updateTable('verification')
      .set({ expiresAt: new Date(Date.now() - 1) })
      .where('id', '=', mine.id)
      .execute();
    const late = await follow(own, other);
    expect(late.headers.get('location')).toMatch(/error=/i);
    expect(cookiesOf(late)).toBe('');
    await own.close();
  });

  test('by link opens only one session, even if followed many times at once', async () => {
    const own = await fresh();
    const { id, link } = await account();
    const followed = await Promise.all([1, 2, 3, 4].map(() => follow(own, link as string)));
    expect(followed.filter((answer) => cookiesOf(answer) !== '')).toHaveLength(1);
    expect(await db.selectFrom('session').select('id').where('userId', '=', id).execute()).toHaveLength(1);
    await own.close();
  });

  test('by link needs its button: viewing the page spends nothing', async () => {
    const own = await fresh();
    const { email, id, link } = await account();
    for (const method of ['GET', 'HEAD', 'GET']) {
      const page = await look(own, link as string, method);
      expect([method, page.status, cookiesOf(page)]).toEqual([method, 200, '']);
      expect(page.headers.get('cache-control')).toBe('no-store');
      if (method === 'GET') expect(page.text).toContain(email);
    }
    for (const origin of ['http://evil.test', 'null', '']) {
      expect(await follow(own, link as string, origin)).toMatchObject({ status: 403 });
    }
    // The library's own route, which a GET would spend, is closed.
    const { searchParams } = new URL(link as string);
    expect(await own.call('GET', `/api/auth/magic-link/verify?${searchParams}`)).toMatchObject({ status: 404 });
    expect(await db.selectFrom('session').select('id').where('userId', '=', id).execute()).toEqual([]);
    expect(await me(own, cookiesOf(await follow(own, link as string)))).toBe(200);
    const spent = await look(own, link as string);
    expect([spent.status, spent.text.includes(email)]).toEqual([410, false]);
    for (const token of ['', 'x', '%00', "'", 'a'.repeat(5000), '&token=x']) {
      expect(await own.call('GET', `/sign-in/link?token=${token}`)).toMatchObject({ status: 410 });
    }
    await own.close();
  });

  test('by link leads only to our own pages', async () => {
    const own = await fresh();
    const { link } = await account();
    const away = new URL(link as string);
    for (const name of ['callbackURL', 'errorCallbackURL', 'newUserCallbackURL'])
      away.searchParams.set(name, 'http://evil.test/');
    const answer = await follow(own, away.href);
    expect(answer.headers.get('location')).toBe(`${publicUrl}/`);
    const again = await follow(own, away.href);
    expect(again.headers.get('location')).toMatch(new RegExp(`^${publicUrl}/sign-in\\?error=`));
    await own.close();
  });

  test('by link leaves other links valid, of the same account and of others', async () => {
    const own = await fresh();
    const [ann, bob] = [await account(), await account()];
    const second = (await server.call('POST', `/api/users/${ann.id}/link`, { key: admin })).body.link;
    for (const link of [ann.link, bob.link, second]) {
      expect(await me(own, cookiesOf(await follow(own, link as string)))).toBe(200);
    }
    await own.close();
  });

  test('setting a password, or changing it by the old one, ends all other sessions', async () => {
    const own = await fresh();
    const { email, id, link } = await account();
    const set = (cookie: string, body: object, origin = publicUrl) =>
      own.call('PUT', '/api/me/password', { cookie, body, headers: { origin } });
    const state = async (cookie: string) => (await own.call('GET', '/api/me/password', { cookie })).body;
    const linked = cookiesOf(await follow(own, link as string));
    expect(await state(linked)).toEqual({ set: false, needed: false });
    expect(await set(linked, { password: 'too short' })).toMatchObject({ status: 400 });
    expect(await set(linked, { password }, 'http://evil.test')).toMatchObject({ status: 403 });
    expect(await set(linked, { password })).toMatchObject({ status: 200 });

    const [first, second] = [cookiesOf(await signIn(own, email)), cookiesOf(await signIn(own, email))];
    expect(await state(first)).toEqual({ set: true, needed: true });
    const next = 'wrong horse staple';
    for (const current of [undefined, '', 'wrong horse battery'])
      expect(await set(first, { password: next, current })).toMatchObject({ status: 403 });
    expect(await me(own, second)).toBe(200);
    expect(await set(first, { password: next, current: password })).toMatchObject({ status: 200 });
    expect([await me(own, first), await me(own, second), await me(own, linked)]).toEqual([200, 401, 401]);
    expect(await db.selectFrom('audit').select('action').where('actor', '=', id).execute()).toEqual([
      { action: 'user.password' },
      { action: 'user.password' },
    ]);
    // A key's holder cannot lock its owner out.
    const { key } = (
      await own.call('POST', '/api/me/keys', { cookie: first, body: { name: 'k' }, headers: { origin: publicUrl } })
    ).body;
    for (const cookie of [undefined, first]) {
      const answer = await own.call('PUT', '/api/me/password', { key, cookie, body: { password, current: next } });
      expect(answer.status).toBe(403);
    }
    // Forgotten: after a sign-in by link, the owner sets another.
    const anew = (await server.call('POST', `/api/users/${id}/link`, { key: admin })).body.link;
    const back = cookiesOf(await follow(own, anew));
    expect(await state(back)).toEqual({ set: true, needed: false });
    const since = (createdAt: number) =>
      db
        .updateTable('session')
        .set({ createdAt: new Date(createdAt) })
        .where('userId', '=', id)
        .execute();
    await since(Date.now() - 3_600_001);
    expect(await set(back, { password })).toMatchObject({ status: 403 });
    await since(Date.now());
    expect(await set(back, { password })).toMatchObject({ status: 200 });
    expect(await me(own, first)).toBe(401);
    await own.close();
    const later = await fresh();
    expect((await signIn(later, email, next)).status).toBe(401);
    expect((await signIn(later, email)).status).toBe(200);
    await later.close();
  });

  test('password guesses are limited', async () => {
    const own = await fresh();
    const { email } = await account({ password });
    const cookie = cookiesOf(await signIn(own, email));
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) {
      const body = { password: 'another horse battery', current: `guess ${i}` };
      const headers = { origin: publicUrl };
      statuses.push((await own.call('PUT', '/api/me/password', { cookie, body, headers })).status);
    }
    expect(statuses).toEqual([...Array(10).fill(403), 429, 429]);
    await own.close();
  });

  test('needs an existing account', async () => {
    const { email } = await account({ password });
    const body = { email: 'eve@example.org', password, name: 'Eve', role: 'admin' };
    const headers = { origin: publicUrl };
    for (const path of [
      'sign-up/email',
      'sign-in/magic-link',
      'request-password-reset',
      'update-user',
      'delete-user',
      'change-email',
      'set-password',
      'link-social',
      'error',
      'sign-in%2Femail',
    ]) {
      const answer = await server.call('POST', `/api/auth/${path}`, { body: { ...body, email }, headers });
      expect([path, answer.status]).toEqual([path, 404]);
    }
    expect(await db.selectFrom('user').select('id').where('email', '=', body.email).execute()).toEqual([]);
    const twice = { key: admin, body: { email, name: 'Ann' } };
    const both = await Promise.all([1, 2].map(() => server.call('POST', '/api/users', twice)));
    expect(both.map(({ status }) => status)).toEqual([409, 409]);
    const two = { key: admin, body: { email: `${randomUUID()}@example.org`, name: 'Two' } };
    const raced = await Promise.all([1, 2, 3].map(() => server.call('POST', '/api/users', two)));
    expect(raced.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  });

  test('a session ends when it expires or its account is disabled', async () => {
    const own = await fresh();
    const { email, id } = await account({ password });
    const cookie = cookiesOf(await signIn(own, email));
    const until = (expiresAt: Date) => db.updateTable('session').set({ expiresAt }).where('userId', '=', id).execute();
    await until(new Date(Date.now() - 1));
    expect(await me(own, cookie)).toBe(401);
    await until(new Date(Date.now() + 60_000));
    expect(await me(own, cookie)).toBe(200);

    const key = (
      await own.call('POST', '/api/me/keys', { cookie, body: { name: 'mine' }, headers: { origin: publicUrl } })
    ).body;
    expect(await own.call('GET', '/api/me', { key: key.key })).toMatchObject({ status: 200 });
    const end = (disabled: boolean) => own.call('PATCH', `/api/users/${id}`, { key: admin, body: { disabled } });
    expect(await end(true)).toMatchObject({ status: 200 });
    expect(await me(own, cookie)).toBe(401);
    expect(await own.call('GET', '/api/me', { key: key.key })).toMatchObject({ status: 401 });
    expect((await signIn(own, email)).headers.getSetCookie()).toEqual([]);
    expect((await own.call('GET', '/api/users', { key: admin })).body).toContainEqual(
      expect.objectContaining({ id, disabled: true }),
    );
    expect(await own.call('POST', `/api/users/${id}/link`, { key: admin })).toMatchObject({ status: 409 });
    await end(false);
    expect(await own.call('GET', '/api/me', { key: key.key })).toMatchObject({ status: 200 });
    expect(await me(own, cookie)).toBe(401);
    expect((await signIn(own, email)).status).toBe(200);
    expect(own.logged).toEqual([]);
    await own.close();
  });

  test('a new role takes effect at once', async () => {
    const own = await fresh();
    const { email, id } = await account({ password });
    const cookie = cookiesOf(await signIn(own, email));
    const users = async () => (await own.call('GET', '/api/users', { cookie })).status;
    const give = (role: string) => own.call('PATCH', `/api/users/${id}`, { key: admin, body: { role } });
    expect(await users()).toBe(403);
    await give('admin');
    expect(await users()).toBe(200);
    await give('member');
    expect(await users()).toBe(403);
    await own.close();
  });

  test('keys work until they expire or end, or their account does', async () => {
    const user = await makeUser(db);
    const key = await server.key(user);
    const status = async (given: string) => (await server.call('GET', '/api/me', { key: given })).status;
    const make = async (expires?: string) =>
      (await server.call('POST', '/api/me/keys', { key, body: { name: 'second', expires } })).body;
    const past = await make(new Date(Date.now() - 1000).toISOString());
    const future = await make(new Date(Date.now() + 60_000).toISOString());
    expect(await status(past.key)).toBe(401);
    expect(await status(future.key)).toBe(200);
    const { body: listed, text } = await server.call('GET', '/api/me/keys', { key });
    expect(listed).toHaveLength(3);
    expect(text).not.toContain(future.key);
    expect(JSON.stringify(await db.selectFrom('api_key').selectAll().execute())).not.toContain(future.key);
    await server.call('DELETE', `/api/me/keys/${future.id}`, { key });
    expect(await status(future.key)).toBe(401);
    for (const given of [key.slice(0, -1), `${key}x`, key.replace('sw_', 'SW_'), ''])
      expect(await status(given)).toBe(401);
    await db.deleteFrom('user').where('id', '=', user).execute();
    expect(await status(key)).toBe(401);
  });

  test('over https, cookies are secure and browsers are told to stay on https', async () => {
    const secure = await fresh({ url: 'https://salt.test' });
    const { email } = await account({ password });
    const signedIn = await signIn(secure, email, password, 'https://salt.test');
    const [cookie] = signedIn.headers.getSetCookie();
    expect(cookie).toMatch(/^__Secure-better-auth\.session_token=.*; Secure/);
    expect(signedIn.headers.get('strict-transport-security')).toContain('max-age');
    expect(await me(secure, cookiesOf(signedIn))).toBe(200);
    await secure.close();
  });
});
