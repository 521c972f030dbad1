// Invitations: made, listed and revoked over the API, followed on their page.
import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyAudit } from '../../dist/accounts/audit.js';
import { setMember } from '../../dist/campaigns/members.js';
import type { Database } from '../../dist/db/database.js';
import { makeCampaign, makeUser } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';
import { cookiesOf, openServer, publicUrl, type TestServer } from './server.ts';

const password = 'correct horse battery';
const day = 86_400_000;

describeDatabases('invitations', ({ open }) => {
  let database: Database;
  let server: TestServer;
  let admin: string;
  let manager: string;
  let campaign: string;
  beforeAll(async () => {
    database = await open();
    // Attempts are counted by address.
    server = await openServer(database, { from: `10.7.${randomInt(256)}.${randomInt(256)}` });
    admin = await server.key('root', 'admin');
    manager = await server.key('manager');
    campaign = (await makeCampaign(database.db, { members: { manager: ['manager'] } })).id;
  }, 60_000);
  afterAll(() => server?.close());

  const at = () => `/api/campaigns/${campaign}/invitations`;
  const invite = async (changes = {}, key = manager): Promise<{ id: string; path: string }> => {
    const ends = new Date(Date.now() + day).toISOString();
    const body = { name: 'Course', uses: 2, ends, ...changes };
    const answer = await server.call('POST', at(), { key, body });
    expect(answer.text).toContain(`${publicUrl}/join?token=`);
    return { id: answer.body.id, path: answer.body.link.slice(publicUrl.length) };
  };
  const listed = async (id: string) =>
    (await server.call('GET', at(), { key: manager })).body.find((each: { id: string }) => each.id === id);
  const person = (changes = {}) => ({ name: 'Ann', email: `${randomUUID()}@example.org`, password, ...changes });
  const join = (path: string, fields: Record<string, string> | null, more: { cookie?: string; origin?: string } = {}) =>
    server.call('POST', path, {
      body: fields ? new URLSearchParams(fields).toString() : '',
      cookie: more.cookie,
      headers: { origin: more.origin ?? publicUrl, 'content-type': 'application/x-www-form-urlencoded' },
    });
  const roleOf = async (user: string) =>
    (
      await database.db
        .selectFrom('member')
        .select('role')
        .where('campaign', '=', campaign)
        .where('user_id', '=', user)
        .executeTakeFirst()
    )?.role;
  const me = async (cookie: string) => (await server.call('GET', '/api/me', { cookie })).body;

  test('one link lets several people in, each under an account of their own, up to its limit', async () => {
    const { id, path } = await invite({ role: 'reviewer' });
    const shown = await server.call('GET', path);
    expect(shown.status).toBe(200);
    expect(shown.headers.get('referrer-policy')).toBe('strict-origin');
    expect(shown.text).toContain('name="password"');
    const people = [person(), person({ name: 'Bob' })];
    const ids: string[] = [];
    for (const each of people) {
      const joined = await join(path, each);
      expect([joined.status, joined.headers.get('location')]).toEqual([303, `/campaigns/${campaign}`]);
      const found = await me(cookiesOf(joined));
      expect(found).toMatchObject({ name: each.name, email: each.email, role: 'member' });
      expect(found.campaigns).toEqual([{ id: campaign, name: expect.any(String), role: 'reviewer' }]);
      ids.push(found.id);
    }
    expect(new Set(ids).size).toBe(2);
    const late = await join(path, person());
    expect([late.status, late.headers.getSetCookie()]).toEqual([410, []]);
    expect(late.text).toContain('used by as many people as it was made for');
    expect(await listed(id)).toMatchObject({ name: 'Course', uses: 2, used: 2, state: 'spent', by: 'manager' });
    // They come back by their passwords.
    const own = await openServer(database, { from: `10.8.${randomInt(256)}.${randomInt(256)}` });
    const back = await own.call('POST', '/api/auth/sign-in/email', {
      body: { email: people[0].email, password },
      headers: { origin: publicUrl },
    });
    expect(back.status).toBe(200);
    await own.close();
    expect((await verifyAudit(database.db)).broken).toBeUndefined();
    const deeds = await database.db.selectFrom('audit').select(['action', 'actor', 'detail']).orderBy('n').execute();
    const ofLink = deeds.filter(({ detail }) => (detail as { invitation?: string }).invitation === id);
    expect(ofLink.map(({ action, actor }) => [action, actor])).toEqual([
      ['invitation.create', 'manager'],
      ...ids.flatMap((user) => [
        ['user.create', user],
        ['invitation.follow', user],
      ]),
    ]);
  });

  test('the token is stored as a hash only, and shown once', async () => {
    const { id, path } = await invite();
    const token = path.slice(path.indexOf('=') + 1);
    const rows = await database.db.selectFrom('invitation').selectAll().where('id', '=', id).execute();
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(JSON.stringify(await listed(id))).not.toContain(token);
    expect(JSON.stringify(await database.db.selectFrom('audit').selectAll().execute())).not.toContain(token);
  });

  test('two people who follow at once do not share its last use', async () => {
    const { id, path } = await invite({ uses: 1 });
    const both = await Promise.all([join(path, person()), join(path, person())]);
    expect(both.map(({ status }) => status).sort()).toEqual([303, 410]);
    expect(await listed(id)).toMatchObject({ used: 1, state: 'spent' });
  });

  test('ended, revoked, unknown and cut links each answer with one clear line', async () => {
    const told = async (path: string) => {
      const [shown, posted] = [await server.call('GET', path), await join(path, person())];
      expect(posted.status).toBe(shown.status);
      expect(posted.headers.getSetCookie()).toEqual([]);
      const lines = [shown, posted].map(({ text }) => /role="alert"[^>]*>([^<]*)</.exec(text)?.[1]);
      expect(lines[0]).toBe(lines[1]);
      return [shown.status, lines[0]];
    };
    const over = (what: string) => `${what}. Ask whoever gave it to you for a new one.`;
    const ended = await invite();
    await database.db
      .updateTable('invitation')
      .set({ ends: new Date(0) })
      .where('id', '=', ended.id)
      .execute();
    expect(await told(ended.path)).toEqual([410, over('This invitation has ended')]);
    const revoked = await invite();
    expect((await server.call('DELETE', `${at()}/${revoked.id}`, { key: manager })).status).toBe(200);
    // Again is as well.
    expect((await server.call('DELETE', `${at()}/${revoked.id}`, { key: admin })).status).toBe(200);
    expect(await told(revoked.path)).toEqual([410, over('This invitation was revoked')]);
    expect(await listed(revoked.id)).toMatchObject({ state: 'revoked', used: 0 });
    const unknown = over('There is no such invitation: its link may have been cut short');
    for (const path of [revoked.path.slice(0, -4), '/join', '/join?token=', '/join?token=%00']) {
      expect(await told(path)).toEqual([404, unknown]);
    }
    expect(server.logged).toEqual([]);
  });

  test('a link ends with its maker’s right to invite', async () => {
    const { db } = database;
    const state = async (path: string) => (await server.call('GET', path)).status;
    const other = await makeUser(db);
    await setMember(db, campaign, other, 'manager', 'owner');
    const key = await server.key(other);
    const links = [await invite({}, key), await invite({}, admin)];
    expect(await Promise.all(links.map(({ path }) => state(path)))).toEqual([200, 200]);
    await setMember(db, campaign, other, 'reviewer', 'owner');
    expect(await Promise.all(links.map(({ path }) => state(path)))).toEqual([410, 200]);
    await setMember(db, campaign, other, 'manager', 'owner');
    expect(await state(links[0].path)).toBe(200);
    // What is revoked with all that an account signs in with stays so.
    expect((await server.call('DELETE', `/api/users/${other}/access`, { key: admin })).status).toBe(200);
    expect(await state(links[0].path)).toBe(410);
    expect(await listed(links[0].id)).toMatchObject({ state: 'revoked' });
  });

  test('who is signed in joins as they are; a higher role is kept, and no use spent twice', async () => {
    const first = await invite({ uses: 5 });
    const cookie = cookiesOf(await join(first.path, person({ name: 'Cleo' })));
    const { id } = await me(cookie);
    const second = await invite({ uses: 5, role: 'reviewer' });
    expect((await server.call('GET', second.path, { cookie })).text).toContain('You are signed in as');
    for (let i = 0; i < 2; i++) expect((await join(second.path, null, { cookie })).status).toBe(303);
    expect(await roleOf(id)).toBe('reviewer');
    expect(await listed(second.id)).toMatchObject({ used: 1 });
    expect((await join(first.path, null, { cookie })).status).toBe(303);
    expect(await roleOf(id)).toBe('reviewer');
    expect(await listed(first.id)).toMatchObject({ used: 1 });
  });

  test('a form that is wrong loses nothing that was typed; an address with an account is not taken over', async () => {
    const { id, path } = await invite();
    const wrong = [
      [{ password: 'short' }, /Password: .*12 to 128/],
      [{ email: 'nobody' }, /E-mail: .*e-mail/],
      [{ name: '  ' }, /Name: /],
    ] as const;
    for (const [changes, line] of wrong) {
      const given = person({ name: '<b>"Ann"</b>', ...changes });
      const answer = await join(path, given);
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([400, []]);
      expect(answer.text).toMatch(line);
      expect(answer.text).not.toContain('<b>');
      if (!('email' in changes)) expect(answer.text).toContain(`value="${given.email}"`);
      expect(answer.text).not.toContain(given.password);
    }
    const email = 'Root@Example.org';
    const taken = await join(path, person({ email }));
    expect([taken.status, taken.headers.getSetCookie()]).toEqual([409, []]);
    expect(taken.text).toContain('has an account here: sign in, then open this link again.');
    expect((await join(path, person(), { origin: 'https://elsewhere.test' })).status).toBe(403);
    expect(await listed(id)).toMatchObject({ used: 0 });
    expect(server.logged).toEqual([]);
  });

  test('nobody has verified the address of who joins: its first sign-in link ends the password', async () => {
    const { path } = await invite();
    const given = person();
    const { id } = await me(cookiesOf(await join(path, given)));
    const verified = () =>
      database.db.selectFrom('user').select('emailVerified').where('id', '=', id).executeTakeFirstOrThrow();
    expect(await verified()).toEqual({ emailVerified: false });
    const { body } = await server.call('POST', `/api/users/${id}/link`, { key: admin });
    expect((await join(body.link.slice(publicUrl.length), null)).status).toBe(303);
    expect(await verified()).toEqual({ emailVerified: true });
    const passwords = await database.db.selectFrom('account').select('id').where('userId', '=', id).execute();
    expect(passwords).toEqual([]);
  });

  test('limits: who may, how many, how long, how often', async () => {
    const far = new Date(Date.now() + 400 * day).toISOString();
    const refused = async (changes: object, key = manager) =>
      (
        await server.call('POST', at(), {
          key,
          body: { name: 'x', uses: 1, ends: new Date(Date.now() + day).toISOString(), ...changes },
        })
      ).status;
    for (const changes of [{ ends: far }, { ends: '2001-01-01T00:00:00Z' }, { uses: 0 }, { uses: 1001 }]) {
      expect([changes, await refused(changes)]).toEqual([changes, 400]);
    }
    for (const changes of [{ role: 'manager' }, { role: 'admin' }, { name: '' }, { more: 1 }]) {
      expect([changes, await refused(changes)]).toEqual([changes, 400]);
    }
    const reviewer = await server.key('a-reviewer');
    await setMember(database.db, campaign, 'a-reviewer', 'reviewer', 'owner');
    expect(await refused({}, reviewer)).toBe(403);
    expect((await server.call('DELETE', `${at()}/${randomUUID()}`, { key: manager })).status).toBe(404);
    const { path } = await invite();
    const from = `10.9.${randomInt(256)}.${randomInt(256)}`;
    const own = [await openServer(database, { from }), await openServer(database, { from })];
    const post = async (i: number) =>
      (
        await own[i % 2].call('POST', `${path}x`, {
          body: '',
          headers: { origin: publicUrl, 'content-type': 'application/x-www-form-urlencoded' },
        })
      ).status;
    const statuses: number[] = [];
    for (let i = 0; i < 102; i++) statuses.push(await post(i));
    expect(statuses.filter((status) => status === 404)).toHaveLength(100);
    expect(statuses.slice(100)).toEqual([429, 429]);
    for (const each of own) await each.close();
  });
});
