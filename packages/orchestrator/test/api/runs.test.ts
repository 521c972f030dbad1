/** Runs, thumbnails and exports over the API, with a real Temporal, server and worker. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@saltworks/backbone/image/decode';
import type { DatasetRun } from '@saltworks/contract/api/runs';
import { extractReportKey, keysKey, scribblesKey, thumbnailKey, viewKey } from '@saltworks/contract/layout';
import { encodeKeys } from '@saltworks/core/formats/keys';
import { readShard } from '@saltworks/store/datasets/dataset';
import { importDataset } from '@saltworks/store/import/import';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { openMaskThreads } from '@saltworks/worker/mask-threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unzipTexts } from '../../../../scripts/unzip.mjs';
import { verifyAudit } from '../../dist/accounts/audit.js';
import { createApiKey } from '../../dist/api/auth.js';
import { createCampaign } from '../../dist/campaigns/campaigns.js';
import { makeUser } from '../campaigns/campaign.ts';
import { type Deployment, openKeyless } from '../deployment.ts';

const backbone = 'dinov2-small-focus';
const [width, height, count] = [48, 32, 100];
const [h, w] = [4, 6];
const folder = mkdtempSync(join(tmpdir(), 'saltworks-runs-'));
const store = fileStore(folder);
const maskThreads = openMaskThreads(1);
const patient = { timeout: 50_000, interval: 100 };

let deployment: Deployment;
let admin: string;
let stranger: string;

/** Images whose halves differ, with keys and strokes that tell them apart; the last file is no image. */
async function importPictures(): Promise<void> {
  async function* source() {
    for (let i = 0; i < count; i++) {
      const pixels = Uint8Array.from({ length: 3 * width * height }, (_, p) =>
        Math.floor(p / 3) % width < width / 2 ? 40 + i : 200,
      );
      const bytes = i + 1 < count ? await encodePng(pixels, { width, height, channels: 3 }) : Buffer.from('no image');
      yield { name: `${i}.png`, version: '1', read: async () => bytes };
    }
  }
  const { dataset } = await importDataset(store, 'salt.pans', source(), { source: 'test' });
  const data = Float32Array.from({ length: h * w * 2 }, (_, i) => (i % 2 === 1 ? 0.5 : (i / 2) % w < w / 2 ? 1 : -1));
  for (let shard = 0; shard < dataset.shards; shard++) {
    const images = await readShard(store, 'salt.pans', shard);
    const failures = images
      .filter(({ id }) => id === count)
      .map(({ sha256, name }) => ({ sha256, name, reason: 'no image', permanent: true }));
    await store.put(
      extractReportKey('salt.pans', backbone, shard),
      JSON.stringify({ images: images.length, failures, views: 2 }),
    );
  }
  const [first] = await readShard(store, 'salt.pans', 0);
  const origin = { backbone, layer: 11, facet: 'key', image: { width, height }, imageSha256: first.sha256 } as const;
  await store.put(keysKey(backbone, first.sha256), encodeKeys({ data, h, w, d: 2 }, origin));
  const stroke = (segment: number, x: number) => ({ segment, points: [[x, 16]], radius: 3 });
  const segments = [{ id: 5, category: 'pan', isthing: true }];
  const strokes = [stroke(5, 8), stroke(0, 40)];
  const scribbles = { version: 1, image: { width, height }, segments, strokes };
  await store.put(scribblesKey('salt.pans', 0, first.sha256, '.json'), JSON.stringify(scribbles));
}

beforeAll(async () => {
  await importPictures();
  deployment = await openKeyless({ store, folder, maskThreads, roles: ['extract', 'propagate', 'annotate'] });
  const { server } = deployment;
  admin = await server.adminKey('test');
  stranger = (await createApiKey(server.database.db, { user: await makeUser(server.database.db), name: 'test' })).key;
}, 120_000);

