/** Datasets over the API, on a store in the state that imports, runs and exports leave. */
import type { Page } from '@saltworks/contract/api/fields';
import type { DatasetFailure, DatasetImageInfo, MaskSet } from '@saltworks/contract/api/mask-sets';
import type { Category } from '@saltworks/contract/categories';
import { encodeLines } from '@saltworks/contract/documents/document';
import type { SegmentInfo } from '@saltworks/contract/documents/masks';
import {
  datasetKey,
  exportFileKey,
  exportSummaryKey,
  extractReportKey,
  maskKey,
  maskReportKey,
  shardKey,
  thumbnailKey,
} from '@saltworks/contract/layout';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unzipTexts } from '../../../../scripts/unzip.mjs';
import { makeCampaign } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';
import { maskText } from '../stored.ts';
import { openServer, type TestServer } from './server.ts';

const hash = (i: number) => i.toString(16).padStart(64, '0');
/** Numbers of the first image of each shard, and the end: shards of imports that were not full. */
const shards = [1, 3, 4, 20, 36, 41];
const last = 40;
const failed = 7;
/** An image's mask: every third has one, of a cat or, from image 20 on, of a dog; later ones are surer. */
const masked = (i: number) => i % 3 === 0;
const categoryOf = (i: number) => (i < 20 ? 'cat' : 'dog');
const uncertaintyOf = (i: number) => (100 - i) / 100;

