// Campaigns in the archive, and deleted ones: hidden, read-only, restored, swept with all that nothing else refers to.
import { maskKey } from '@saltworks/contract/layout';
import { keepStrokes } from '@saltworks/store/builds/strokes';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { verifyAudit } from '../../dist/accounts/audit.js';
import { findAssignment } from '../../dist/campaigns/assignments/read.js';
import { sweepCampaigns } from '../../dist/campaigns/sweep.js';
import type { Database } from '../../dist/db/database.js';
import { openServer, type TestServer } from '../api/server.ts';
import { makeWorld, type Role, type World } from '../api/world.ts';
import { describeDatabases } from '../databases.ts';

const day = 86_400_000;

describeDatabases('campaigns that are put away', ({ open }) => {
  let database: Database;
  let server: TestServer;
  let world: World;
  beforeAll(async () => {
    database = await open();
    server = await openServer(database);
    world = await makeWorld(server);
  }, 60_000);
  afterAll(() => server?.close());
  beforeEach(async () => {
    await database.db.updateTable('campaign').set({ archived: null, deleted: null, goes: null }).execute();
  });

  const call = (role: Role, method: string, path: string, body?: unknown) =>
    server.call(method, `/api${path}`, { key: world.keys[role], body });
  const at = () => `/campaigns/${world.ours.campaign}`;
  const listed = async (role: Role, show = 'current') =>
    ((await call(role, 'GET', `/campaigns?show=${show}`)).body as { id: string }[]).map(({ id }) => id);
  const stroke = {
    client: 'window-1',
    interactions: [{ seq: 1, interaction: { kind: 'segment', id: 1, category: 1 } }],
  };
  const swept = (now: Date, running = false) =>
    sweepCampaigns(
      {
        ...{ db: database.db, store: server.deps.store, client: server.deps.client },
        runs: { list: async () => (running ? ([{ state: 'running' }] as never) : []) },
      },
      now,
    );

  test('the archive hides a campaign and lets nobody change it; out of it, it is as it was', async () => {
    const { ours } = world;
    expect((await call('reviewer', 'POST', `${at()}/archive`)).status).toBe(403);
    expect((await call('manager', 'POST', `${at()}/archive`)).body.archived).toEqual(expect.any(String));
    expect(await listed('annotator')).toEqual([]);
    expect(await listed('annotator', 'archived')).toEqual([ours.campaign]);
    expect((await call('annotator', 'GET', '/me/work')).body).toEqual([]);
    // What was held is given back, with what is drawn.
    expect(await findAssignment(database.db, ours.assignment)).toMatchObject({ state: 'returned' });
    for (const path of [at(), `${at()}/progress`, `/assignments/${ours.assignment}`, `/builds/${ours.subject}`])
      expect([path, (await call('manager', 'GET', path)).status]).toEqual([path, 200]);
    const changes: [Role, string, string, unknown?][] = [
      ['annotator', 'POST', `${at()}/next`],
      ['manager', 'PATCH', at(), { name: 'Other' }],
      ['manager', 'POST', `${at()}/members`, { email: 'stranger@example.org', role: 'annotator' }],
      ['annotator', 'POST', `/assignments/${ours.assignment}/interactions`, stroke],
      ['annotator', 'POST', `/assignments/${ours.assignment}/reopen`],
      ['manager', 'POST', `/tasks/${ours.task}/consensus`, { weights: 'equal' }],
      ['manager', 'POST', `/builds/${ours.subject}/rollback`, {}],
      ['manager', 'DELETE', `/schedules/${ours.schedule}`],
      ['manager', 'DELETE', `/topics/${ours.topic}/webhooks/${ours.webhook}`],
    ];
    for (const [role, method, path, body] of changes) {
      const { status, text } = await call(role, method, path, body);
      expect([path, status, text]).toEqual([path, 409, expect.stringContaining('is archived; expected it')]);
    }
    expect((await call('manager', 'DELETE', `${at()}/archive`)).body.archived).toBeNull();
    expect(await listed('annotator')).toEqual([ours.campaign]);
    expect((await call('annotator', 'POST', `${at()}/next`)).body.id).toBe(ours.assignment);
    expect((await verifyAudit(database.db)).broken).toBeUndefined();
  });

  test('one that is deleted is there for nobody until it is restored; then nothing is lost', async () => {
    const { ours } = world;
    await call('annotator', 'POST', `${at()}/next`);
    const sent = await call('annotator', 'POST', `/assignments/${ours.assignment}/interactions`, stroke);
    expect([200, 503]).toContain(sent.status);
    const drawn = () => findAssignment(database.db, ours.assignment).then(({ n }) => n);
    const before = await drawn();
    expect(before).toBe(1);
    expect((await call('reviewer', 'DELETE', at())).status).toBe(403);
    expect((await call('manager', 'DELETE', `${at()}?now=true`)).status).toBe(403);
    const { goes } = (await call('manager', 'DELETE', at())).body;
    expect(Math.abs(Date.parse(goes) - Date.now() - 30 * day)).toBeLessThan(60_000);
    for (const path of [
      ...[at(), `${at()}/progress`, `/assignments/${ours.assignment}`, `/builds/${ours.subject}`],
      ...[`/topics/${ours.topic}/webhooks`, `/schedules/${ours.schedule}/firings`],
    ])
      expect([path, (await call('manager', 'GET', path)).status]).toEqual([path, 404]);
    expect((await call('annotator', 'POST', `/assignments/${ours.assignment}/interactions`, stroke)).status).toBe(404);
    expect((await call('annotator', 'GET', '/me')).body.campaigns).toEqual([]);
    for (const role of ['annotator', 'manager', 'admin'] as const)
      expect(await listed(role)).not.toContain(ours.campaign);
    expect(await listed('annotator', 'deleted')).toEqual([]);
    expect(await listed('manager', 'deleted')).toEqual([ours.campaign]);
    // Its masks, too, whoever asks for those of its dataset.
    expect((await call('manager', 'GET', `/datasets/${ours.dataset}`)).status).toBe(404);
    const images = `/datasets/${ours.dataset}/images?recipe=campaign-${ours.campaign}.${ours.build}`;
    expect((await call('admin', 'GET', images)).status).toBe(404);
    expect(await swept(new Date(Date.now() + 29 * day))).toEqual([]);
    expect((await call('annotator', 'POST', `${at()}/restore`)).status).toBe(403);
    expect((await call('manager', 'POST', `${at()}/restore`)).body).toMatchObject({ deleted: null });
    expect(await drawn()).toBe(before);
    expect((await call('annotator', 'POST', `${at()}/next`)).body).toMatchObject({ id: ours.assignment });
  });

  test('after its grace period it goes, with what nothing else refers to; the audit trail and all else stay', async () => {
    const { ours, theirs } = world;
    const { store, db } = server.deps;
    const shared = 'c'.repeat(64);
    await store.put(maskKey(shared, '.png'), 'shared');
    for (const { task } of [ours, theirs]) {
      const row = { task, mask: shared, build: `shared-${task}`, drawn: '' };
      await db.insertInto('build_mask').values(row).execute();
    }
    await store.put(`drawings/${ours.assignment}/000000001.json`, '{}');
    await store.put(`drawings/${theirs.assignment}/000000001.json`, '{}');
    // Handed in, and in no set of masks.
    const own = 'd'.repeat(64);
    for (const ending of ['.png', '.json'] as const) await store.put(maskKey(own, ending), '{}');
    await db.updateTable('assignment').set({ mask: own }).where('id', '=', ours.assignment).execute();
    const loose = await keepStrokes(store, 'of nobody', '.json');
    const keysOf = async () => {
      const keys: string[] = [];
      for await (const { key } of store.list('')) keys.push(key);
      return keys;
    };
    const before = await keysOf();
    const rows = async () => {
      const count = async (
        table: 'assignment' | 'interaction' | 'event' | 'task' | 'build' | 'promotion' | 'schedule',
      ) =>
        Number(
          (
            await db
              .selectFrom(table)
              .select((eb) => eb.fn.countAll().as('n'))
              .executeTakeFirstOrThrow()
          ).n,
        );
      const tables = ['assignment', 'interaction', 'event', 'task', 'build', 'promotion', 'schedule'] as const;
      return Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await count(table)])));
    };
    await call('admin', 'DELETE', `${at()}?now=true`);
    const all = await rows();
    expect((await call('manager', 'POST', `${at()}/restore`)).status).toBe(409);
    // Not while something is under way over its dataset.
    expect(await swept(new Date(), true)).toEqual([]);
    expect(await rows()).toEqual(all);
    expect(await swept(new Date(Date.now() + 1000))).toEqual([ours.campaign]);
    expect(await swept(new Date(Date.now() + 1000))).toEqual([]);
    const after = await keysOf();
    const gone = before.filter((key) => !after.includes(key));
    const named = new RegExp(`${ours.campaign}|${own}|drawings/${ours.assignment}/`);
    expect(after.filter((key) => named.test(key))).toEqual([]);
    expect(gone).toEqual(expect.arrayContaining([maskKey(own, '.png'), maskKey(own, '.json')]));
    // The dataset's masks name it, too.
    expect(after).toContain(maskKey(ours.mask, '.png'));
    for (const key of gone)
      expect(key).not.toMatch(new RegExp(`${theirs.campaign}|${theirs.mask}|${theirs.assignment}`));
    expect(after).toEqual(
      expect.arrayContaining([maskKey(shared, '.png'), `strokes/${loose.slice(0, 2)}/${loose}.json`]),
    );
    expect(after).toContain(`drawings/${theirs.assignment}/000000001.json`);
    // Images and their keys are the dataset's.
    for (const key of gone) expect(key).not.toMatch(/^(images|keys|views|catalog|datasets\/[^/]+\/images)\//);
    expect(await db.selectFrom('campaign').select('id').execute()).toEqual([{ id: theirs.campaign }]);
    const left = await rows();
    expect(left).toMatchObject({ task: 3, build: 1, promotion: 1, schedule: 1 });
    expect(left.interaction).toBe(0);
    expect((await verifyAudit(db)).broken).toBeUndefined();
    const told = await db.selectFrom('audit').select('action').where('object', '=', ours.campaign).execute();
    expect(told.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['campaign.archive', 'campaign.delete', 'campaign.restore', 'campaign.sweep']),
    );
    expect((await call('admin', 'GET', at())).status).toBe(404);
    for (const path of [`/campaigns/${theirs.campaign}/progress`, `/builds/${theirs.subject}/${theirs.build}`])
      expect([path, (await call('outsider', 'GET', path)).status]).toEqual([path, 200]);
  });

  test('rows that are only added to are removed by nothing but the sweep', async () => {
    const { db } = server.deps;
    for (const table of ['interaction', 'event', 'promotion', 'audit'] as const)
      await expect(db.deleteFrom(table).execute()).rejects.toThrow('append-only');
  });
});
