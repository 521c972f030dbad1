/** Bake-offs over the API, with Temporal, and a worker whose keys are the pictures' own colours. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@saltworks/backbone/image/decode';
import { bakeoffPlan } from '@saltworks/contract/documents/bakeoffs';
import {
  bakeoffPlanKey,
  drawingKey,
  extractReportKey,
  keysKey,
  maskKey,
  scribblesKey,
  strokesKey,
} from '@saltworks/contract/layout';
import type { RgbImage } from '@saltworks/core/image/image';
import { readShard } from '@saltworks/store/datasets/dataset';
import { putTruth } from '@saltworks/store/datasets/truth';
import { importDataset } from '@saltworks/store/import/import';
import { readDocument } from '@saltworks/store/objects/documents';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { createActivities } from '@saltworks/worker/activities';
import { openMaskThreads } from '@saltworks/worker/mask-threads';
import { objectReader } from '@saltworks/worker/objects';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../dist/api/auth.js';
import { makeCampaign, makeUser } from '../campaigns/campaign.ts';
import { type Deployment, openDeployment } from '../deployment.ts';

const backbone = 'dinov2-small-focus';
const [width, height] = [48, 32];
const folder = mkdtempSync(join(tmpdir(), 'saltworks-bakeoffs-'));
const store = fileStore(folder);
const maskThreads = openMaskThreads(1);
const patient = { timeout: 60_000, interval: 100 };

/** A left half that is dark and a right one that is light. */
const pixels = (shade: number) =>
  Uint8Array.from({ length: 3 * width * height }, (_, i) => (Math.floor(i / 3) % width < width / 2 ? shade : 200));

const stroke = (segment: number, x: number, y: number) => ({
  ...{ segment, radius: 2 },
  points: [
    [x, y],
    [x + 8, y],
  ],
});
const drawn = JSON.stringify({
  ...{ version: 1, image: { width, height } },
  segments: [{ id: 1, category: 'heap', isthing: true }],
  strokes: [stroke(1, 4, 4), stroke(1, 4, 26), stroke(0, 34, 4), stroke(0, 34, 26)],
});

/** Keys by the brightness of cells of 8 × 8 pixels. */
function keysOf({ data, width, height }: RgbImage) {
  const [h, w, d] = [height / 8, width / 8, 2];
  const keys = Float32Array.from({ length: h * w * d }, (_, i) => {
    const [cell, dimension] = [Math.floor(i / d), i % d];
    const pixel = Math.floor(cell / w) * 8 * width + (cell % w) * 8;
    return dimension === 0 ? data[3 * pixel] / 255 - 0.5 : 0.3;
  });
  return { data: keys, h, w, d };
}

let deployment: Deployment;
let admin: string;
let stranger: string;
/** Holds inference up. */
let gate: Promise<void> = Promise.resolve();

beforeAll(async () => {
  async function* source() {
    for (let i = 0; i < 6; i++) {
      const bytes = await encodePng(pixels(30 + i), { width, height, channels: 3 });
      yield { name: `${i}.png`, version: '1', read: async () => bytes };
    }
  }
  await importDataset(store, 'pans', source(), { source: 'test' });
  const images = await readShard(store, 'pans', 0);
  for (const { sha256 } of images.slice(0, 5)) await store.put(scribblesKey('pans', 0, sha256, '.json'), drawn);
  const left = Uint8Array.from({ length: 3 * width * height }, (_, i) =>
    i % 3 === 0 && Math.floor(i / 3) % width < width / 2 ? 1 : 0,
  );
  await putTruth(
    store,
    { dataset: 'pans', sha256: images[2].sha256 },
    {
      png: await encodePng(left, { width, height, channels: 3 }),
      segments: [{ id: 1, category_id: 2 }],
      categories: [{ id: 2, name: 'heap', isthing: 1 }],
    },
  );
  const keys = {
    open: async () => ({
      ...{ layer: 11, sha256: '5'.repeat(64), batch: 1, device: 'cpu', precision: 'float32' },
      async extract(image: RgbImage) {
        await gate;
        return keysOf(image);
      },
    }),
    close: async () => {},
  };
  const deps = { store, keys, maskThreads, readObject: objectReader(store, () => ({})), maxPixels: 1e6 };
  deployment = await openDeployment({
    ...{ store, folder, roles: ['extract', 'propagate'] },
    activities: () => createActivities(deps),
  });
  const { server } = deployment;
  admin = await server.adminKey('test');
  const { db } = server.database;
  stranger = (await createApiKey(db, { user: await makeUser(db, 'stranger'), name: 'test' })).key;
}, 120_000);

