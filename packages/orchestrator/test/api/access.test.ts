import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { MemberRole } from '@saltworks/contract/api/states';
import { datasetKey } from '@saltworks/contract/layout';
import { setChannel } from '@saltworks/store/channels';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { routes } from '../../dist/api/app.js';
import { authRoutes, createApiKey } from '../../dist/api/auth.js';
import type { Route } from '../../dist/api/routes.js';
import { findAssignment } from '../../dist/campaigns/assignments/read.js';
import { submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { setMember } from '../../dist/campaigns/members.js';
import { makeCampaign, makeUser } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';
import { makeWorld, type Role, roles, type World } from './world.ts';

/** Every registered route. */
const registered = new Set<string>();
const watch = (message: unknown) => {
  const { fastify } = message as { fastify: FastifyInstance };
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) registered.add(`${each} ${url}`);
  });
};
subscribe('fastify.initialization', watch);
afterAll(() => {
  unsubscribe('fastify.initialization', watch);
});

/** The refusal that a role gets from a route, or undefined if the route admits it. */
function refusal(access: Route['access'], role: Role): 401 | 403 | 404 | undefined {
  if (access === 'public') return undefined;
  if (role === 'nobody') return 401;
  if (access === 'user') return undefined;
  // Every role here uses an API key.
  if (access === 'session') return 403;
  if (access === 'admin') return role === 'admin' ? undefined : 403;
  // An outsider manages another campaign.
  if (access === 'manager') return ['manager', 'outsider', 'admin'].includes(role) ? undefined : 403;
  // To strangers, a campaign does not exist.
  if (role === 'stranger' || role === 'outsider') return 404;
  if ('assignment' in access) {
    if (role === 'colleague') return 404;
    if (access.assignment === 'own') return role === 'annotator' ? undefined : 403;
    return access.assignment === 'review' && role === 'annotator' ? 403 : undefined;
  }
  const [needed] = Object.values(access) as MemberRole[];
  const may = {
    annotator: ['annotator', 'colleague', 'reviewer', 'manager', 'admin'],
    reviewer: ['reviewer', 'manager', 'admin'],
    manager: ['manager', 'admin'],
  }[needed];
  return may.includes(role) ? undefined : 403;
}

const supported = fastify().supportedMethods;
const named = routes.map((route) => [`${route.method} ${route.url}`, route] as const);

