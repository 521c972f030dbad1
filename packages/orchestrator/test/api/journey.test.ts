import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@saltworks/backbone/image/decode';
import { decodeRuns } from '@saltworks/contract/documents/run-lengths';
import { extractReportKey, keysKey, maskKey } from '@saltworks/contract/layout';
import { encodeKeys } from '@saltworks/core/formats/keys';
import { readShard } from '@saltworks/store/datasets/dataset';
import { importDataset } from '@saltworks/store/import/import';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { openMaskThreads } from '@saltworks/worker/mask-threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unzipTexts } from '../../../../scripts/unzip.mjs';
import { createApiKey } from '../../dist/api/auth.js';
import { makeUser } from '../campaigns/campaign.ts';
import { type Deployment, openKeyless } from '../deployment.ts';

const backbone = 'dinov2-small-focus';
const [width, height] = [48, 32];
const [h, w] = [4, 6];
const folder = mkdtempSync(join(tmpdir(), 'saltworks-journey-'));
const store = fileStore(folder);
const maskThreads = openMaskThreads(1);
const patient = { timeout: 50_000, interval: 50 };

let deployment: Deployment;
let admin: string;
let annotator: string;

/** An image with a dark and a light half, and keys that tell the halves apart. */
async function importPictures(count: number): Promise<void> {
  async function* source() {
    for (let i = 0; i < count; i++) {
      const pixels = Uint8Array.from({ length: 3 * width * height }, (_, p) =>
        Math.floor(p / 3) % width < width / 2 ? 40 + i : 200,
      );
      const bytes = await encodePng(pixels, { width, height, channels: 3 });
      yield { name: `${i}.png`, version: '1', read: async () => bytes };
    }
  }
  await importDataset(store, 'pans', source(), { source: 'test' });
  const data = Float32Array.from({ length: h * w * 2 }, (_, i) => (i % 2 === 1 ? 0.5 : (i / 2) % w < w / 2 ? 1 : -1));
  for (const { sha256 } of await readShard(store, 'pans', 0)) {
    const origin = { backbone, layer: 11, facet: 'key', image: { width, height }, imageSha256: sha256 } as const;
    await store.put(keysKey(backbone, sha256), encodeKeys({ data, h, w, d: 2 }, origin));
  }
  await store.put(extractReportKey('pans', backbone, 0), JSON.stringify({ images: count, failures: [] }));
}

beforeAll(async () => {
  await importPictures(2);
  deployment = await openKeyless({
    store,
    folder,
    maskThreads,
    roles: ['annotate', 'propagate'],
    concurrency: { annotate: 4 },
  });
  const { server } = deployment;
  admin = await server.adminKey('test');
  const { db } = server.database;
  annotator = (await createApiKey(db, { user: await makeUser(db, 'ann'), name: 'test' })).key;
}, 120_000);

