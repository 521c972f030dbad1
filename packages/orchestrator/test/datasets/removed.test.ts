// Images that are taken out of a dataset over the API: refused while somebody works on them, put back, swept when their time has come.
import { createHash } from 'node:crypto';
import { extractReportKey, imageKey } from '@saltworks/contract/layout';
import { readDataset } from '@saltworks/store/datasets/dataset';
import { whileImporting } from '@saltworks/store/datasets/marks';
import { importDataset } from '@saltworks/store/import/import';
import type { Offer } from '@saltworks/store/import/offers';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createCampaign } from '../../dist/campaigns/campaigns.js';
import { extendCampaigns, fillCampaigns } from '../../dist/campaigns/tasks/fill.js';
import { sweepImages } from '../../dist/datasets/removed.js';
import type { Database } from '../../dist/db/database.js';
import { openServer, type TestServer } from '../api/server.ts';
import { makeWorld, type Role, type World } from '../api/world.ts';
import { makeUser } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';

const day = 86_400_000;
const objectOf = (text: string) => imageKey(createHash('sha256').update(text).digest('hex'), '.png');

describeDatabases('images that are taken out of a dataset', ({ open }) => {
  let database: Database;
  let server: TestServer;
  let world: World;
  let store: ObjectStore;
  let name: string;
  let made = 0;
  beforeAll(async () => {
    database = await open();
    server = await openServer(database);
    world = await makeWorld(server);
    store = server.deps.store;
    await makeUser(database.db, 'owner');
  }, 60_000);
  afterAll(() => server?.close());
  beforeEach(async () => {
    // What the test before left behind.
    await swept();
    name = `jars${++made}`;
    await bring();
    await store.put(extractReportKey(name, 'tiny', 0), JSON.stringify({ images: 4, failures: [] }));
  });

  const bring = () => importDataset(store, name, offers(), { source: 'tests' });
  /** Four images, with bytes that no other dataset has. */
  async function* offers(): AsyncGenerator<Offer> {
    for (const i of [1, 2, 3, 4])
      yield { name: `${i}.png`, version: '1', read: async () => new TextEncoder().encode(`${name} ${i}`) };
  }
  const call = (role: Role, method: string, path: string, body?: unknown) =>
    server.call(method, `/api/datasets/${name}${path}`, { key: world.keys[role], body });
  const remove = (...images: number[]) => call('admin', 'POST', '/removed', { images });
  const removed = async () =>
    (
      (await call('admin', 'GET', '/removed')).body as { items: { id: number; name: string; gone: boolean }[] }
    ).items.map(({ id, gone }) => [id, gone]);
  const shown = async () =>
    ((await call('admin', 'GET', '/images')).body as { items: { id: number }[] }).items.map(({ id }) => id);
  const swept = (now = new Date(Date.now() + 31 * day)) => sweepImages({ db: database.db, store }, { now });
  const tasks = async (campaign: string) =>
    (
      await database.db
        .selectFrom('task')
        .select(['image_id', 'former'])
        .where('campaign', '=', campaign)
        .orderBy('image_id')
        .execute()
    ).map(({ image_id, former }) => (former ? -image_id : image_id));

  async function campaignOver(): Promise<string> {
    const id = `over-${name}`;
    const { shards } = await readDataset(store, name);
    const settings = { backbone: 'tiny', preset: 'best', solve: {}, ordering: 'import' } as const;
    const categories = [{ id: 1, name: 'jar', colour: '#ffffff', isthing: true }];
    await createCampaign(
      database.db,
      { id, name: id, dataset: name, ...settings, categories },
      { actor: 'owner', shards },
    );
    await fillCampaigns(database.db, store);
    expect(await tasks(id)).toEqual([1, 2, 3, 4]);
    return id;
  }

  test('are shown to nobody, listed for administrators, and come back', async () => {
    expect((await call('manager', 'POST', '/removed', { images: [1] })).status).toBe(403);
    const { body } = await remove(2, 4);
    expect(body).toEqual({ images: 2, goes: expect.stringMatching(/^\d{4}-/) });
    expect(await shown()).toEqual([1, 3]);
    expect(await removed()).toEqual([
      [2, false],
      [4, false],
    ]);
    const part = (await call('admin', 'GET', '/removed?limit=1')).body as { items: { id: number }[]; next: string };
    expect([part.items.map(({ id }) => id), part.next]).toEqual([[2], '2']);
    expect((await call('admin', 'GET', '/removed?after=2')).body).toMatchObject({ items: [{ id: 4 }], next: null });
    expect((await remove(99)).status).toBe(404);
    expect((await call('admin', 'POST', '/removed/back', { images: [2, 3] })).body).toEqual({ images: 1, gone: 0 });
    expect(await shown()).toEqual([1, 2, 3]);
    const trail = await database.db
      .selectFrom('audit')
      .select('action')
      .where('object', '=', name)
      .orderBy('n')
      .execute();
    expect(trail.map(({ action }) => action)).toEqual(['dataset.images.remove', 'dataset.images.back']);
  });

  test('of a filter all go that fit', async () => {
    expect((await call('admin', 'POST', '/removed', { filter: { name: '3' } })).body).toMatchObject({ images: 1 });
    expect(await shown()).toEqual([1, 2, 4]);
  });

  test('one that an annotator was given stays, and the refusal names the campaign; others leave their campaigns', async () => {
    const id = await campaignOver();
    await database.db
      .updateTable('task')
      .set({ taken: 1 })
      .where('campaign', '=', id)
      .where('image_id', '=', 1)
      .execute();
    expect(await remove(1, 2)).toMatchObject({
      status: 409,
      body: { error: `images that annotators were given (1 in ${id}); expected images that nobody works on` },
    });
    expect(await shown()).toEqual([1, 2, 3, 4]);
    expect((await remove(2)).status).toBe(200);
    await extendCampaigns(database.db, store);
    expect(await tasks(id)).toEqual([1, 3, 4]);
  });

  test('one that was given to somebody while it was taken out keeps its task and its picture', async () => {
    const id = await campaignOver();
    await remove(2);
    await database.db
      .updateTable('task')
      .set({ taken: 1 })
      .where('campaign', '=', id)
      .where('image_id', '=', 2)
      .execute();
    await extendCampaigns(database.db, store);
    expect(await tasks(id)).toEqual([1, -2, 3, 4]);
    expect(await swept()).toBe(0);
    expect(await store.head(objectOf(`${name} 2`))).toBeDefined();
  });

  test('their pictures go when their time has come, not before, and an import leaves their files out', async () => {
    await remove(3);
    expect(await swept(new Date(Date.now() + day))).toBe(0);
    expect(await store.head(objectOf(`${name} 3`))).toBeDefined();
    expect(await swept()).toBe(1);
    expect(await swept()).toBe(0);
    expect(await store.head(objectOf(`${name} 3`))).toBeUndefined();
    expect(await store.head(objectOf(`${name} 2`))).toBeDefined();
    expect(await removed()).toEqual([[3, true]]);
    expect((await bring()).left).toMatchObject({ removed: 1 });
    expect((await call('admin', 'POST', '/removed/back', { images: [3] })).body).toEqual({ images: 0, gone: 1 });
    expect(await bring()).toMatchObject({ added: 1 });
    expect(await shown()).toEqual([1, 2, 3, 4]);
    expect(await store.head(objectOf(`${name} 3`))).toBeDefined();
  });

  test('nothing is taken out while files are imported', async () => {
    await whileImporting(store, async () => {
      expect(await remove(1)).toMatchObject({ status: 409, body: { error: expect.stringMatching(/just now/) } });
    });
    expect((await remove(1)).status).toBe(200);
  });
});