describeDatabases('access', ({ open }) => {
  let server: TestServer;
  let world: World;
  beforeAll(async () => {
    const database = await open();
    server = await openServer(database);
    world = await makeWorld(server);
  }, 60_000);
  afterAll(() => server?.close());

  /** A path whose objects exist for every caller; objects that the call would delete are made for it. */
  async function pathOf({ method, url }: Route, role: Role, objects = world.ours): Promise<string> {
    const { db } = server.deps;
    const values: Record<string, string> = { ...objects };
    // Deleted, archived and restored: another campaign of the same members.
    if (/^\/api\/campaigns\/:campaign(\/archive|\/restore)?$/.test(url) && method !== 'GET' && method !== 'PATCH') {
      const members = await db.selectFrom('member').selectAll().where('campaign', '=', objects.campaign).execute();
      values.campaign = (await makeCampaign(db)).id;
      for (const { user_id, role } of members) await setMember(db, values.campaign, user_id, role, 'owner');
      if (url.endsWith('/restore')) {
        const deleted = { deleted: new Date(), goes: new Date(Date.now() + 60_000) };
        await db.updateTable('campaign').set(deleted).where('id', '=', values.campaign).execute();
      }
    }
    // The same of datasets: one that no campaign uses.
    if (/^\/api\/datasets\/:dataset(\/archive|\/restore)?$/.test(url) && method !== 'GET') {
      values.dataset = 'spare';
      const counts = { images: 0, duplicates: 0, shards: 0, bytes: 0 };
      const document = { version: 1, name: 'spare', source: '', ...counts, categories: [], updated: '' };
      await server.deps.store.put(datasetKey('spare'), JSON.stringify(document));
    }
    if (url.includes(':user')) {
      values.user = await makeUser(db);
      if (url.includes('/members/')) await setMember(db, objects.campaign, values.user, 'annotator', 'owner');
    }
    if (url.includes(':key')) {
      const user = role === 'nobody' ? 'admin' : role;
      values.key = (await createApiKey(db, { user, name: 'short' })).id;
    }
    if (url.includes(':invitation')) {
      values.invitation = randomUUID();
      const row = { id: values.invitation, campaign: objects.campaign, hash: randomUUID(), name: 'Course' };
      await db
        .insertInto('invitation')
        .values({ ...row, role: 'annotator', uses: 1, ends: new Date(), made_by: 'owner' })
        .execute();
    }
    if (method === 'DELETE' && url.includes(':webhook')) {
      values.webhook = randomUUID();
      const { topic } = objects;
      const row = { id: values.webhook, topic, url: '', events: '[]', secret: '' };
      await db.insertInto('webhook').values(row).execute();
    }
    if (method === 'DELETE' && url.includes(':schedule')) {
      values.schedule = randomUUID();
      const row = { work: '{}', campaign: objects.campaign, cadence: 'every 1d', timezone: 'UTC' } as const;
      await db
        .insertInto('schedule')
        .values({ id: values.schedule, ...row, overlap: 'skip', created_by: 'owner' })
        .execute();
    }
    if (method === 'DELETE' && url.includes(':filter')) {
      values.filter = randomUUID();
      const row = { kind: 'campaign', name: objects.campaign, filter: values.filter, asked: '{}' } as const;
      await db.insertInto('image_filter').values(row).execute();
    }
    if (url.includes(':upload')) {
      values.upload = randomUUID();
      values.file = '0';
      const row = {
        id: values.upload,
        dataset: values.upload,
        made_by: 'admin',
        state: 'open',
        labels: 'auto',
      } as const;
      await db.insertInto('upload').values(row).execute();
    }
    if (method === 'DELETE' && url.includes(':channel')) {
      values.channel = randomUUID();
      const stands = { backbone: 'tiny', facet: 'key', set: '', by: null } as const;
      await setChannel(server.deps.store, values.channel, stands);
    }
    const path = url.replaceAll(/:(\w+)/g, (_, name) => values[name] ?? expect.fail(`an object for :${name}`));
    if (url.endsWith('/images/:image/mask')) return `${path}?recipe=best`;
    return url.endsWith('/attribution') ? `${path}?x=1&y=1` : path;
  }

  const ask = async (route: Route, role: Role, path: string) =>
    server.call(route.method, path, {
      key: world.keys[role],
      // Wrong for every route: only callers with access are told so.
      body: route.body ? { unexpected: 1 } : undefined,
    });

  test('every route names its access, and nothing else is served', () => {
    for (const { access } of routes) expect(access).toBeDefined();
    const table = routes.map(({ method, url }) => `${method} ${url}`);
    const link = ['/sign-in/link', '/join'].flatMap((path) =>
      ['GET', 'HEAD', 'POST'].map((method) => `${method} ${path}`),
    );
    const probes = ['/healthz', '/metrics', '/readyz'].map((path) => `GET ${path}`);
    const auth = authRoutes.map(([method, path]) => `${method} /api/auth${path}`);
    // Other methods of a known address are refused: `requests.test.ts`.
    const refused = new Set(routes.flatMap(({ url }) => supported.map((method) => `${method} ${url}`)));
    for (const method of supported) refused.add(`${method} /api/openapi.json`);
    for (const each of table) refused.delete(each);
    refused.delete('GET /api/openapi.json');
    const answered = [...registered].filter((each) => !refused.has(each));
    expect(answered.sort()).toEqual([...table, ...auth, ...link, ...probes, 'GET /api/openapi.json'].sort());
    expect(new Set(table).size).toBe(table.length);
  });

  test.each(named)('%s', async (_, route) => {
    const statuses: Record<string, number> = {};
    const expected: Record<string, unknown> = {};
    // Refused roles first: the others may change the objects.
    const order = [...roles].sort((a, b) => (refusal(route.access, b) ?? 0) - (refusal(route.access, a) ?? 0));
    for (const role of order) {
      const answer = await ask(route, role, await pathOf(route, role));
      const refused = refusal(route.access, role);
      statuses[role] = answer.status;
      if (refused !== undefined) {
        expect(Object.keys(answer.body), answer.text).toEqual(['error']);
        expected[role] = refused;
      } else if (route.body) expected[role] = 400;
      else expected[role] = [200, 400, 409, 503].includes(answer.status) ? answer.status : 200;
    }
    expect(statuses).toEqual(expected);
  });

  test('a refused call changes nothing', async () => {
    const { state, n } = await findAssignment(server.deps.db, world.theirs.assignment);
    expect({ state, n }).toEqual({ state: 'leased', n: 0 });
    // Without Temporal.
    expect(
      server.logged.filter(
        (line) => !/Failed to (list workflows|describe workflow|start Workflow|\w+ schedule)$/.test(line),
      ),
    ).toEqual([]);
  });

  const ofObjects = named.filter(
    ([, { url, access }]) =>
      access !== 'admin' && /:(campaign|task|assignment|dataset|subject|topic|schedule)\b/.test(url),
  );
  test.each(ofObjects)('%s of another campaign does not exist for its callers', async (_, route) => {
    for (const role of ['stranger', 'annotator', 'colleague', 'reviewer', 'manager'] as const) {
      const answer = await ask(route, role, await pathOf(route, role, world.theirs));
      expect([role, answer.status]).toEqual([role, 404]);
    }
  });

  test('masks, keys and members of other campaigns do not exist', async () => {
    const { keys, ours, theirs } = world;
    const mask = (objects: typeof ours, mask: string) => `/api/assignments/${objects.assignment}/masks/${mask}`;
    const as = (role: Role) => ({ key: keys[role] });
    expect(await server.call('GET', mask(ours, ours.mask), as('annotator'))).toMatchObject({ status: 200 });
    expect(await server.call('GET', mask(ours, theirs.mask), as('annotator'))).toMatchObject({ status: 404 });
    expect(await server.call('GET', mask(theirs, ours.mask), as('admin'))).toMatchObject({ status: 404 });

    const { id } = await createApiKey(server.deps.db, { user: 'colleague', name: 'mine' });
    expect(await server.call('DELETE', `/api/me/keys/${id}`, as('annotator'))).toMatchObject({ status: 404 });
    expect(await server.call('DELETE', `/api/me/keys/${id}`, as('admin'))).toMatchObject({ status: 404 });

    const member = `/api/campaigns/${ours.campaign}/members/outsider`;
    expect(await server.call('DELETE', member, as('manager'))).toMatchObject({ status: 404 });
    const unknown = `/api/campaigns/${ours.campaign}/members/${randomUUID()}`;
    const body = { role: 'annotator' };
    expect(await server.call('PUT', unknown, { ...as('manager'), body })).toMatchObject({ status: 404 });
    expect(await server.call('PATCH', '/api/users/nobody', { ...as('admin'), body: {} })).toMatchObject({
      status: 404,
    });
  });

  test('annotators see only their own work, reviewers all of it', async () => {
    const { keys, ours } = world;
    const list = (role: Role, query = '') =>
      server.call('GET', `/api/campaigns/${ours.campaign}/assignments${query}`, { key: keys[role] });
    const users = async (role: Role) => new Set((await list(role)).body.map(({ user }: { user: string }) => user));
    expect(await users('colleague')).toEqual(new Set(['colleague']));
    expect((await users('reviewer')).has('annotator')).toBe(true);
    expect(await list('colleague', '?user=annotator')).toMatchObject({ status: 403 });
    expect(await list('reviewer', '?user=annotator')).toMatchObject({ status: 200 });
    expect((await server.call('GET', '/api/campaigns', { key: keys.stranger })).body).toEqual([]);
    const listed = (await server.call('GET', '/api/campaigns', { key: keys.admin })).body as { id: string }[];
    expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining([ours.campaign, world.theirs.campaign]));
    const mine = async (role: Role) => (await server.call('GET', '/api/me', { key: keys[role] })).body.campaigns;
    const named = { id: world.theirs.campaign, name: 'Salt pans' };
    expect(await mine('outsider')).toContainEqual({ ...named, role: 'manager' });
    expect(await mine('reviewer')).toContainEqual({ ...named, id: ours.campaign, role: 'reviewer' });
    expect(await mine('stranger')).toEqual([]);
    // Administrators are managers everywhere.
    expect(await mine('admin')).toEqual(
      expect.arrayContaining([
        { ...named, id: ours.campaign, role: 'manager' },
        { ...named, role: 'manager' },
      ]),
    );
  });

  test('nobody reviews their own work, not even as a reviewer', async () => {
    const { keys, ours } = world;
    const { db } = server.deps;
    const { body } = await server.call('POST', `/api/campaigns/${ours.campaign}/next`, { key: keys.reviewer });
    await submitAssignment(db, body.id, { n: 0, mask: 'm' });
    const review = (key?: string) =>
      server.call('POST', `/api/assignments/${body.id}/review`, { key, body: { verdict: 'accept' } });
    expect(await review(keys.reviewer)).toMatchObject({ status: 403 });
    expect(await review(keys.manager)).toMatchObject({ status: 200 });
  });

  test('a role holds from the moment it is given', async () => {
    const { keys, ours } = world;
    const members = `/api/campaigns/${ours.campaign}/members`;
    const seen = async () => (await server.call('GET', members, { key: keys.colleague })).status;
    const set = (role: string) => server.call('PUT', `${members}/colleague`, { key: keys.manager, body: { role } });
    expect(await seen()).toBe(403);
    expect(await set('manager')).toMatchObject({ status: 200 });
    expect(await seen()).toBe(200);
    await set('annotator');
    expect(await seen()).toBe(403);
    const held = await server.call('POST', `/api/campaigns/${ours.campaign}/next`, { key: keys.colleague });
    expect(await server.call('DELETE', `${members}/colleague`, { key: keys.manager })).toMatchObject({ status: 200 });
    expect(await seen()).toBe(404);
    expect(await findAssignment(server.deps.db, held.body.id)).toMatchObject({ state: 'returned' });
    expect(await server.call('GET', `/api/assignments/${held.body.id}`, { key: keys.colleague })).toMatchObject({
      status: 404,
    });
    await set('annotator');
  });

  test('managers add members by e-mail address; administrators also create their accounts', async () => {
    const { keys, ours } = world;
    const add = (role: Role, email: string) =>
      server.call('POST', `/api/campaigns/${ours.campaign}/members`, {
        key: keys[role],
        body: { email, role: 'reviewer' },
      });
    expect((await add('manager', 'Stranger@Example.org')).body).toEqual({ user: 'stranger' });
    expect(await add('manager', 'new@example.org')).toMatchObject({ status: 404 });
    const made = await add('admin', 'New@example.org');
    expect(made.body).toEqual({
      user: expect.any(String),
      link: expect.stringContaining('/sign-in/link?token='),
    });
    const list = await server.call('GET', `/api/campaigns/${ours.campaign}/members`, { key: keys.manager });
    const reviewer = { email: 'new@example.org', role: 'reviewer', name: 'new', user: made.body.user };
    expect(list.body).toContainEqual(reviewer);
    await server.call('DELETE', `/api/campaigns/${ours.campaign}/members/stranger`, { key: keys.manager });
  });

  test('managers make links for members with no more rights than their own', async () => {
    const { db } = server.deps;
    const { keys, ours, theirs } = world;
    const link = async (user: string, role: Role = 'manager', campaign = ours.campaign) =>
      (await server.call('POST', `/api/campaigns/${campaign}/members/${user}/link`, { key: keys[role] })).status;
    const join = async (user: string, campaign: string, role: MemberRole) =>
      setMember(db, campaign, user, role, 'owner');
    expect([await link('annotator'), await link('reviewer'), await link('manager')]).toEqual([200, 200, 200]);
    for (const role of ['annotator', 'reviewer'] as const) expect(await link('annotator', role)).toBe(403);
    // Strangers, and members of campaigns that they do not manage.
    expect([await link('stranger'), await link('outsider')]).toEqual([404, 404]);
    expect(await link('outsider', 'manager', theirs.campaign)).toBe(404);

    // Accounts made members only to be signed in as: an administrator, a member of another campaign.
    const [root, guest] = [await makeUser(db), await makeUser(db)];
    await db.updateTable('user').set({ role: 'admin' }).where('id', '=', root).execute();
    await join(root, ours.campaign, 'annotator');
    expect([await link(root), await link(root, 'admin')]).toEqual([403, 200]);
    await join(guest, ours.campaign, 'annotator');
    expect(await link(guest)).toBe(200);
    await join(guest, theirs.campaign, 'annotator');
    expect([await link(guest), await link(guest, 'admin')]).toEqual([403, 200]);
    await join('manager', theirs.campaign, 'reviewer');
    expect(await link(guest)).toBe(403);
    await join('manager', theirs.campaign, 'manager');
    expect(await link(guest)).toBe(200);
    await server.call('DELETE', `/api/campaigns/${theirs.campaign}/members/manager`, { key: keys.admin });

    await db.updateTable('user').set({ disabled: true }).where('id', '=', guest).execute();
    expect(await link(guest, 'admin')).toBe(409);
    const made = await db.selectFrom('audit').select('object').where('action', '=', 'user.link').execute();
    expect(made.filter(({ object }) => object === guest)).toHaveLength(3);
    for (const user of [root, guest]) {
      await server.call('DELETE', `/api/campaigns/${ours.campaign}/members/${user}`, { key: keys.admin });
    }
  });
});