afterAll(async () => {
  await deployment?.close();
  await maskThreads.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const call = (method: string, path: string, body?: unknown, key = admin) =>
  fetch(`http://127.0.0.1:${deployment.server.port}/api${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });

async function json(...given: Parameters<typeof call>) {
  const answer = await call(...given);
  const text = await answer.text();
  expect(answer.status, `${given[0]} ${given[1]}: ${text}`).toBe(200);
  return JSON.parse(text);
}

const runs = (): Promise<DatasetRun[]> => json('GET', '/datasets/salt.pans/runs');
const stored = async () => {
  const keys: string[] = [];
  for await (const { key } of store.list('views/')) keys.push(key);
  return keys;
};
const thumbnails = async () => (await stored()).filter((key) => key.endsWith('.thumb.webp')).length;
const views = async () => (await stored()).filter((key) => !key.endsWith('.thumb.webp'));

test('unopened images have thumbnails; unreadable files have none', async () => {
  const small = (image: number) => call('GET', `/datasets/salt.pans/images/${image}/thumbnail`);
  const answers = await Promise.all(Array.from({ length: count }, (_, i) => small(i + 1)));
  expect(answers.map(({ status }) => status)).toEqual([...Array(count - 1).fill(200), 404]);
  const bytes = Buffer.from(await answers[0].arrayBuffer());
  expect(bytes.toString('latin1', 8, 12)).toBe('WEBP');
  expect(answers[0].headers.get('cache-control')).toContain('immutable');
  expect(await thumbnails()).toBe(count - 1);
  // Without the full-size copy.
  expect(await views()).toEqual([]);

  // In batches, whose number depends on timing; and only once.
  const started = await deployment.environment.client.workflow.count("WorkflowId STARTS_WITH 'views/'");
  expect(started.count).toBeLessThan(count / 4);
  expect((await small(count)).status).toBe(404);
  expect((await small(1)).status).toBe(200);
  expect(await deployment.environment.client.workflow.count("WorkflowId STARTS_WITH 'views/'")).toEqual(started);
});

test('enlarging an image makes its full-size copy, and no other', async () => {
  const whole = (image: number) => call('GET', `/datasets/salt.pans/images/${image}/view`);
  const [{ sha256 }] = await readShard(store, 'salt.pans', 0);
  const answer = await whole(1);
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer()).toString('latin1', 8, 12)).toBe('WEBP');
  expect(answer.headers.get('content-type')).toBe('image/webp');
  expect(await views()).toEqual([viewKey(sha256)]);
  expect((await whole(count)).status).toBe(404);

  // An image too long for WebP is stored in another format.
  const [, second] = await readShard(store, 'salt.pans', 0);
  await store.put(viewKey(second.sha256, '.png'), 'long');
  const long = await whole(2);
  expect([long.status, long.headers.get('content-type'), await long.text()]).toEqual([200, 'image/png', 'long']);
});

test('copies that nobody waits for any more are not made', async () => {
  const images = await readShard(store, 'salt.pans', 2);
  for (const { sha256 } of images) await store.delete(thumbnailKey(sha256));
  const gone = new AbortController();
  const asked = images.map(({ id }) =>
    fetch(`http://127.0.0.1:${deployment.server.port}/api/datasets/salt.pans/images/${id}/thumbnail`, {
      headers: { authorization: `Bearer ${admin}` },
      signal: gone.signal,
    }).catch(() => undefined),
  );
  await new Promise((resume) => setTimeout(resume, 5));
  gone.abort();
  await Promise.all(asked);
  // A new request is answered, whatever became of those.
  expect((await call('GET', `/datasets/salt.pans/images/${images[0].id}/thumbnail`)).status).toBe(200);
});