afterAll(async () => {
  await deployment?.close();
  await maskThreads.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

async function ask(method: string, path: string, body?: unknown, key = admin) {
  const answer = await fetch(`http://127.0.0.1:${deployment.server.port}/api/subjects/${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: answer.status, body: JSON.parse((await answer.text()) || 'null') };
}

const layers = (...of: number[]) => of.map((layer) => ({ backbone, layer }));

async function finished(subject: string, id: string) {
  const state = async () => (await ask('GET', `${subject}/bakeoffs/${id}`)).body.state;
  await expect.poll(state, patient).toBe('done');
  return (await ask('GET', `${subject}/bakeoffs/${id}/report`)).body;
}

describe('a bake-off of a dataset', () => {
  const at = 'dataset:pans/bakeoffs';

  test('tries its variants on the drawn images, and is found again by the same request', async () => {
    const started = await ask('POST', at, { variants: layers(11, 9), sample: 4 });
    expect(started).toMatchObject({
      status: 200,
      body: {
        ...{ subject: { kind: 'dataset', name: 'pans' }, images: 4, known: 1, accepted: 0 },
        variants: [{ name: 'layer 11' }, { name: 'layer 9', keys: `${backbone}-layer9` }],
        whole: { images: 6, drawn: 5, shards: 1 },
      },
    });
    const { id } = started.body;
    const report = await finished('dataset:pans', id);
    expect(report).toMatchObject({ bakeoff: id, images: 4, judged: 4, strokes: 16, failures: [] });
    expect(report.variants[0]).toMatchObject({
      ...{ known: { images: 1, value: { mean: 1 } }, accepted: null, labels: { images: 4, value: { mean: 1 } } },
      ...{ sample: { made: 4, cached: 0 }, there: 0, cost: { device: 'cpu', precision: 'float32' } },
    });
    // No shard is said to have keys.
    expect(await store.head(extractReportKey('pans', `${backbone}-layer9`, 0))).toBeUndefined();
    const again = await ask('POST', at, { variants: layers(11, 9), sample: 4 });
    expect(again.body).toMatchObject({ id, state: 'done' });
    expect((await ask('GET', at)).body.items.map((one: { id: string }) => one.id)).toEqual([id]);
  }, 120_000);

  test('keeps copies of the strokes: what is drawn later is another bake-off', async () => {
    const { body } = await ask('GET', at);
    const subject = { kind: 'dataset', name: 'pans' } as const;
    const plan = (await readDocument(store, bakeoffPlanKey(subject, body.items[0].id), bakeoffPlan))!;
    for (const { strokes, extension } of plan.images) {
      expect(new TextDecoder().decode(await store.get(strokesKey(strokes, extension)))).toBe(drawn);
    }
  });

  test.each([
    [{ variants: layers(11) }, 400, 'variants'],
    [{ variants: layers(11, 11) }, 400, 'twice; expected variants that differ'],
    [{ variants: layers(11, 99) }, 404, 'layer 99; expected 0 to 11'],
    [{ variants: [{ backbone }, { backbone: 'nobodys' }] }, 404, 'nobodys'],
    [{ variants: layers(11, 9), sample: 0 }, 400, 'sample'],
  ])('%j is refused', async (body, status, message) => {
    const answer = await ask('POST', at, body);
    expect([answer.status, answer.body.error]).toEqual([status, expect.stringContaining(message)]);
  });

  test('does not exist for those who manage no campaign over it', async () => {
    expect(await ask('GET', at, undefined, stranger)).toMatchObject({ status: 404 });
    expect(await ask('POST', at, { variants: layers(11, 9) }, stranger)).toMatchObject({ status: 404 });
  });

  test('is cancelled, and goes on when it is asked for again', async () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const request = { variants: layers(8, 7), sample: 3 };
    const { body } = await ask('POST', at, request);
    expect(await ask('POST', `${at}/${body.id}/cancel`)).toMatchObject({ status: 200 });
    const state = async () => (await ask('GET', `${at}/${body.id}`)).body.state;
    open();
    await expect.poll(state, patient).toBe('cancelled');
    expect(await ask('POST', `${at}/${body.id}/cancel`)).toMatchObject({ status: 409 });
    expect(await ask('GET', `${at}/${body.id}/report`)).toMatchObject({ status: 404 });
    expect((await ask('POST', at, request)).body).toMatchObject({ id: body.id, state: 'running' });
    expect(await finished('dataset:pans', body.id)).toMatchObject({ judged: 3 });
  }, 120_000);
});

describe('a bake-off of a campaign', () => {
  test('takes what annotators handed in: the accepted drawing, else the last', async () => {
    const { db } = deployment.server.database;
    const campaign = await makeCampaign(db, { backbone, images: 0 });
    const nothing = await ask('POST', `campaign:${campaign.id}/bakeoffs`, { variants: layers(11, 9) });
    expect([nothing.status, nothing.body.error]).toEqual([400, expect.stringContaining('nothing was drawn')]);

    const images = (await readShard(store, 'pans', 0)).slice(0, 3);
    const mask = 'a'.repeat(64);
    const half = Uint8Array.from({ length: 3 * width * height }, (_, i) =>
      i % 3 === 0 && Math.floor(i / 3) % width < width / 2 ? 1 : 0,
    );
    await store.put(maskKey(mask, '.png'), await encodePng(half, { width, height, channels: 3 }));
    for (const [i, { id, sha256, name, object }] of images.entries()) {
      const row = { campaign: campaign.id, image_id: id, sha256, name, object, rank: i };
      const { id: task } = await db.insertInto('task').values(row).returning('id').executeTakeFirstOrThrow();
      const works = i === 0 ? (['accepted', 'submitted'] as const) : (['submitted'] as const);
      for (const [n, state] of works.entries()) {
        const assignment = `work-${i}-${n}`;
        await store.put(drawingKey(assignment, 4), drawn);
        await db
          .insertInto('assignment')
          .values({
            ...{ id: assignment, task, campaign: campaign.id, user_id: await makeUser(db), state, n: 4, mask },
            ...{ lease_until: new Date(), submitted: new Date(n) },
          })
          .execute();
      }
    }
    const { body, status } = await ask('POST', `campaign:${campaign.id}/bakeoffs`, {
      variants: layers(11, 9),
      sample: 3,
    });
    expect([status, body]).toEqual([200, expect.objectContaining({ images: 3, known: 1, accepted: 1 })]);
    const report = await finished(`campaign:${campaign.id}`, body.id);
    expect(report.variants[1].accepted).toMatchObject({ images: 1, value: { mean: 1 } });
    // Keys that the dataset's bake-off made are there.
    expect(report.variants[1].sample.cached).toBeGreaterThan(0);
    expect(await store.head(keysKey(`${backbone}-layer9`, images[0].sha256))).toBeDefined();
  }, 120_000);
});