afterAll(async () => {
  await deployment?.close();
  await maskThreads.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

async function call(method: string, path: string, body?: unknown, key = annotator, headers = {}) {
  return fetch(`http://127.0.0.1:${deployment.server.port}/api${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

async function json(...given: Parameters<typeof call>) {
  const answer = await call(...given);
  const text = await answer.text();
  expect(answer.status, `${given[0]} ${given[1]}: ${text}`).toBe(200);
  return JSON.parse(text);
}

/** Events as they come. */
async function follow(assignment: string) {
  const answer = await call('GET', `/assignments/${assignment}/events`);
  const events: { event: string; data: Record<string, unknown> }[] = [];
  let text = '';
  const reading = (async () => {
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const parts = text.split('\n\n');
      text = parts.pop() as string;
      for (const part of parts) {
        const fields = Object.fromEntries(part.split('\n').map((line) => line.split(/: (.*)/)));
        if (fields.event) events.push({ event: fields.event, data: JSON.parse(fields.data) });
      }
    }
  })();
  return { events, reading };
}

test('strokes become labels and a mask, which is submitted, sent back, corrected and accepted', async () => {
  const categories = [{ id: 1, name: 'pan', colour: '#00ff00', isthing: true }];
  const campaign = { id: 'salt', name: 'Salt', dataset: 'pans', categories, leaseSeconds: 60 };
  await json('POST', '/campaigns', campaign, admin);
  await json('PUT', '/campaigns/salt/members/ann', { role: 'annotator' }, admin);
  await expect.poll(async () => (await json('GET', '/campaigns/salt/progress')).tasks, patient).toBe(2);

  const taken = await json('POST', '/campaigns/salt/next');
  expect(taken).toMatchObject({ state: 'leased', n: 0, image: { width, height } });
  expect((await json('GET', `/assignments/${taken.id}`)).accepted).toBeNull();
  const at = `/assignments/${taken.id}`;
  const { events, reading } = await follow(taken.id);
  const last = (kind: string) => events.filter(({ event }) => event === kind).at(-1)?.data;

  const client = randomUUID();
  let seq = 0;
  const draw = (...interactions: unknown[]) =>
    json('POST', `${at}/interactions`, {
      client,
      interactions: interactions.map((interaction) => ({ seq: ++seq, interaction })),
    });
  const stroke = (segment: number, x: number, radius = 3) => ({ kind: 'stroke', segment, points: [[x, 16]], radius });

  expect((await call('POST', `${at}/submit`)).status).toBe(409);
  await draw({ kind: 'segment', id: 5, category: 1 }, stroke(5, 8));
  await expect
    .poll(() => last('none'), patient)
    .toMatchObject({ n: 2, reason: expect.stringContaining('1 of at least two') });
  expect(await draw(stroke(0, 40))).toEqual({ n: 3, added: 1 });
  await expect.poll(() => last('patch'), patient).toMatchObject({ n: 3, h: 8, w: 12, labels: [0, 5] });
  const patch = last('patch') as unknown as Parameters<typeof decodeRuns>[0];
  const labels = [...decodeRuns(patch)].map((label) => patch.labels[label]);
  // Left and right of the edge.
  expect([labels[4 * 12 + 1], labels[4 * 12 + 10]]).toEqual([5, 0]);

  await expect.poll(() => last('pixel'), patient).toMatchObject({ n: 3, mask: expect.any(String) });
  const { mask, segments } = last('pixel') as { mask: string; segments: unknown };
  expect(segments).toMatchObject([{ id: 5, iscrowd: 0 }]);
  const png = await call('GET', `${at}/masks/${mask}`);
  expect(png.headers.get('content-type')).toBe('image/png');
  expect(
    Buffer.from(await png.arrayBuffer())
      .subarray(1, 4)
      .toString(),
  ).toBe('PNG');
  const webp = await call('GET', `${at}/image`);
  expect(
    Buffer.from(await webp.arrayBuffer())
      .subarray(8, 12)
      .toString(),
  ).toBe('WEBP');
  expect(await json('GET', `${at}/attribution?x=4&y=16`)).toMatchObject({ segment: 5, strokes: [{ n: 2 }] });
  expect((await call('GET', `${at}/attribution?x=4000&y=16`)).status).toBe(409);

  expect(await json('POST', `${at}/submit`)).toEqual({ n: 3, mask });
  expect(
    (await call('POST', `${at}/interactions`, { client, interactions: [{ seq: 4, interaction: stroke(0, 44) }] }))
      .status,
  ).toBe(409);
  await json('POST', `${at}/review`, { verdict: 'send_back', note: 'more', at: { x: 1, y: 1 } }, admin);
  expect((await json('POST', '/campaigns/salt/next')).id).toBe(taken.id);
  await draw({ kind: 'undo' }, stroke(0, 30));
  const again = await json('POST', `${at}/submit`);
  expect(again).toMatchObject({ n: 5 });
  await json('POST', `${at}/review`, { verdict: 'accept' }, admin);
  const found = await json('GET', at);
  expect(found).toMatchObject({ state: 'accepted', mask: again.mask, drawing: { strokes: [{ n: 2 }, { n: 5 }] } });
  // Each review names the mask that it is about.
  expect(found.reviews.map((review: { mask: string }) => review.mask)).toEqual([mask, again.mask]);
  const { items } = await json('GET', '/campaigns/salt/tasks?order=uncertain', undefined, admin);
  expect(items).toMatchObject([
    { state: 'done', handed: 1, accepted: 1, categories: [1], mask: again.mask, uncertainty: expect.any(Number) },
    { state: 'open', handed: 0, categories: [], mask: null, uncertainty: null },
  ]);
  expect(await json('GET', '/campaigns/salt/pace?by=hour', undefined, admin)).toMatchObject({
    remaining: 1,
    lastHour: 1,
  });
  const states = () => events.filter(({ event }) => event === 'state').map(({ data }) => data.state);
  await expect.poll(states, patient).toEqual(['submitted', 'sent_back', 'leased', 'submitted', 'accepted']);
  expect(await json('GET', '/campaigns/salt/progress')).toMatchObject({ filled: true, tasks: 2, done: 1 });
  expect((await json('GET', '/audit/verify', undefined, admin)).broken).toBeUndefined();
  void reading.catch(() => {});
});

test('what was handed in is replayed: its masks after each stroke, compared with the last', async () => {
  const efficiency = () => json('GET', '/campaigns/salt/label-efficiency', undefined, admin);
  await expect.poll(efficiency, patient).toMatchObject({
    ...{ pending: 0, leftOut: [], known: null },
    handedIn: {
      ...{ images: 1, drawings: 1, strokes: 3, seconds: expect.any(Number) },
      byStrokes: [
        { strokes: 1, going: 1, miou: { mean: 0, low: 0, high: 0 } },
        { strokes: 2, going: 1, miou: { mean: expect.any(Number) } },
        { strokes: 3, going: 0, miou: { mean: 1, low: 1, high: 1 } },
      ],
    },
  });
  const { handedIn } = await efficiency();
  // Right after the second stroke, which was undone later.
  expect(handedIn.byStrokes[1].miou.mean).toBeGreaterThan(0.5);
  expect((await call('GET', '/campaigns/salt/label-efficiency')).status).toBe(403);
  const stored: string[] = [];
  for await (const { key } of store.list('label-efficiency/')) stored.push(key);
  expect(stored).toEqual([expect.stringMatching(/000000005-[0-9a-f]{64}\.json$/)]);
});

test('an assignment whose lease is not renewed ends, and the next annotator gets the image', async () => {
  await json('PATCH', '/campaigns/salt', { leaseSeconds: 5 }, admin);
  const taken = await json('POST', '/campaigns/salt/next');
  await json(
    'PUT',
    `/campaigns/salt/members/${(await json('GET', '/me', undefined, admin)).id}`,
    { role: 'manager' },
    admin,
  );
  expect(await json('POST', '/campaigns/salt/next', undefined, admin)).toBeNull();
  await expect.poll(async () => (await json('GET', `/assignments/${taken.id}`)).state, patient).toBe('returned');
  expect(await json('POST', '/campaigns/salt/next', undefined, admin)).toMatchObject({ image: taken.image });
});

test('images of background alone are submitted, compared, merged to a consensus and exported like others', async () => {
  await json('PATCH', '/campaigns/salt', { leaseSeconds: 600, annotators: 2 }, admin);
  const nothing = async (key: string) => {
    const { id, task, image } = await json('POST', '/campaigns/salt/next', undefined, key);
    const interaction = { kind: 'stroke', segment: 0, points: [[40, 16]], radius: 3 };
    const body = { client: randomUUID(), interactions: [{ seq: 1, interaction }] };
    await json('POST', `/assignments/${id}/interactions`, body, key);
    const { mask } = await json('POST', `/assignments/${id}/submit`, undefined, key);
    expect(await json('GET', `/assignments/${id}/attribution?x=4&y=16`, undefined, key)).toMatchObject({
      ...{ segment: 0, strokes: [{ n: 1, share: 1 }] },
    });
    return { task, name: image.name, mask };
  };
  const { task, name, mask } = await nothing(admin);
  await expect.poll(async () => (await nothing(annotator)).task, patient).toBe(task);
  const agreement = () => json('GET', '/campaigns/salt/agreement', undefined, admin);
  await expect.poll(agreement, patient).toMatchObject({
    ...{ pending: 0, incomparable: [], images: [{ name, miou: 1, pixels: 1, kappa: 1 }] },
  });
  expect(await json('GET', '/campaigns/salt/effort', undefined, admin)).toMatchObject({
    annotators: expect.arrayContaining([expect.objectContaining({ images: 1, strokes: 1 })]),
  });
  const together = await json('POST', `/tasks/${task}/consensus`, { weights: 'equal' }, admin);
  expect(together).toMatchObject({ segments: [] });
  for (const id of [mask, together.mask]) {
    expect(JSON.parse(Buffer.from(await store.get(maskKey(id, '.json'))).toString())).toMatchObject({
      ...{ segments_info: [], categories: [] },
    });
  }
  const { items } = await json('GET', '/campaigns/salt/tasks?order=uncertain', undefined, admin);
  expect(items).toMatchObject([{}, { state: 'done', handed: 2, categories: [], uncertainty: 0 }]);
  await json('POST', '/campaigns/salt/exports', { format: 'yolo-seg' }, admin);
  const exports = () => json('GET', '/datasets/pans/exports', undefined, admin);
  await expect.poll(exports, patient).toMatchObject([{ format: 'yolo-seg' }]);
  const [{ id }] = await exports();
  const zip = await call('GET', `/datasets/pans/exports/${id}/zip`, undefined, admin);
  const files = unzipTexts(Buffer.from(await zip.arrayBuffer()));
  expect(files[`labels/${name.replace(/\.\w+$/, '')}.txt`]).toBe('');
});