test('runs are started, listed and followed to the end', async () => {
  expect(await runs()).toEqual([]);
  const extract = await json('POST', '/datasets/salt.pans/runs', { kind: 'extract' });
  expect(extract).toMatchObject({ id: `extract/salt.pans/${backbone}`, kind: 'extract', of: backbone });
  const progress = { total: count, images: count, cached: count - 1, failed: 1, done: 0 };
  await expect.poll(runs, patient).toMatchObject([{ id: extract.id, state: 'done', reason: null, progress }]);

  const { of: recipe } = await json('POST', '/datasets/salt.pans/runs', { kind: 'propagate' });
  await expect.poll(runs, patient).toMatchObject([
    { kind: 'propagate', of: recipe, state: 'done', ended: expect.any(String), progress: { done: 1 } },
    { kind: 'extract', state: 'done' },
  ]);
  const tolerant = await json('POST', '/datasets/salt.pans/runs', { kind: 'propagate', strokes: 'tolerate' });
  expect(tolerant.of).not.toBe(recipe);
  await expect.poll(runs, patient).toMatchObject([{ of: tolerant.of, state: 'done', progress: { done: 1 } }, {}, {}]);
  // What the preset has anyway is no other recipe.
  expect(await json('POST', '/datasets/salt.pans/runs', { kind: 'propagate', strokes: 'hold' })).toMatchObject({
    of: recipe,
  });
  expect((await call('POST', '/datasets/salt.pans/runs', { kind: 'propagate', strokes: 'x' })).status).toBe(400);
  await expect.poll(async () => (await runs()).every(({ state }) => state === 'done'), patient).toBe(true);
  const { items } = await json('GET', `/datasets/salt.pans/images?recipe=${recipe}&state=masked`);
  expect(items).toMatchObject([{ id: 1, categories: ['pan'], uncertainty: expect.any(Number) }]);
  expect(items[0].uncertainty).toBeGreaterThan(0);
  expect(items[0].uncertainty).toBeLessThan(1);

  const unknown = await call('POST', '/datasets/salt.pans/runs', { kind: 'extract', backbone: 'unknown' });
  expect(unknown.status).toBe(404);
});

test('images that failed are tried again, one or all, by administrators', async () => {
  const at = '/datasets/salt.pans/failures';
  const step = `extracted/${backbone}`;
  const { items } = await json('GET', at);
  const [{ sha256, reason }] = items;
  expect([items.length, items[0].step, reason]).toEqual([1, step, 'no image']);
  const one = await json('POST', `${at}/retry`, { step, sha256 });
  expect(one).toMatchObject({ kind: 'extract', of: expect.stringMatching(`^${backbone}/retry-[0-9a-f]{16}$`) });
  const found = (id: string) => json('GET', `/datasets/salt.pans/run?id=${encodeURIComponent(id)}`);
  const progress = { images: count, done: 0, failed: 1 };
  await expect.poll(() => found(one.id), patient).toMatchObject({ state: 'done', progress });
  // Somebody looked at it now.
  const [again] = (await json('GET', at)).items;
  expect(again.reason).toMatch(/do not decode/);
  const all = await json('POST', `${at}/retry`, { step });
  expect(all.of).toBe(`${backbone}/retry`);
  await expect.poll(() => found(all.id), patient).toMatchObject({ state: 'done', progress });

  const status = async (body: unknown, key = admin) => (await call('POST', `${at}/retry`, body, key)).status;
  expect(await status({ step: 'extracted/unknown' })).toBe(404);
  for (const step of ['masks/best', 'extracted/', 'extracted/../x', 'extracted/a/b', 'exported/1', '']) {
    expect(await status({ step })).toBe(400);
  }
  expect(await status({ step, sha256: 'a.png' })).toBe(400);
  expect(await status({ step }, stranger)).toBe(403);
  const [entry] = await json('GET', '/audit');
  expect(entry).toMatchObject({ action: 'dataset.retry', object: 'salt.pans', detail: { id: all.id } });
});

