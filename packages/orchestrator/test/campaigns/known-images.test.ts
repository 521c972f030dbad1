/** Agreement with known masks: a real import, server, worker and Temporal. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@saltworks/backbone/image/decode';
import type { Scribbles } from '@saltworks/contract/documents/scribbles';
import { agreementKey, extractReportKey, keysId, maskKey, truthKey } from '@saltworks/contract/layout';
import { categoriesOf, encodePanoptic, segmentsInfo } from '@saltworks/core/mask/mask';
import { openWorkflows } from '@saltworks/orchestrator/server';
import { readShard } from '@saltworks/store/datasets/dataset';
import { putTruth, truthId } from '@saltworks/store/datasets/truth';
import { cocoSource } from '@saltworks/store/import/coco-source';
import { importDataset } from '@saltworks/store/import/import';
import { fileSource } from '@saltworks/store/import/sources';
import { fileStore } from '@saltworks/store/objects/files/file-store';

import { createActivities } from '@saltworks/worker/activities';
import { openWorkers } from '@saltworks/worker/worker';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { findCampaign } from '../../dist/campaigns/campaigns.js';
import { campaignAgreement } from '../../dist/campaigns/measures/agreement.js';
import { checkHoneypots, fillCampaigns, fillShard } from '../../dist/campaigns/tasks/fill.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Database } from '../../dist/db/database.js';
import { openDatabase } from '../../dist/db/open.js';
import type { Schema } from '../../dist/db/schema.js';
import { freshFolder } from '../databases.ts';
import { maskText } from '../stored.ts';
import { openTemporal } from '../temporal.ts';
import { makeCampaign, makeUser, tasksOf } from './campaign.ts';

const folder = mkdtempSync(join(tmpdir(), 'saltworks-known-'));
const store = fileStore(join(folder, 'objects'));
const [width, height] = [8, 4];
/** Left half 5, right half 9. */
const halves = { width, height, ids: Uint32Array.from({ length: width * height }, (_, i) => (i % width < 4 ? 5 : 9)) };
const pngOf = ({ data, width, height } = encodePanoptic(halves)) => encodePng(data, { width, height, channels: 3 });

let environment: TestWorkflowEnvironment;
let database: Database;
let db: Kysely<Schema>;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  environment = await openTemporal();
  const { nativeConnection: connection, namespace = 'default' } = environment;
  database = await openDatabase(await freshFolder());
  db = database.db;
  const activities = createActivities({ store } as Parameters<typeof createActivities>[0]);
  for (const worker of [
    await openWorkflows({ connection, namespace }),
    await openWorkers({ connection, namespace, roles: ['annotate'], activities, concurrency: {} }),
  ]) {
    const ended = worker.run();
    closing.push(() => {
      worker.shutdown();
      return ended;
    });
  }
}, 120_000);

afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  await database?.close();
  await environment?.teardown();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Imports images with known masks: a dog beside a couch, and a couch beside unlabelled pixels. */
async function importKnown(): Promise<void> {
  mkdirSync(join(folder, 'pans'), { recursive: true });
  const images = ['dog', 'couch', 'long'];
  for (const [shade, name] of images.entries()) {
    const pixels = new Uint8Array(3 * width * height).fill(shade);
    writeFileSync(join(folder, `${name}.png`), await encodePng(pixels, { width, height, channels: 3 }));
    writeFileSync(join(folder, 'pans', `${name}.png`), await pngOf());
  }
  const segments = [[18, 63], [63], [63]].map((ids) => ids.map((category_id, i) => ({ id: [5, 9][i], category_id })));
  const document = {
    images: images.map((name, id) => ({ id, file_name: `${name}.png` })),
    annotations: images.map((name, id) => ({
      ...{ image_id: id, file_name: `${name}.png`, segments_info: segments[id] },
    })),
    categories: [
      { id: 17, name: 'cat' },
      { id: 18, name: 'dog' },
      { id: 63, name: 'couch' },
    ],
  };
  writeFileSync(join(folder, 'pans.json'), JSON.stringify(document));
  const { files, categories } = await cocoSource(join(folder, 'pans.json'));
  await importDataset(store, 'pans', files, { source: 'pans.json', categories });
  const long = (await readShard(store, 'pans', 0))[2];
  const unshown = [{ sha256: long.sha256, name: long.name, reason: 'too long' }];
  const report = JSON.stringify({ images: 3, failures: [], unshown });
  await store.put(extractReportKey('pans', keysId('tiny', { facet: 'key' }), 0), report);
}

