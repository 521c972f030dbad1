// Datasets in the archive, and deleted ones: read-only, refused, restored, swept without what another dataset has.
import type { BuildImage } from '@saltworks/contract/documents/builds';
import { encodeLines } from '@saltworks/contract/documents/document';
import {
  agreementKey,
  datasetKey,
  extractReportKey,
  imageKey,
  importMarkKey,
  keysKey,
  maskKey,
  maskReportKey,
  shardKey,
  strokesKey,
} from '@saltworks/contract/layout';
import { presets } from '@saltworks/core/options';
import { writeBuild } from '@saltworks/store/builds/builds';
import { keepStrokes } from '@saltworks/store/builds/strokes';
import { inUse, setPlace } from '@saltworks/store/datasets/shelf';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { verifyAudit } from '../../dist/accounts/audit.js';
import { recordBuild } from '../../dist/builds/record.js';
import { createCampaign } from '../../dist/campaigns/campaigns.js';
import { dropDataset, expectDatasetInUse } from '../../dist/datasets/shelf.js';
import { sweepDatasets } from '../../dist/datasets/sweep.js';
import type { Database } from '../../dist/db/database.js';
import { datasetAway } from '../../dist/schedules/subject.js';
import { openServer, type TestServer } from '../api/server.ts';
import { makeWorld, type Role, type World } from '../api/world.ts';
import { makeUser } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';
import { maskText } from '../stored.ts';

const day = 86_400_000;
const hash = (i: number) => i.toString(16).padStart(8, '0').repeat(8);
const image = (i: number) => ({ id: i, sha256: hash(i), name: `${i}.png`, object: imageKey(hash(i), '.png') });
const mask = (i: number) => hash(1000 + i);