describeDatabases('datasets', ({ open }) => {
  let server: TestServer;
  let admin: string;
  let reviewer: string;
  let manager: string;

  beforeAll(async () => {
    server = await openServer(await open());
    const { db, store } = server.deps;
    admin = await server.key('admin', 'admin');
    [reviewer, manager] = [await server.key('reviewer'), await server.key('manager')];
    await server.key('annotator');
    const members = { reviewer: ['reviewer'], manager: ['manager'], annotator: ['annotator'] };
    const categories = [{ id: 1, name: 'dog', colour: '#0072b2', isthing: true }];
    await makeCampaign(db, { id: 'salt', dataset: 'salt.pans', members, categories });
    await makeCampaign(db, { id: 'others', dataset: 'salt.pans' });
    await makeCampaign(db, { id: 'ponds', dataset: 'ponds', members: { annotator: ['reviewer'] } });

    const dataset = { version: 1, source: 'x', duplicates: 0, categories: [], updated: '2026-01-01T00:00:00.000Z' };
    await store.put(
      datasetKey('salt.pans'),
      JSON.stringify({ ...dataset, name: 'salt.pans', images: last, bytes: 400, shards: shards.length - 1 }),
    );
    await store.put(datasetKey('ponds'), JSON.stringify({ ...dataset, name: 'ponds', images: 0, bytes: 0, shards: 0 }));
    for (let shard = 0; shard + 1 < shards.length; shard++) {
      const ids = Array.from({ length: shards[shard + 1] - shards[shard] }, (_, i) => shards[shard] + i);
      const images = ids.map((i) => ({
        id: i,
        sha256: hash(i),
        name: `${i}.png`,
        object: `o${i}`,
        bytes: 10,
        version: '1',
      }));
      await store.put(shardKey('salt.pans', shard), encodeLines(images));
      const masks = ids.filter(masked).map((i) => ({ id: i, sha256: hash(i), name: `${i}.png`, mask: hash(1000 + i) }));
      const failures = ids
        .filter((i) => i === failed)
        .map((i) => ({ sha256: hash(i), name: `${i}.png`, reason: 'torn', permanent: true }));
      const categories = [...new Set(ids.filter(masked).map(categoryOf))].map((name, i) => ({
        id: i + 1,
        name,
        isthing: 1,
      }));
      await store.put(
        maskReportKey('salt.pans', 'best', shard),
        JSON.stringify({ images: ids.length, failures, categories, masks }),
      );
      await store.put(extractReportKey('salt.pans', 'tiny', shard), JSON.stringify({ images: ids.length, failures }));
      for (const i of ids.filter(masked)) {
        const segments_info: SegmentInfo[] = [{ id: 1, category_id: 2, area: 1, bbox: [0, 0, 1, 1], iscrowd: 0 }];
        const known: Category[] = [
          { id: 1, name: 'unused', isthing: 1 },
          { id: 2, name: categoryOf(i), isthing: 1 },
        ];
        const document = maskText({ segments_info, categories: known, uncertainty: uncertaintyOf(i) });
        await store.put(maskKey(hash(1000 + i), '.json'), document);
        await store.put(maskKey(hash(1000 + i), '.png'), `mask ${i}`);
      }
    }
    await store.put(
      maskReportKey('salt.pans', 'campaign-salt', 0),
      JSON.stringify({ images: 0, failures: [], masks: [], categories: [] }),
    );
    await store.put(thumbnailKey(hash(37)), 'small 37');
  }, 60_000);
  afterAll(() => server?.close());

  const get = (path: string, key = reviewer) => server.call('GET', `/api/datasets${path}`, { key });

  test('are listed for their reviewers and managers', async () => {
    const names = async (key: string) => (await get('', key)).body.map(({ name }: { name: string }) => name);
    expect(await names(admin)).toEqual(['ponds', 'salt.pans']);
    expect(await names(reviewer)).toEqual(['salt.pans']);
    expect(await names(await server.key('annotator'))).toEqual([]);
    expect(await get('/ponds')).toMatchObject({ status: 403 });
    expect(await get('/ponds', manager)).toMatchObject({ status: 404 });
    expect(await get('/nowhere', admin)).toMatchObject({ status: 404 });
  });

  test('list their keys, mask sets and campaigns', async () => {
    const { body } = await get('/salt.pans');
    expect(body).toMatchObject({ name: 'salt.pans', images: last, bytes: 400, keys: ['tiny'] });
    expect(body.recipes).toEqual(['best', 'campaign-salt']);
    const [best] = body.masks.filter(({ recipe }: MaskSet) => recipe === 'best');
    expect(best).toMatchObject({
      preset: null,
      backbone: null,
      campaign: null,
      made: expect.stringMatching(/^\d{4}-/),
    });
    const [salt] = body.masks.filter(({ recipe }: MaskSet) => recipe === 'campaign-salt');
    expect(salt).toMatchObject({ preset: 'best', backbone: 'tiny', campaign: { id: 'salt', name: 'Salt pans' } });
    // A category has its campaign's colour; others get free colours.
    expect(salt.classes).toEqual([{ name: 'dog', colour: '#0072b2' }]);
    expect(best.classes).toEqual([
      { name: 'dog', colour: '#0072b2' },
      { name: 'cat', colour: '#e69f00' },
    ]);
    // A class that was renamed keeps its colour, under the name that masks have.
    const { db } = server.deps;
    const dogs = db.updateTable('category').where('campaign', '=', 'salt').where('colour', '=', '#0072b2');
    await dogs.set({ name: 'hound', stored: 'dog' }).execute();
    const renamed: MaskSet[] = (await get('/salt.pans')).body.masks;
    const hound = { name: 'dog', colour: '#0072b2', called: 'hound' };
    expect(renamed.find(({ recipe }) => recipe === 'campaign-salt')?.classes).toEqual([hound]);
    expect(renamed.find(({ recipe }) => recipe === 'best')?.classes[0]).toEqual(hound);
    await dogs.set({ name: 'dog', stored: null }).execute();
    // Only campaigns that the reader is a member of.
    expect(body.campaigns).toEqual([{ id: 'salt', name: 'Salt pans' }]);
    expect((await get('/salt.pans', admin)).body.campaigns).toHaveLength(2);
  });

  describe('images', () => {
    async function list(query: string, limit: number): Promise<DatasetImageInfo[]> {
      const items: DatasetImageInfo[] = [];
      for (let after = ''; ; ) {
        const { status, body, text } = await get(`/salt.pans/images?limit=${limit}${query}${after}`);
        expect(status, text).toBe(200);
        const page = body as Page<DatasetImageInfo>;
        items.push(...page.items);
        if (page.next === null) return items;
        after = `&after=${page.next}`;
      }
    }
    const all = Array.from({ length: last }, (_, i) => i + 1);
    const asked: [string, number[]][] = [
      ['', all],
      ['&recipe=best', all],
      ['&recipe=best&state=masked', all.filter(masked)],
      ['&recipe=best&state=failed', [failed]],
      ['&recipe=best&state=none', all.filter((i) => !masked(i) && i !== failed)],
      ['&recipe=best&category=dog', all.filter((i) => masked(i) && i >= 20)],
      ['&recipe=best&category=unused', []],
      ['&recipe=best&uncertain=0.8', all.filter((i) => masked(i) && i <= 20)],
      ['&recipe=best&category=cat&uncertain=0.9', [3, 6, 9]],
      ['&name=3.PNG', all.filter((i) => i % 10 === 3)],
      ['&recipe=best&name=3&state=masked', all.filter((i) => masked(i) && `${i}`.includes('3'))],
      ['&name=pan', []],
      ['&recipe=unknown&state=masked', []],
    ];
    test.each(asked)('%s', async (query, expected) => {
      for (const limit of [1, 7, 200]) expect((await list(query, limit)).map(({ id }) => id)).toEqual(expected);
    });

    test('show their part of a mask set', async () => {
      const found = await list('&recipe=best', 200);
      expect(found[8]).toEqual({
        ...{ id: 9, name: '9.png', sha256: hash(9), state: 'masked', reason: null },
        ...{ mask: hash(1009), categories: ['cat'], segments: [{ id: 1, category: 'cat' }], uncertainty: 0.91 },
      });
      expect(found[6]).toMatchObject({ id: failed, state: 'failed', reason: 'torn', mask: null, categories: [] });
    });

    test('start anywhere in the list', async () => {
      for (const after of [0, 1, 2, 3, 19, 39]) {
        const { body } = await get(`/salt.pans/images?limit=1&after=${after}`);
        expect(body.items.map(({ id }: DatasetImageInfo) => id)).toEqual([after + 1]);
      }
      expect((await get('/salt.pans/images?after=40')).body).toEqual({ items: [], next: null });
      expect((await get('/ponds/images', admin)).body).toEqual({ items: [], next: null });
    });

    test('have thumbnails and masks', async () => {
      expect(await get('/salt.pans/images/37/thumbnail')).toMatchObject({ status: 200, text: 'small 37' });
      const mask = await get('/salt.pans/images/9/mask?recipe=best');
      expect(mask).toMatchObject({ status: 200, text: 'mask 9' });
      // Another run may make another mask.
      expect(mask.headers.get('cache-control')).toBe('private, no-cache');
      for (const path of ['8/mask?recipe=best', '9/mask?recipe=other', '41/thumbnail', '0/thumbnail', 'x/thumbnail']) {
        expect([path, (await get(`/salt.pans/images/${path}`)).status]).toEqual([path, 404]);
      }
      expect(await get('/salt.pans/images/9/mask')).toMatchObject({ status: 400 });
      expect(await get('/salt.pans/images/9/mask?recipe=..')).toMatchObject({ status: 400 });
    });
  });

  test('list unusable images, part by part', async () => {
    const { store } = server.deps;
    const failures = Array.from({ length: 5 }, (_, i) => ({ sha256: hash(i), name: `${i}.png`, reason: 'dark' }));
    const report = { images: 5, failures: failures.map((failure) => ({ ...failure, permanent: true })) };
    await store.put(extractReportKey('salt.pans', 'other', 3), JSON.stringify(report));
    for (const limit of [1, 2, 5, 6, 200]) {
      const found: DatasetFailure[] = [];
      for (let after = ''; ; ) {
        const { body, text } = await get(`/salt.pans/failures?limit=${limit}${after}`);
        expect(body.items.length, text).toBeLessThanOrEqual(limit);
        found.push(...body.items);
        if (body.next === null) break;
        after = `&after=${body.next}`;
      }
      expect(found).toEqual([
        ...failures.map((failure) => ({ step: 'extracted/other', ...failure })),
        { step: 'extracted/tiny', sha256: hash(failed), name: '7.png', reason: 'torn' },
        { step: 'masks/best', sha256: hash(failed), name: '7.png', reason: 'torn' },
      ]);
    }
    const elsewhere = Buffer.from(JSON.stringify(['datasets/ponds/masks/a/b', 0])).toString('base64url');
    for (const after of ['x', elsewhere]) {
      expect(await get(`/salt.pans/failures?after=${after}`)).toMatchObject({ status: 404 });
    }
  });

  test('without Temporal, runs are unavailable for now', async () => {
    expect(await get('/salt.pans/runs')).toMatchObject({
      status: 503,
      body: { error: 'the database or Temporal does not answer; expected another try later' },
    });
  });

  test('exports are listed once they are done, and download as ZIP files', async () => {
    const { store } = server.deps;
    const exports = (key = manager) => get('/salt.pans/exports', key);
    const id = `voc-${'a'.repeat(16)}`;
    await store.put(exportFileKey('salt.pans', id, 'Annotations/1.xml'), 'x'.repeat(100_000));
    await store.put(exportFileKey('salt.pans', id, 'Masks/ü 1.png'), 'png');
    expect((await exports()).body).toEqual([]);
    expect(await get(`/salt.pans/exports/${id}/zip`, manager)).toMatchObject({ status: 404 });
    const summary = { format: 'voc', recipe: 'best', made: '2026-02-03T04:05:06.000Z', files: 2, bytes: 100_003 };
    await store.put(exportSummaryKey('salt.pans', id), JSON.stringify(summary));
    expect((await exports()).body).toEqual([
      { id, build: null, schema: null, selection: null, loses: expect.any(String), ...summary },
    ]);
    expect(await exports(reviewer)).toMatchObject({ status: 403 });

    const answer = await fetch(`${server.url}/api/datasets/salt.pans/exports/${id}/zip`, {
      headers: { authorization: `Bearer ${manager}` },
    });
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="salt.pans-${id}.zip"`);
    expect(answer.headers.get('content-type')).toBe('application/zip');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(unzipTexts(bytes)).toEqual({ 'Annotations/1.xml': 'x'.repeat(100_000), 'Masks/ü 1.png': 'png' });
    // Text is compressed.
    expect(bytes.length).toBeLessThan(2_000);
  });

  test('masks published by another campaign stay hidden', async () => {
    const { store } = server.deps;
    const recipe = 'campaign-others';
    const report = { images: 1, failures: [], categories: [], masks: [] };
    await store.put(maskReportKey('salt.pans', recipe, 0), JSON.stringify(report));
    const id = `voc-${'c'.repeat(16)}`;
    const summary = { format: 'voc', recipe, made: '2026-03-03T04:05:06.000Z', files: 1, bytes: 3 };
    await store.put(exportSummaryKey('salt.pans', id), JSON.stringify(summary));
    await store.put(exportFileKey('salt.pans', id, 'a.txt'), 'abc');
    const recipes = async (key: string) => (await get('/salt.pans', key)).body.recipes;
    const ids = async (key: string) =>
      (await get('/salt.pans/exports', key)).body.map((each: { id: string }) => each.id);
    expect(await recipes(manager)).toEqual(['best', 'campaign-salt']);
    expect(await recipes(admin)).toEqual(['best', recipe, 'campaign-salt']);
    expect(await ids(manager)).not.toContain(id);
    expect(await ids(admin)).toContain(id);
    for (const path of [`images?recipe=${recipe}`, `images/8/mask?recipe=${recipe}`, `exports/${id}/zip`]) {
      expect(await get(`/salt.pans/${path}`, manager), path).toMatchObject({ status: 404 });
    }
    const body = { recipe, format: 'voc' };
    const asked = await server.call('POST', '/api/datasets/salt.pans/exports', { key: manager, body });
    expect(asked).toMatchObject({ status: 404, body: { error: 'no such set of masks' } });
    await store.delete(exportSummaryKey('salt.pans', id));
    await store.delete(maskReportKey('salt.pans', recipe, 0));
  });

  test('a ZIP download fails if its files are gone from the store', async () => {
    const { store } = server.deps;
    const id = `voc-${'b'.repeat(16)}`;
    const summary = { format: 'voc', recipe: 'best', made: '2026-02-03T04:05:06.000Z', files: 1, bytes: 9 };
    await store.put(exportSummaryKey('salt.pans', id), JSON.stringify(summary));
    await store.put(exportFileKey('salt.pans', id, 'a.txt'), 'text');
    const list = store.list.bind(store);
    store.list = async function* (prefix, options) {
      for await (const info of list(prefix, options)) yield { ...info, key: info.key.replace('a.txt', 'b.txt') };
    };
    const headers = { authorization: `Bearer ${manager}` };
    const answer = fetch(`${server.url}/api/datasets/salt.pans/exports/${id}/zip`, { headers });
    await expect(answer.then((found) => found.arrayBuffer())).rejects.toThrow();
    store.list = list;
  });
});