/** Stores a mask as a worker does. @returns its id */
async function drawn(id: string, categories: Record<number, string>): Promise<string> {
  const segments: Scribbles['segments'] = Object.entries(categories).map(([id, category]) => ({
    ...{ id: Number(id), category, isthing: true },
  }));
  const mask = { ...halves, ids: halves.ids.map((id) => (id in categories ? id : 0)) };
  const numbered = categoriesOf(segments);
  const document = maskText({ segments_info: segmentsInfo(mask, segments, numbered), categories: numbered });
  await store.put(maskKey(id, '.json'), document);
  await store.put(maskKey(id, '.png'), await pngOf(encodePanoptic(mask)));
  return id;
}

/** Agreement once everything is compared. */
const agreementOf = async (id: string) => {
  const campaign = await findCampaign(db, id);
  return vi.waitFor(
    async () => {
      const found = await campaignAgreement({ db, store, client: environment.client }, campaign);
      expect(found.pending).toBe(0);
      return found;
    },
    { timeout: 50_000, interval: 50 },
  );
};

test('known images need a category that known masks have', () => {
  const dataset = { name: 'pans', categories: [{ id: 1, name: 'dog', isthing: 1 as const }] };
  const categories = (name: string) => [{ id: 1, name, colour: '#000000', isthing: true }];
  expect(() => checkHoneypots({ honeypotRate: 0.1, categories: categories('heap') }, dataset)).toThrow(
    'honeypots with the classes heap; expected one that known masks of pans have: dog',
  );
  checkHoneypots({ honeypotRate: 0.1, categories: categories('Dog') }, dataset);
  checkHoneypots({ honeypotRate: 0, categories: categories('heap') }, dataset);
});

test('a dog drawn as a dog scores, one drawn as a cat does not; categories match by name', async () => {
  await importKnown();
  const names = ['cat', 'Dog', 'other'];
  const categories = names.map((name, i) => ({ id: i + 1, name, colour: `#00000${i}`, isthing: true }));
  const { id } = await makeCampaign(db, { images: 0, categories, honeypotRate: 1 });
  await db.updateTable('campaign').set({ filled: 0 }).where('id', '=', id).execute();
  await fillCampaigns(db, store);
  // The couch's known mask has none of the categories, so it is an image like any other. An image that no browser shows is no task.
  expect(await tasksOf(db, id)).toMatchObject([
    { name: 'dog.png', honeypot: true },
    { name: 'couch.png', honeypot: false },
  ]);

  const masks = {
    right: await drawn('right', { 5: 'Dog' }),
    wrong: await drawn('wrong', { 5: 'cat' }),
    both: await drawn('both', { 5: 'Dog', 9: 'other' }),
    more: await drawn('more', { 5: 'Dog', 9: 'cat' }),
  };
  const campaign = await findCampaign(db, id);
  for (const user of Object.keys(masks) as (keyof typeof masks)[]) {
    await makeUser(db, user);
    const assignment = await takeTask(db, campaign, user, { chance: 0 });
    await submitAssignment(db, assignment!, { n: 0, mask: masks[user] });
  }
  const scores = async () => {
    const { honeypots, incomparable } = await agreementOf(id);
    expect(incomparable).toEqual([]);
    return Object.fromEntries(honeypots.map(({ annotator, miou }) => [annotator, miou]));
  };
  const expected = { right: 1, wrong: 0, both: 1, more: 1 / 2 };
  expect(await scores()).toEqual(expected);

  // As an earlier version left them: a known mask without categories, and reports of full agreement.
  const [{ sha256 }] = await readShard(store, 'pans', 0);
  const segments_info = [
    { id: 5, category_id: 18 },
    { id: 9, category_id: 63 },
  ];
  await store.put(truthKey('pans', sha256, '.json'), JSON.stringify({ segments_info }));
  const truth = await truthId(store, { dataset: 'pans', sha256 });
  for (const a of Object.values(masks)) {
    const key = agreementKey({ a, b: { dataset: 'pans', sha256, campaign: id, truth } });
    await store.put(key, JSON.stringify({ miou: 1, pixels: 1, kappa: 1, classes: [] }));
  }
  expect(await scores()).toEqual(expected);

  // Another known mask is compared anew. A pair that cannot be compared is reported, and not pending.
  await store.put(truthKey('pans', sha256, '.json'), JSON.stringify({ segments_info: [{ id: 5, category_id: 7 }] }));
  const { honeypots, incomparable } = await agreementOf(id);
  expect(honeypots).toEqual([]);
  const reason = 'segment 5 of the known mask has category 7; expected a listed one';
  expect(incomparable).toMatchObject(Object.keys(masks).map(() => ({ name: 'dog.png', reason })));
});