test('exports are made from a mask set and downloaded', async () => {
  const [{ recipes }] = await Promise.all([json('GET', '/datasets/salt.pans')]);
  const body = { recipe: recipes[0], format: 'coco-panoptic' };
  const started = await json('POST', '/datasets/salt.pans/exports', body);
  expect(started).toMatchObject({ kind: 'export', of: `coco-panoptic/${recipes[0]}` });
  await expect.poll(() => json('GET', '/datasets/salt.pans/exports'), patient).toMatchObject([body]);
  const [made] = await json('GET', '/datasets/salt.pans/exports');
  const zip = await call('GET', `/datasets/salt.pans/exports/${made.id}/zip`);
  const files = unzipTexts(Buffer.from(await zip.arrayBuffer()));
  expect(Object.keys(files)).toHaveLength(made.files);
  const document = JSON.parse(files[Object.keys(files).find((name) => name.endsWith('.json'))!]);
  expect(document.categories).toMatchObject([{ name: 'pan' }]);
  expect((await call('GET', `/datasets/salt.pans/exports/${made.id}/zip`, undefined, stranger)).status).toBe(404);

  // A run that refuses its input says why.
  await json('POST', '/datasets/salt.pans/exports', { recipe: 'none', format: 'voc' });
  const of = async () => (await runs()).find(({ of }) => of === 'voc/none');
  await expect
    .poll(of, patient)
    .toMatchObject({ state: 'failed', reason: expect.stringContaining('no masks of salt.pans') });
});

test("runs are paused, resumed and cancelled, only by their own dataset's address", async () => {
  const control = (id: string, action: string, dataset = 'salt.pans') =>
    call('POST', `/datasets/${dataset}/runs/control`, { id, action });
  const id = 'extract/salt.pans/waiting';
  const { client } = deployment.environment;
  // No worker takes it: it waits until it is cancelled.
  await client.workflow.start('extractDataset', {
    workflowId: id,
    taskQueue: 'nobody',
    args: [{ dataset: 'salt.pans', window: 1, extract: { backbone, facet: 'key' } }],
  });
  const found = async () => (await runs()).find((run) => run.id === id);
  await expect.poll(found, patient).toMatchObject({ state: 'running', progress: null, ended: null });
  expect(await found()).toMatchObject({ waiting: { queue: 'nobody', namespace: 'default' }, failing: null });
  for (const action of ['pause', 'resume']) expect((await control(id, action)).status).toBe(200);
  const history = await client.workflow.getHandle(id).fetchHistory();
  const signals = history.events?.flatMap(
    ({ workflowExecutionSignaledEventAttributes: said }) => said?.signalName ?? [],
  );
  expect(signals).toEqual(['pause', 'resume']);
  expect((await control('annotate/x', 'cancel')).status).toBe(404);
  expect((await control('extract/salt.pans-2/x', 'cancel')).status).toBe(404);
  expect((await control(id, 'cancel', 'nowhere')).status).toBe(404);
  expect((await control(id, 'cancel')).status).toBe(200);
  await client.workflow.getHandle(id).terminate();
  await expect.poll(found, patient).toMatchObject({ state: 'cancelled' });
  expect((await control(id, 'cancel')).status).toBe(404);

  const { db } = deployment.server.database;
  expect(await verifyAudit(db)).not.toHaveProperty('broken');
  const actions = await db
    .selectFrom('audit')
    .select('action')
    .where('action', 'like', 'dataset.%')
    .orderBy('n')
    .execute();
  expect(actions.map(({ action }) => action)).toEqual(
    ['run', 'run', 'run', 'run', 'retry', 'retry', 'export', 'export', 'pause', 'resume', 'cancel'].map(
      (action) => `dataset.${action}`,
    ),
  );
});

