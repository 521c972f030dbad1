/** Filters of images over the API: asked, saved, fixed as lists, and tags, of a dataset and of a campaign over it. */
import type { Selection } from '@saltworks/contract/api/filters';
import { encodeLines } from '@saltworks/contract/documents/document';
import { datasetKey, extractReportKey, maskKey, maskReportKey, shardKey } from '@saltworks/contract/layout';
import { findSelection } from '@saltworks/store/datasets/selections';
import { putCurrent, writeNext } from '@saltworks/store/prelabels/prelabels';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillCampaigns } from '../../dist/campaigns/tasks/fill.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import { makeCampaign } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';
import { maskText } from '../stored.ts';
import { openServer, type TestServer } from './server.ts';

const hash = (i: number) => i.toString(16).padStart(64, '0');
const backbone = 'dinov2-small-focus';
const last = 40;
const all = Array.from({ length: last }, (_, i) => i + 1);
const sizes = [16, 16, 8];
/** Every other image has a mask, of a heap; the later, the less certain. */
const masked = (i: number) => i % 2 === 0;

describeDatabases('filters of images', ({ open }) => {
  let server: TestServer;
  let admin: string;
  let reviewer: string;
  let manager: string;
  let annotator: string;

  beforeAll(async () => {
    server = await openServer(await open());
    const { db, store } = server.deps;
    admin = await server.key('admin', 'admin');
    [reviewer, manager, annotator] = [
      await server.key('reviewer'),
      await server.key('manager'),
      await server.key('ann'),
    ];
    await server.key('bob');
    const categories = [{ id: 1, name: 'heap', colour: '#0072b2', isthing: true }];
    const members = { reviewer: ['reviewer'], manager: ['manager'], annotator: ['ann', 'bob'] };
    const salt = await makeCampaign(db, { id: 'salt', dataset: 'pans', images: last, members, categories });
    await makeCampaign(db, {
      id: 'secret',
      dataset: 'pans',
      images: last,
      members: { annotator: ['bob'] },
      categories,
    });
    const dataset = { version: 1, source: 'x', duplicates: 0, categories: [], updated: '2026-01-01T00:00:00.000Z' };
    const described = { ...dataset, name: 'pans', images: last, bytes: 400, shards: sizes.length };
    await store.put(datasetKey('pans'), JSON.stringify(described));
    let id = 0;
    for (const [shard, size] of sizes.entries()) {
      const images = Array.from({ length: size }, () => {
        id++;
        return { id, sha256: hash(id), name: `${id}.png`, object: `o${id}`, bytes: 10, version: '1' };
      });
      await store.put(shardKey('pans', shard), encodeLines(images));
      await store.put(extractReportKey('pans', backbone, shard), JSON.stringify({ images: size, failures: [] }));
      const masks = images.filter(({ id }) => masked(id)).map((image) => ({ ...image, mask: hash(1000 + image.id) }));
      const report = { images: size, failures: [], categories: [{ id: 1, name: 'heap', isthing: 1 }], masks };
      await store.put(maskReportKey('pans', 'best', shard), JSON.stringify(report));
      for (const { id } of masks) {
        const segments_info = [{ id: 1, category_id: 1, area: 1, bbox: [0, 0, 1, 1], iscrowd: 0 }] as const;
        const document = { segments_info: [...segments_info].map((each) => ({ ...each, bbox: [...each.bbox] })) };
        await store.put(
          maskKey(hash(1000 + id), '.json'),
          maskText({
            ...(document as object),
            categories: [{ id: 1, name: 'heap', isthing: 1 }],
            uncertainty: id / 100,
          }),
        );
      }
    }
    // ann has image 1, of November 3; bob image 2, of November 5; in the other campaign bob has image 1.
    const held = async (campaign: typeof salt, user: string, at: string) => {
      const assignment = await takeTask(db, campaign, user, { chance: 1 });
      await db.updateTable('assignment').set({ updated: at }).where('id', '=', assignment!).execute();
    };
    await held(salt, 'ann', '2026-11-03T23:59:59.999Z');
    await held(salt, 'bob', '2026-11-05T00:00:00Z');
    await held({ ...salt, id: 'secret' }, 'bob', '2026-11-09T00:00:00Z');
  }, 60_000);
  afterAll(() => server?.close());

  const ask = (method: string, path: string, body?: unknown, key = manager) => server.call(method, path, { key, body });

  async function found(path: string, numberOf: (item: never) => number, key = manager): Promise<number[]> {
    const numbers: number[] = [];
    for (let after = ''; ; ) {
      const { status, body, text } = await ask('GET', `${path}&limit=7${after}`, undefined, key);
      expect(status, text).toBe(200);
      numbers.push(...body.items.map(numberOf));
      if (body.next === null) return numbers;
      after = `&after=${body.next}`;
    }
  }
  const inDataset = (query: string, key = manager) =>
    found(`/api/datasets/pans/images?${query}`, ({ id }: { id: number }) => id, key);
  const inCampaign = (query: string) =>
    found(`/api/campaigns/salt/tasks?${query}`, ({ image }: { image: { id: number } }) => image.id);
  async function count(path: string): Promise<number> {
    let images = 0;
    for (let after = ''; ; ) {
      const { body } = await ask('GET', `${path}${after}`);
      images += body.images;
      if (body.next === null) return images;
      after = `&after=${body.next}`;
    }
  }

  test.each<[string, number[]]>([
    ['recipe=best&uncertain=0.3', all.filter((i) => masked(i) && i >= 30)],
    ['recipe=best&category=heap&name=2.PNG', [2, 12, 22, 32]],
    ['annotator=ann', [1]],
    // A campaign that the caller does not review tells nothing.
    ['annotator=bob', [2]],
    ['since=2026-11-01', [1, 2]],
    ['since=2026-11-04', [2]],
    ['until=2026-11-03', [1]],
    ['since=2026-11-04&until=2026-11-04', []],
    ['annotator=nobody', []],
    ['annotator=bob&recipe=best&state=masked', [2]],
  ])('of a dataset: %s', async (query, expected) => {
    expect(await inDataset(query)).toEqual(expected);
    // What masks show is read once; then the database says it.
    expect(await inDataset(query)).toEqual(expected);
    expect(await count(`/api/datasets/pans/images/count?${query}`)).toBe(expected.length);
  });

  test('administrators see the work of all campaigns', async () => {
    expect(await inDataset('annotator=bob', admin)).toEqual([1, 2]);
    expect(await inDataset('since=2026-11-09', admin)).toEqual([1]);
  });

  test.each<[string, number[]]>([
    ['', all],
    ['name=3', all.filter((i) => `${i}`.includes('3'))],
    ['annotator=ann', [1]],
    ['annotator=bob&since=2026-11-05', [2]],
    ['annotator=bob&until=2026-11-04', []],
    ['since=2026-11-05&until=2026-11-05', [2]],
    ['work=begun&name=1', [1]],
    ['work=none&name=1', all.filter((i) => i > 2 && `${i}`.includes('1'))],
  ])('of a campaign: %s', async (query, expected) => {
    expect(await inCampaign(query)).toEqual(expected);
    expect(await count(`/api/campaigns/salt/tasks/count?${query}`)).toBe(expected.length);
  });

  test('are refused where they ask what cannot be', async () => {
    for (const query of ['since=2026-13-01', 'since=yesterday', 'uncertain=2', 'annotator=a%20b', 'tag=%0a']) {
      expect([query, (await ask('GET', `/api/datasets/pans/images?${query}`)).status]).toEqual([query, 400]);
      expect([query, (await ask('GET', `/api/campaigns/salt/tasks?${query}`)).status]).toEqual([query, 400]);
    }
    const work = await ask('PUT', '/api/filters/dataset:pans/done', { work: 'none' });
    expect(work).toMatchObject({ status: 409, body: { error: expect.stringContaining('work') } });
    const state = await ask('PUT', '/api/filters/campaign:salt/done', { state: 'masked' });
    expect(state).toMatchObject({ status: 409, body: { error: expect.stringContaining('state') } });
    for (const body of [{ since: 'x' }, { unknown: 1 }, [], 'x', { name: '' }]) {
      expect((await ask('PUT', '/api/filters/dataset:pans/odd', body)).status).toBe(400);
    }
    expect((await ask('PUT', '/api/filters/dataset:nowhere/odd', {}, admin)).status).toBe(404);
  });

  test('find tags, which a dataset and its campaigns share', async () => {
    const night = { tag: 'night 🧂', set: true };
    const set = await ask('POST', '/api/tags/dataset:pans', { ...night, images: [3, 5, 3, 20] }, reviewer);
    expect(set).toMatchObject({ status: 200, body: { images: 3 } });
    expect(await ask('POST', '/api/tags/dataset:pans', { ...night, images: [3] })).toMatchObject({
      body: { images: 0 },
    });
    const tag = encodeURIComponent(night.tag);
    expect(await inDataset(`tag=${tag}`)).toEqual([3, 5, 20]);
    expect(await inCampaign(`tag=${tag}`)).toEqual([3, 5, 20]);
    expect(await count(`/api/campaigns/salt/tasks/count?tag=${tag}&name=3`)).toBe(1);
    const { body: page } = await ask('GET', '/api/datasets/pans/images?limit=3');
    expect(page.items.map(({ tags }: { tags?: string[] }) => tags)).toEqual([undefined, undefined, [night.tag]]);
    const { body: tasks } = await ask('GET', '/api/campaigns/salt/tasks?limit=3');
    expect(tasks.items[2].tags).toEqual([night.tag]);
    // All that fit a filter.
    const taken = { tag: night.tag, set: false, filter: { name: '5' } };
    expect(await ask('POST', '/api/tags/campaign:salt', taken)).toMatchObject({ body: { images: 1 } });
    const many = { tag: 'all', set: true, filter: {} };
    expect(await ask('POST', '/api/tags/dataset:pans', many)).toMatchObject({ body: { images: last } });
    expect((await ask('GET', '/api/tags/campaign:salt')).body).toEqual([
      { tag: 'all', images: last },
      { tag: night.tag, images: 2 },
    ]);
    expect((await ask('GET', '/api/tags/dataset:pans')).body).toHaveLength(2);
    const entries = await server.deps.db
      .selectFrom('audit')
      .select(['actor', 'object', 'detail'])
      .where('action', 'in', ['tag.set', 'tag.remove'])
      .orderBy('n')
      .execute();
    expect(entries).toHaveLength(4);
    expect(entries[0]).toMatchObject({ actor: 'reviewer', object: 'dataset:pans', detail: { changed: 3 } });
    for (const body of [
      night,
      { ...night, images: [1], filter: {} },
      { ...night, images: [0] },
      { ...night, images: [] },
      { ...night, tag: 'a\nb', images: [1] },
    ]) {
      expect([body, (await ask('POST', '/api/tags/dataset:pans', body)).status]).toEqual([body, 400]);
    }
    for (const of of ['campaign:salt', 'dataset:pans']) {
      expect((await ask('POST', `/api/tags/${of}`, { ...night, images: [41] })).status).toBe(404);
    }
    expect((await ask('POST', '/api/tags/dataset:pans', { ...night, filter: { work: 'none' } })).status).toBe(409);
    expect((await ask('POST', '/api/tags/campaign:salt', night, annotator)).status).toBe(403);
  });

  test('are saved, and replaced, and removed', async () => {
    const asked = { uncertain: 0.3, recipe: 'best' };
    for (const body of [{ name: 'x' }, asked]) {
      expect((await ask('PUT', '/api/filters/dataset:pans/unsure', body, reviewer)).status).toBe(200);
    }
    expect((await ask('PUT', '/api/filters/campaign:salt/anns', { annotator: 'ann' })).status).toBe(200);
    const { body } = await ask('GET', '/api/filters/dataset:pans');
    expect(body).toEqual([{ name: 'unsure', filter: asked, by: 'reviewer', made: expect.any(String) }]);
    expect((await ask('GET', '/api/filters/campaign:salt')).body).toMatchObject([{ name: 'anns' }]);
    await ask('PUT', '/api/filters/dataset:pans/passing', {});
    expect((await ask('DELETE', '/api/filters/dataset:pans/passing')).status).toBe(200);
    expect((await ask('DELETE', '/api/filters/dataset:pans/passing')).status).toBe(404);
    expect((await ask('POST', '/api/filters/dataset:pans/passing/selection')).status).toBe(404);
  });

  test('become a campaign of the images that fit at that moment', async () => {
    await ask('PUT', '/api/filters/dataset:pans/unsure', { uncertain: 0.3, recipe: 'best' });
    expect((await ask('POST', '/api/filters/dataset:pans/unsure/selection', undefined, reviewer)).status).toBe(403);
    const { body: selection } = await ask('POST', '/api/filters/dataset:pans/unsure/selection');
    expect(selection).toMatchObject({ dataset: 'pans', images: 6, filter: 'unsure' });
    const { id } = selection as Selection;
    // The same images, found by the same filter: the same list.
    expect((await ask('POST', '/api/filters/dataset:pans/unsure/selection')).body.id).toBe(id);
    const stored = await findSelection(server.deps.store, 'pans', id);
    expect(stored).toMatchObject({
      images: [30, 32, 34, 36, 38, 40],
      filter: { asked: { uncertain: 0.3, recipe: 'best' } },
    });
    const { db, store } = server.deps;
    const chosen = await makeSelected('chosen', id);
    expect(chosen).toMatchObject({ status: 200, body: { selection: { id, filter: 'unsure', images: 6 } } });
    await ask('PUT', '/api/filters/dataset:pans/unsure', {});
    await fillCampaigns(db, store);
    const tasks = await ask('GET', '/api/campaigns/chosen/tasks', undefined, admin);
    const numbers = tasks.body.items.map(({ image }: { image: { id: number } }) => image.id);
    expect(numbers).toEqual([30, 32, 34, 36, 38, 40]);
    expect(await makeSelected('other', '0123456789abcdef')).toMatchObject({ status: 404 });
    await ask('PUT', '/api/filters/dataset:pans/nothing', { name: 'pony' });
    expect((await ask('POST', '/api/filters/dataset:pans/nothing/selection')).status).toBe(409);
    for (const path of ['/api/campaigns/salt/exports', '/api/datasets/pans/exports']) {
      const body = {
        format: 'voc',
        selection: '0123456789abcdef',
        ...(path.includes('datasets') && { recipe: 'best' }),
      };
      expect([path, (await ask('POST', path, body)).status]).toEqual([path, 404]);
    }
  });

  const makeSelected = (id: string, selection: string) =>
    ask(
      'POST',
      '/api/campaigns',
      {
        ...{ id, name: id, dataset: 'pans', backbone, selection },
        categories: [{ id: 1, name: 'heap', colour: '#0072b2', isthing: true }],
      },
      admin,
    );

  test("put a campaign's images first, in every list of them", async () => {
    await ask('PUT', '/api/filters/campaign:salt/thirties', { name: '3' });
    const thirties = all.filter((i) => `${i}`.includes('3'));
    const first = await ask('POST', '/api/campaigns/salt/first', { filter: 'thirties' });
    expect(first).toMatchObject({ status: 200, body: { images: thirties.length } });
    const order = [...thirties, ...all.filter((i) => !thirties.includes(i))];
    expect(await inCampaign('')).toEqual(order);
    expect(await inCampaign('work=none')).toEqual(order.filter((i) => i > 2));
    const later = await ask('POST', '/api/campaigns/salt/first', { filter: 'anns' });
    expect(later).toMatchObject({ body: { images: 1 } });
    expect(await inCampaign('')).toEqual([1, ...order.filter((i) => i !== 1)]);
    expect(await inCampaign('work=begun')).toEqual([1, 2]);
    expect((await ask('POST', '/api/campaigns/salt/first', { filter: 'none' })).status).toBe(404);
    expect((await ask('POST', '/api/campaigns/salt/first', { filter: 'anns' }, reviewer)).status).toBe(403);
  });

  test('put first what the pre-labels say would teach most, but not what somebody has or the campaign lacks', async () => {
    const learn = () => ask('POST', '/api/campaigns/salt/first', { order: 'learn' });
    expect(await learn()).toMatchObject({
      status: 400,
      body: { error: 'pans has no pre-labels; expected some (saltworks prelabel pans)' },
    });
    const before = await inCampaign('');
    const images = [30, 1, 4, 9_999].map((id) => ({ id, sha256: `${id}`, name: `${id}.png`, left: 0.5 }));
    const model = '0123456789abcdef';
    const { id: next } = await writeNext(server.deps.store, {
      dataset: 'pans',
      model,
      waiting: model,
      considered: 40,
      images,
    });
    await putCurrent(server.deps.store, 'pans', { plan: model, model, next });
    expect(await learn()).toMatchObject({ status: 200, body: { images: 2 } });
    expect(await inCampaign('')).toEqual([30, 4, ...before.filter((i) => i !== 30 && i !== 4)]);
    expect(await learn()).toMatchObject({ status: 200, body: { images: 2 } });
    expect((await inCampaign('')).slice(0, 2)).toEqual([30, 4]);
    expect((await ask('POST', '/api/campaigns/salt/first', { order: 'other' })).status).toBe(400);
  });
});