test('a known mask of another size, or an unreadable one, is reported at once, and the rest is compared', async () => {
  const names = ['wide', 'gone', 'good'];
  for (const [i, name] of names.entries()) {
    const pixels = new Uint8Array(3 * width * height).fill(100 + i);
    writeFileSync(join(folder, `${name}.png`), await encodePng(pixels, { width, height, channels: 3 }));
  }
  await importDataset(store, 'mixed', folderFiles(names), { source: folder });
  const segments = [{ id: 5, category_id: 1 }];
  const categories = [{ id: 1, name: 'dog', isthing: 1 as const }];
  const images = await readShard(store, 'mixed', 0);
  for (const { sha256, name } of images) {
    // As imports stored them before they checked sizes.
    const png =
      name === 'wide.png' ? await pngOf(encodePanoptic({ ...halves, width: height, height: width })) : await pngOf();
    await putTruth(store, { dataset: 'mixed', sha256 }, { png, segments, categories });
  }
  const gone = truthKey('mixed', images.find(({ name }) => name === 'gone.png')!.sha256, '.png');
  const png = await store.get(gone);
  await store.delete(gone);

  const classes = [{ id: 1, name: 'dog', colour: '#000000', isthing: true }];
  const campaign = await makeCampaign(db, { dataset: 'mixed', images: 0, categories: classes, honeypotRate: 1 });
  await fillShard(db, campaign, 1, images, new Set(images.map(({ sha256 }) => sha256)));
  const { id } = campaign;
  const mask = await drawn('a dog', { 5: 'dog' });
  const user = await makeUser(db, 'all');
  for (const _ of images) {
    const assignment = await takeTask(db, campaign, user, { chance: 0 });
    await submitAssignment(db, assignment!, { n: 0, mask });
  }
  const found = await agreementOf(id);
  expect(found.honeypots).toMatchObject([{ miou: 1 }]);
  expect([...found.incomparable].sort((a, b) => (a.name < b.name ? -1 : 1))).toMatchObject([
    { name: 'gone.png', reason: `no object ${gone}` },
    { name: 'wide.png', reason: 'masks of 8 × 4 and 4 × 8 pixels; expected one size' },
  ]);
  // A missing mask is looked for again.
  await store.put(gone, png);
  await vi.waitFor(async () => expect((await agreementOf(id)).honeypots).toHaveLength(2), {
    timeout: 50_000,
    interval: 50,
  });
});

async function* folderFiles(names: readonly string[]) {
  for (const name of names) yield fileSource(join(folder, `${name}.png`), `${name}.png`);
}
