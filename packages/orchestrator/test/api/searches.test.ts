/** Searches by example over the API, with a real Temporal, server and worker. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewSearch, Search } from '@saltworks/contract/api/searches';
import type { DatasetImage } from '@saltworks/contract/documents/dataset';
import { searchReportKey } from '@saltworks/contract/layout';
import { createActivities } from '@saltworks/worker/activities';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  height,
  importFiles,
  maskThreads,
  openEngine,
  pictures,
  removeEngine,
  scribbles,
  width,
} from '../../../worker/test/engine.ts';
import { createApiKey } from '../../dist/api/auth.js';
import { setMember } from '../../dist/campaigns/members.js';
import { makeCampaign, makeUser } from '../campaigns/campaign.ts';
import { type Deployment, openDeployment } from '../deployment.ts';

const folder = mkdtempSync(join(tmpdir(), 'saltworks-searches-'));
const engine = openEngine();
const patient = { timeout: 50_000, interval: 100 };
const count = 18;
const at = '/datasets/pans/search';
let deployment: Deployment;
let images: DatasetImage[];
let keys: Record<'admin' | 'reviewer' | 'annotator' | 'stranger', string>;
/** The mask set that the scribbles gave. */
let recipe: string;

beforeAll(async () => {
  images = await importFiles(engine.store, 'pans', await pictures(count));
  await importFiles(engine.store, 'ponds', await pictures(2));
  const text = new TextEncoder().encode(JSON.stringify(scribbles()));
  await engine.store.put(`datasets/pans/scribbles/000000000/${images[0].sha256}.json`, text);
  deployment = await openDeployment({
    ...{ store: engine.store, folder, roles: ['extract', 'propagate', 'annotate'] },
    activities: (own) => createActivities({ ...engine, ...own }),
  });
  const { server } = deployment;
  const { db } = server.database;
  const member = async (user: string) => (await createApiKey(db, { user: await makeUser(db, user), name: 'test' })).key;
  keys = {
    admin: await server.adminKey('test'),
    ...{ reviewer: await member('reviewer'), annotator: await member('annotator'), stranger: await member('stranger') },
  };
  const { id } = await makeCampaign(db, { dataset: 'pans' });
  await setMember(db, id, 'reviewer', 'reviewer', 'owner');
  await setMember(db, id, 'annotator', 'annotator', 'owner');
}, 120_000);
afterAll(async () => {
  await deployment?.close();
  await maskThreads.close();
  removeEngine(engine);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

// biome-ignore lint/suspicious/noExplicitAny: whatever the server answers
type Answer = { status: number; body: any };

async function call(method: string, path: string, body?: unknown, role: keyof typeof keys = 'admin'): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${deployment.server.port}/api${path}`, {
    method,
    headers: {
      authorization: `Bearer ${keys[role]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}
const start = (body: NewSearch, role: keyof typeof keys = 'reviewer') => call('POST', at, body, role);
const run = async (kind: string) => {
  const { status, body } = await call('POST', '/datasets/pans/runs', { kind });
  expect(status, JSON.stringify(body)).toBe(200);
  const state = async () =>
    (await call('GET', `/datasets/pans/run?id=${encodeURIComponent(body.id)}`)).body.state as string;
  await expect.poll(state, patient).toBe('done');
  return body.of as string;
};
/** The search once its run is done. */
async function foundBy(body: NewSearch): Promise<Search> {
  const asked = await start(body);
  expect(asked.status, JSON.stringify(asked.body)).toBe(200);
  const look = async () => (await call('GET', `${at}/${asked.body.id}`, undefined, 'reviewer')).body as Search;
  await expect.poll(async () => (await look()).run?.state, patient).toBe('done');
  return look();
}

test('an image without keys is no example yet', async () => {
  const stroke = { points: [[20, 16]] as [number, number][], radius: 3 };
  expect(await start({ image: 1, stroke })).toMatchObject({
    status: 409,
    body: { error: 'image 0.png has no keys yet; expected them to be extracted' },
  });
  await run('extract');
  recipe = await run('propagate');
});

test('a segment of a mask is found in every other image, at its place', async () => {
  const search = await foundBy({ image: 1, recipe, segment: 7 });
  const { example, found, run: ran } = search;
  expect(search).toMatchObject({ keys: 'dinov2-small-focus', top: 50 });
  expect(ran).toMatchObject({ kind: 'search', of: search.id, progress: { images: count, done: count } });
  expect(example).toMatchObject({ image: 1, name: '0.png', width, height });
  expect(example.box[0] >= 8 && example.box[2] <= 36 && example.box[1] >= 4 && example.box[3] <= 28).toBe(true);
  expect(found).toMatchObject({ images: count - 1, compared: count - 1 });
  expect(found!.results.map(({ image }) => image).sort((a, b) => a - b)).toEqual(
    Array.from({ length: count - 1 }, (_, i) => i + 2),
  );
  const scores = found!.results.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  for (const { place, box, ...size } of found!.results) {
    expect(size).toMatchObject({ width, height });
    expect(place[0] >= 8 && place[0] < 36 && place[1] >= 4 && place[1] < 28).toBe(true);
    expect(box[0] <= place[0] && place[0] < box[2]).toBe(true);
  }
  // Whoever may see the dataset sees it among the runs.
  const { body } = await call('GET', '/datasets/pans/runs', undefined, 'reviewer');
  expect(body).toContainEqual(expect.objectContaining({ kind: 'search', of: search.id, state: 'done' }));
});

test('a stroke and pixels are examples, too; the same is asked again under the same name', async () => {
  const stroke = {
    points: [
      [16, 12],
      [28, 20],
    ] as [number, number][],
    radius: 2,
  };
  const drawn = await foundBy({ image: 1, stroke, top: 3 });
  expect(drawn.example.box).toEqual([14, 10, 31, 23]);
  expect(drawn.found?.results).toHaveLength(3);
  // The same pixels: a row of them.
  const row = { image: 1, region: [12 * width + 14, 10], top: 3 };
  const pixels = await foundBy(row);
  expect(pixels.example.box).toEqual([14, 12, 24, 13]);
  expect((await foundBy(row)).id).toBe(pixels.id);
  const again = await foundBy({ again: pixels.id });
  expect([again.id, again.found]).toEqual([pixels.id, pixels.found]);
  // A report that is gone is told so, and made again.
  await engine.store.delete(searchReportKey('pans', pixels.id));
  expect((await call('GET', `${at}/${pixels.id}`)).body).toMatchObject({ run: { state: 'done' }, found: null });
  expect((await foundBy({ again: pixels.id })).found).toEqual(pixels.found);
});

test('what is not there, or does not fit, is refused', async () => {
  const stroke = { points: [[20, 16]] as [number, number][], radius: 3 };
  const refused = async (body: unknown) => {
    const answer = await call('POST', at, body, 'reviewer');
    return [answer.status, answer.body.error];
  };
  expect(await refused({ image: 99, stroke })).toEqual([404, 'no such image']);
  expect(await refused({ image: 1, recipe, segment: 8 })).toEqual([
    404,
    'no segment 8 in the mask of 0.png; expected one of 7',
  ]);
  expect(await refused({ image: 2, recipe, segment: 7 })).toEqual([404, 'no such mask']);
  expect(await refused({ image: 1, stroke, keys: 'other' })).toEqual([
    404,
    'no keys other of pans; expected dinov2-small-focus',
  ]);
  expect(await refused({ again: '0'.repeat(16) })).toEqual([
    404,
    expect.stringContaining('no search 0000000000000000'),
  ]);
  const outside = { points: [[900, 900]], radius: 3 };
  expect(await refused({ image: 1, stroke: outside })).toEqual([
    400,
    expect.stringContaining('an example of no pixel'),
  ]);
  for (const region of [
    [0, 0],
    [5, 0, 7, 0],
  ]) {
    expect(await refused({ image: 1, region })).toEqual([400, expect.stringContaining('an example of no pixel')]);
  }
  expect(await refused({ image: 1, region: [0, width * height + 1] })).toEqual([
    400,
    expect.stringContaining(`expected some of the ${width * height} of image 1`),
  ]);
  for (const wrong of [
    {},
    { image: 1 },
    { image: 1, stroke, region: [0, 1] },
    { image: 1, recipe },
    { image: 0, stroke },
    { image: 1, stroke, top: 201 },
    { image: 1, stroke: { points: [], radius: 1 } },
    { image: 1, stroke: { points: Array(513).fill([1, 1]), radius: 1 } },
    { image: 1, stroke: { points: [[1, 1]], radius: 101 } },
    { again: 'x' },
  ]) {
    expect((await refused(wrong))[0], JSON.stringify(wrong)).toBe(400);
  }
});

test('reviewers of the dataset ask and see; annotators may not, and for strangers there is nothing', async () => {
  const body = { image: 1, recipe, segment: 7 };
  const { id } = (await start(body)).body;
  const statuses = async (role: keyof typeof keys) => [
    (await start(body, role)).status,
    (await call('GET', `${at}/${id}`, undefined, role)).status,
  ];
  expect(await statuses('annotator')).toEqual([403, 403]);
  expect(await statuses('stranger')).toEqual([404, 404]);
  expect(await statuses('admin')).toEqual([200, 200]);
  // Of another dataset it is none.
  expect((await call('GET', `/datasets/ponds/search/${id}`)).status).toBe(404);
  const { body: audit } = await call('GET', '/audit?limit=200');
  expect(JSON.stringify(audit)).toContain(`search/pans/${id}`);
});