test('a campaign with an unknown backbone is refused; if preparation fails, the manager sees why and retries', async () => {
  const categories = [{ id: 1, name: 'pan', colour: '#00ff00', isthing: true }];
  const made = { id: 'nonsense', name: 'N', dataset: 'salt.pans', categories, backbone: 'nonsense' };
  const refused = await call('POST', '/campaigns', made);
  expect([refused.status, await refused.json()]).toEqual([
    404,
    { error: expect.stringContaining('backbone nonsense') },
  ]);
  expect(await json('GET', '/campaigns')).toEqual([]);

  const { db } = deployment.server.database;
  // The dataset is gone: no worker can prepare it.
  const settings = { preset: 'best', solve: {}, ordering: 'import' } as const;
  const lost = { id: 'lost', name: 'L', dataset: 'lost', categories, backbone, ...settings };
  await createCampaign(db, lost, { actor: await makeUser(db), shards: 1 });
  const preparation = () => json('GET', '/campaigns/lost/preparation');
  expect(await preparation()).toEqual({ state: 'cancelled', reason: null, waiting: null, failing: null });
  for (let time = 0; time < 2; time++) {
    await json('POST', '/campaigns/lost/preparation');
    const failed = { state: 'failed', reason: expect.stringContaining('no dataset lost') };
    await expect.poll(preparation, patient).toMatchObject(failed);
  }
  expect((await call('GET', '/campaigns/lost/preparation', undefined, stranger)).status).toBe(404);
  await db.updateTable('campaign').set({ state: 'closed' }).where('id', '=', 'lost').execute();
});

test("a campaign's masks are exported as they are now, with the campaign's category numbers", async () => {
  const categories = [
    { id: 2, name: 'brine', colour: '#0000ff', isthing: false },
    { id: 7, name: 'pan', colour: '#00ff00', isthing: true },
  ];
  await json('POST', '/campaigns', { id: 'salt', name: 'Salt', dataset: 'salt.pans', categories });
  const exported = await call('POST', '/campaigns/salt/exports', { format: 'voc' });
  expect([exported.status, await exported.json()]).toEqual([
    409,
    { error: 'nothing was handed in yet; expected one mask or more' },
  ]);
  const { db } = deployment.server.database;
  await expect.poll(async () => (await json('GET', '/campaigns/salt/tasks')).items.length, patient).toBe(50);
  const [task] = (await json('GET', '/campaigns/salt/tasks?limit=1')).items;
  const { recipes } = await json('GET', '/datasets/salt.pans');
  const [{ mask }] = (
    await json(
      'GET',
      `/datasets/salt.pans/images?recipe=${recipes.find((name: string) => !name.startsWith('campaign'))}&state=masked`,
    )
  ).items;
  const handed = {
    id: 'handed',
    task: task.id,
    campaign: 'salt',
    user_id: await makeUser(db),
    lease_until: new Date(),
  };
  await db
    .insertInto('assignment')
    .values({ ...handed, state: 'submitted', mask, submitted: new Date() })
    .execute();
  const run = await json('POST', '/campaigns/salt/exports', { format: 'voc' });
  const ofBuild = /^voc\/campaign-salt\.[0-9a-f]{16}$/;
  expect(run).toMatchObject({ kind: 'export', of: expect.stringMatching(ofBuild) });
  const exports = () => json('GET', '/datasets/salt.pans/exports');
  await expect.poll(exports, patient).toMatchObject([{ format: 'voc' }, { format: 'coco-panoptic', build: null }]);
  const [{ id, recipe, build }] = await exports();
  expect(recipe).toBe(`campaign-salt.${build}`);
  expect(await json('GET', '/builds/campaign:salt/shown')).toMatchObject({ build: { id: build, recipe }, back: null });
  const zip = await call('GET', `/datasets/salt.pans/exports/${id}/zip`);
  const labels = unzipTexts(Buffer.from(await zip.arrayBuffer()))['labelmap.txt'];
  expect(labels).toMatch(/^#.*\nbackground:.*\nbrine:.*\npan:.*\n$/);
  const kept = await store.get('datasets/salt.pans/classes/campaign-salt/000000001.json');
  expect(JSON.parse(Buffer.from(kept).toString()).categories.map(({ id }: { id: number }) => id)).toEqual([2, 7]);
  expect((await call('GET', `/tasks/${task.id}/thumbnail`)).status).toBe(200);
  const shown = await call('GET', `/tasks/${task.id}/mask`);
  expect(Buffer.from(await shown.arrayBuffer()).toString('latin1', 1, 4)).toBe('PNG');
});