describeDatabases('datasets that are put away', ({ open }) => {
  let database: Database;
  let server: TestServer;
  let world: World;
  let store: ObjectStore;
  beforeAll(async () => {
    database = await open();
    server = await openServer(database);
    world = await makeWorld(server);
    store = server.deps.store;
    await makeUser(database.db, 'owner');
  }, 60_000);
  afterAll(() => server?.close());
  beforeEach(async () => {
    for (const name of ['pans', 'cups', 'jugs']) await setPlace(store, name, inUse);
  });

  const call = (role: Role, method: string, path: string, body?: unknown) =>
    server.call(method, `/api${path}`, { key: world.keys[role], body });
  const listed = async (role: Role, show = 'current') =>
    ((await call(role, 'GET', `/datasets?show=${show}`)).body as { name: string }[]).map(({ name }) => name);
  const quiet = { list: async () => [], bakeoffs: async () => [] };
  const busy = { ...quiet, list: async () => [{ state: 'running', id: 'extract/jugs/tiny' }] as never };
  // Nothing of Temporal listens here: what is under way is told.
  const drop = (name: string, { graceDays = 30, runs = quiet } = {}) =>
    dropDataset({ db: database.db, store, runs, graceDays }, name, 'owner');
  const swept = (now = new Date(Date.now() + 1_000), { runs = quiet, of = store } = {}) =>
    sweepDatasets({ db: database.db, store: of, client: server.deps.client, runs }, { now });
  const keys = async () => {
    const found: string[] = [];
    for await (const { key } of store.list('')) found.push(key);
    return found;
  };
  /** Without what is written as requests are answered. */
  const objects = async () => (await keys()).filter((key) => !key.startsWith('storage/'));

  /** A dataset without a campaign: images, keys, masks, a build of it. */
  async function putDataset(name: string, images: number[]) {
    await store.put(shardKey(name, 0), encodeLines(images.map((i) => ({ ...image(i), bytes: 1, version: '1' }))));
    const counts = { images: images.length, duplicates: 0, shards: 1, bytes: 1 };
    const document = { version: 1, name, source: '', ...counts, categories: [], updated: '' };
    await store.put(datasetKey(name), JSON.stringify(document));
    await store.put(extractReportKey(name, 'tiny', 0), JSON.stringify({ images: images.length, failures: [] }));
    const masks = images.map((i) => ({ ...image(i), mask: mask(i) }));
    await store.put(
      maskReportKey(name, 'best', 0),
      JSON.stringify({ images: images.length, failures: [], categories: [], masks }),
    );
    for (const i of images) {
      for (const key of [image(i).object, keysKey('tiny', hash(i))]) await store.put(key, `${i}`);
      await store.put(maskKey(mask(i), '.png'), `${i}`);
      await store.put(maskKey(mask(i), '.json'), maskText());
    }
    const strokes = await keepStrokes(store, `strokes of ${name}`, '.json');
    const shared = await keepStrokes(store, 'the same strokes', '.json');
    const drawings = [strokes, shared].map((each) => ({ by: 'owner', strokes: each, extension: '.json' as const }));
    const line: BuildImage = { ...image(images[0]), mask: mask(images[0]), drawings, settings: 0 };
    const extract = { backbone: 'tiny', facet: 'key' } as const;
    const settings = [{ extract, preset: 'best', options: presets.best, recipe: 'best', code: null }] as const;
    const subject = { kind: 'dataset', name } as const;
    const build = await writeBuild(store, { subject, dataset: name, settings: [...settings] }, [[line]]);
    await recordBuild(database.db, build, { base: null, why: 'drawn', by: null, state: 'made' });
    await database.db.insertInto('image_tag').values({ dataset: name, tag: 'good', image: images[0] }).execute();
    const filter = { kind: 'dataset', name, filter: 'all', asked: '{}' } as const;
    await database.db.insertInto('image_filter').values(filter).execute();
    return strokes;
  }

  test('the archive hides a dataset and lets nobody change it or run over it; all that refers to it still reads', async () => {
    expect((await call('manager', 'POST', '/datasets/pans/archive')).status).toBe(403);
    const { body } = await call('admin', 'POST', '/datasets/pans/archive');
    expect(body).toMatchObject({ name: 'pans', archived: expect.any(String), deleted: null });
    expect(await listed('admin')).not.toContain('pans');
    expect(await listed('admin', 'archived')).toEqual(['pans']);
    expect(await listed('reviewer', 'archived')).toEqual(['pans']);
    const { ours } = world;
    for (const path of [
      ...['/datasets/pans', `/datasets/pans/images?recipe=best`, `/datasets/pans/exports`],
      ...[`/campaigns/${ours.campaign}`, `/builds/${ours.subject}`, `/assignments/${ours.assignment}`],
    ])
      expect([path, (await call('admin', 'GET', path)).status]).toEqual([path, 200]);
    const campaign = {
      ...{ id: 'other', name: 'Other', dataset: 'pans', backbone: 'tiny' },
      categories: [{ id: 1, name: 'pan', colour: '#0072b2', isthing: true }],
    };
    const changes: [string, string, unknown?][] = [
      ['POST', '/datasets/pans/runs', { kind: 'extract' }],
      ['POST', '/datasets/pans/exports', { format: 'voc', recipe: 'best' }],
      ['POST', '/builds/dataset:pans/relabel', {}],
      ['POST', '/subjects/dataset:pans/bakeoffs', { variants: [{}] }],
      ['POST', '/uploads', { dataset: 'pans' }],
      ['POST', `/uploads/${ours.upload}/import`, { labels: 'auto' }],
      ['POST', '/places/import', { place: 'photos', path: '', dataset: 'pans', labels: 'auto' }],
      ['POST', '/campaigns', campaign],
      ['POST', `/campaigns/${ours.campaign}/preparation`],
      ['POST', `/campaigns/${ours.campaign}/exports`, { format: 'voc' }],
      ['POST', `/builds/${ours.subject}/${ours.build}/rebuild`],
    ];
    for (const [method, path, sent] of changes) {
      const { status, text } = await call('admin', method, path, sent);
      expect([path, status, text]).toEqual([
        path,
        409,
        expect.stringContaining('dataset pans is archived; expected it'),
      ]);
    }
    // Annotators go on.
    expect((await call('annotator', 'POST', `/campaigns/${ours.campaign}/next`)).body.id).toBe(ours.assignment);
    const away = (work: Parameters<typeof datasetAway>[1]) => datasetAway({ db: database.db, store }, work);
    expect(await away({ kind: 'import', dataset: 'pans' })).toBe('dataset pans is archived');
    expect(await away({ kind: 'export', subject: ours.subject, format: 'voc' } as never)).toBe(
      'dataset pans is archived',
    );
    expect(await away({ kind: 'expire-keys', dataset: 'pans', unused: 30 })).toBeUndefined();
    expect(await away({ kind: 'consensus', campaign: ours.campaign, weights: 'equal' } as never)).toBeUndefined();
    expect(await away({ kind: 'import', dataset: 'ponds' })).toBeUndefined();
    expect((await call('admin', 'DELETE', '/datasets/pans/archive')).body).toMatchObject({ archived: null });
    expect(await listed('admin')).toContain('pans');
    for (const path of ['archive', 'restore'])
      expect((await call('admin', 'POST', `/datasets/none/${path}`)).status).toBe(404);
    expect((await verifyAudit(database.db)).broken).toBeUndefined();
  });

  test('a dataset that a campaign uses, wherever that lies, or that a run goes over is not deleted', async () => {
    const { campaign } = world.ours;
    for (const [columns, told] of [
      [{ archived: null }, ''],
      [{ archived: new Date() }, ' \\(archived\\)'],
      [{ deleted: new Date(), goes: new Date(Date.now() + day) }, ' \\(deleted, not yet gone\\)'],
    ] as const) {
      await database.db.updateTable('campaign').set(columns).where('id', '=', campaign).execute();
      const { status, body } = await call('admin', 'DELETE', '/datasets/pans');
      expect([status, body.error]).toEqual([
        409,
        expect.stringMatching(new RegExp(`^dataset pans has the campaign ${campaign}${told}; expected none$`)),
      ]);
      expect(body.detail).toEqual({ campaigns: [campaign] });
    }
    await database.db
      .updateTable('campaign')
      .set({ archived: null, deleted: null, goes: null })
      .where('id', '=', campaign)
      .execute();
    await putDataset('jugs', [1]);
    await expect(drop('jugs', { runs: busy })).rejects.toThrow(
      'the run extract/jugs/tiny over jugs; expected none under way',
    );
    await expect(drop('none', { runs: busy })).rejects.toThrow('no dataset none');
    expect((await call('manager', 'DELETE', '/datasets/jugs')).status).toBe(403);
  });

  test('one that is deleted is refused until it is restored; then nothing is lost', async () => {
    await putDataset('cups', [2, 3, 5]);
    const before = await objects();
    const goes = await drop('cups');
    expect(Math.abs(Date.parse(goes) - Date.now() - 30 * day)).toBeLessThan(60_000);
    expect(await listed('admin')).not.toContain('cups');
    expect(await listed('admin', 'deleted')).toEqual(['cups']);
    expect(await listed('manager', 'deleted')).toEqual([]);
    for (const [method, path, sent] of [
      ...['', '/images?recipe=best', '/images/2/thumbnail', '/keysets', '/runs', '/exports'].map((each) => [
        'GET',
        `/datasets/cups${each}`,
      ]),
      ...[
        ['GET', '/builds/dataset:cups'],
        ['GET', '/topics/dataset:cups/webhooks'],
        ['POST', '/datasets/cups/archive'],
      ],
      ...[['POST', '/datasets/cups/runs', { kind: 'extract' }]],
    ] as [string, string, unknown?][]) {
      const { status, text } = await call('admin', method, path, sent);
      expect([path, status, text]).toEqual([path, 404, expect.stringContaining('dataset cups is deleted; expected')]);
    }
    const upload = await call('admin', 'POST', '/uploads', { dataset: 'cups' });
    expect([upload.status, upload.text]).toEqual([409, expect.stringContaining('is deleted')]);
    // A campaign that was about to be made is not.
    const campaign = {
      id: 'late',
      name: 'Late',
      dataset: 'cups',
      categories: [{ id: 1, name: 'cup', colour: '#0072b2', isthing: true }],
    } as never;
    const made = createCampaign(database.db, campaign, {
      ...{ actor: 'owner', shards: 1 },
      inUse: () => expectDatasetInUse(store, 'cups'),
    });
    await expect(made).rejects.toThrow('dataset cups is deleted');
    expect(await swept(new Date(Date.now() + 29 * day))).toEqual([]);
    // The time may only come nearer.
    expect(await drop('cups', { graceDays: 60 })).toBe(goes);
    expect((await call('manager', 'POST', '/datasets/cups/restore')).status).toBe(403);
    expect((await call('admin', 'POST', '/datasets/cups/restore')).body).toMatchObject({ deleted: null, images: 3 });
    expect(await objects()).toEqual(before);
    expect((await call('admin', 'GET', '/datasets/cups')).body).toMatchObject({ keys: ['tiny'], recipes: ['best'] });
  });

  test('after its grace period it goes, whenever the sweep broke off, without what another dataset has', async () => {
    const { db } = database;
    const own = await keepStrokes(store, 'strokes of cups', '.json');
    await putDataset('mugs', [3, 4]);
    const shared = await keepStrokes(store, 'the same strokes', '.json');
    await store.put(agreementKey({ a: mask(5), b: mask(3) }), '{}');
    const schedule = {
      work: JSON.stringify({ kind: 'import', dataset: 'cups' }),
      cadence: 'every 1d',
      timezone: 'UTC',
    };
    await db
      .insertInto('schedule')
      .values({ id: 'cups-daily', ...schedule, overlap: 'skip', created_by: 'owner' })
      .execute();
    const hook = { id: 'cups-hook', topic: 'dataset:cups', url: '', events: '[]', secret: '' };
    await db.insertInto('webhook').values(hook).execute();
    // A campaign's mask of another image, and one that only its rows name.
    await db
      .updateTable('assignment')
      .set({ mask: mask(2) })
      .where('id', '=', world.theirs.assignment)
      .execute();
    await drop('cups', { graceDays: 0 });
    expect((await call('admin', 'POST', '/datasets/cups/restore')).status).toBe(409);
    const before = await objects();
    expect(await swept(undefined, { runs: { ...quiet, list: busy.list } })).toEqual([]);
    await store.put(importMarkKey('x'), '');
    expect(await swept()).toEqual([]);
    await store.delete(importMarkKey('x'));
    expect(await objects()).toEqual(before);
    for (let most = 1; ; most += 4) {
      let left = most;
      const breaking: ObjectStore = {
        ...store,
        async delete(key, options) {
          if (!key.startsWith('sweeping') && left-- <= 0) throw new Error('killed');
          await store.delete(key, options);
        },
      };
      const gone = await swept(undefined, { of: breaking }).catch((error: Error) => error.message);
      if (gone !== 'killed') {
        expect(gone).toEqual(['cups']);
        break;
      }
      await expect(expectDatasetInUse(store, 'cups')).rejects.toThrow('is deleted');
    }
    expect(await swept()).toEqual([]);
    const after = await objects();
    const gone = before.filter((key) => !after.includes(key));
    expect(after.filter((key) => key.includes('cups'))).toEqual([]);
    expect(gone).toEqual(
      expect.arrayContaining([
        ...[2, 5].flatMap((i) => [image(i).object, keysKey('tiny', hash(i))]),
        ...[maskKey(mask(5), '.png'), strokesKey(own, '.json'), agreementKey({ a: mask(5), b: mask(3) })],
      ]),
    );
    const kept = [
      ...[3, 4].flatMap((i) => [image(i).object, keysKey('tiny', hash(i)), maskKey(mask(i), '.png')]),
      ...[strokesKey(shared, '.json'), maskKey(mask(2), '.png'), maskKey(world.ours.mask, '.png')],
    ];
    expect(after).toEqual(expect.arrayContaining(kept));
    expect(after.filter((key) => key.includes('mugs'))).toEqual(before.filter((key) => key.includes('mugs')));
    for (const [table, column] of [
      ['build', 'name'],
      ['image_filter', 'name'],
      ['image_tag', 'dataset'],
    ] as const) {
      const rows = await db
        .selectFrom(table)
        .selectAll()
        .where(column as 'name', 'in', ['cups', 'mugs'])
        .execute();
      expect(rows).toMatchObject([{ [column]: 'mugs' }]);
    }
    for (const table of ['schedule', 'webhook'] as const)
      expect(await db.selectFrom(table).select('id').where('id', 'like', 'cups%').execute()).toEqual([]);
    expect((await verifyAudit(db)).broken).toBeUndefined();
    const told = await db.selectFrom('audit').select('action').where('object', '=', 'cups').execute();
    expect(told.map(({ action }) => action)).toEqual(expect.arrayContaining(['dataset.delete', 'dataset.sweep']));
    // Its name is free.
    await expectDatasetInUse(store, 'cups');
    const { status, text } = await call('admin', 'GET', '/datasets/cups');
    expect([status, text]).toEqual([404, expect.stringContaining('no dataset cups')]);
    expect((await call('admin', 'GET', '/datasets/mugs')).body).toMatchObject({ images: 2, keys: ['tiny'] });
  });
});
