/** Images that begin with their known masks: a real import, server, worker and Temporal. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage, encodePng } from '@saltworks/backbone/image/decode';
import type { MaskDocument } from '@saltworks/contract/documents/masks';
import { encodeRegion } from '@saltworks/contract/documents/run-lengths';
import { extractReportKey, keysKey, maskKey, maskReportKey } from '@saltworks/contract/layout';
import { encodeKeys } from '@saltworks/core/formats/keys';
import { decodePanoptic, encodePanoptic } from '@saltworks/core/mask/mask';
import { readDataset, readShard } from '@saltworks/store/datasets/dataset';
import { putTruth } from '@saltworks/store/datasets/truth';
import { importDataset } from '@saltworks/store/import/import';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { putCurrent } from '@saltworks/store/prelabels/prelabels';
import { openMaskThreads } from '@saltworks/worker/mask-threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiKey } from '../../dist/api/auth.js';
import { makeUser } from '../campaigns/campaign.ts';
import { type Deployment, openKeyless } from '../deployment.ts';

const backbone = 'dinov2-small-focus';
const [width, height] = [48, 32];
const [h, w] = [4, 6];
const folder = mkdtempSync(join(tmpdir(), 'saltworks-start-'));
const store = fileStore(folder);
const maskThreads = openMaskThreads(1);
const patient = { timeout: 50_000, interval: 50 };

/** Known masks, by image: a pan with a hole in it and a heap of one pixel; a pan everywhere; none; one with a class of its own. */
const truths: Record<string, ((x: number, y: number) => number) | undefined> = {
  'a.png': (x, y) => (x === 40 && y === 5 ? 9 : x < 30 && y > 3 && !(x === 7 && y === 9) ? 5 : 0),
  'b.png': () => 5,
  'c.png': undefined,
  'd.png': (x) => (x < 20 ? 5 : 77),
};
const idsOf = (of: (x: number, y: number) => number) =>
  Uint32Array.from({ length: width * height }, (_, i) => of(i % width, Math.floor(i / width)));
const known = [
  { id: 1, name: 'pan', isthing: 1 as const },
  { id: 2, name: 'heap', isthing: 1 as const },
  { id: 3, name: 'bird', isthing: 1 as const },
];

let deployment: Deployment;
let admin: string;
let annotator: string;

async function importPictures(): Promise<void> {
  async function* source() {
    for (const [i, name] of Object.keys(truths).entries()) {
      const pixels = Uint8Array.from({ length: 3 * width * height }, (_, p) =>
        Math.floor(p / 3) % width < width / 2 ? 40 + i : 200,
      );
      const bytes = await encodePng(pixels, { width, height, channels: 3 });
      yield { name, version: '1', read: async () => bytes };
    }
  }
  await importDataset(store, 'pans', source(), { source: 'test', categories: known });
  const data = Float32Array.from({ length: h * w * 2 }, (_, i) => (i % 2 === 1 ? 0.5 : (i / 2) % w < w / 2 ? 1 : -1));
  for (const { sha256, name } of await readShard(store, 'pans', 0)) {
    const origin = { backbone, layer: 11, facet: 'key', image: { width, height }, imageSha256: sha256 } as const;
    await store.put(keysKey(backbone, sha256), encodeKeys({ data, h, w, d: 2 }, origin));
    const of = truths[name];
    if (!of) continue;
    const ids = idsOf(of);
    const png = await encodePng(encodePanoptic({ ids, width, height }).data, { width, height, channels: 3 });
    const segments = [
      { id: 5, category_id: 1 },
      { id: 9, category_id: 2 },
      { id: 77, category_id: 3 },
    ].filter(({ id }) => ids.includes(id));
    await putTruth(store, { dataset: 'pans', sha256 }, { png, segments, categories: known });
  }
  await store.put(extractReportKey('pans', backbone, 0), JSON.stringify({ images: 4, failures: [] }));
}

beforeAll(async () => {
  await importPictures();
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

async function call(method: string, path: string, body?: unknown, key = annotator) {
  const answer = await fetch(`http://127.0.0.1:${deployment.server.port}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
}

async function json(...given: Parameters<typeof call>) {
  const { status, body } = await call(...given);
  expect(status, `${given[0]} ${given[1]}: ${JSON.stringify(body)}`).toBe(200);
  return body;
}

const pan = { id: 1, name: 'Pan', colour: '#00ff00', isthing: true };
const heap = { id: 4, name: 'heap', colour: '#0000ff', isthing: false };
const campaignOf = (id: string, fields: object) => ({
  ...{ id, name: id, dataset: 'pans', categories: [pan, heap], leaseSeconds: 60 },
  ...fields,
});
const background = { from: 'known', others: 'background' };

async function openCampaign(id: string, fields: object): Promise<void> {
  await json('POST', '/campaigns', campaignOf(id, fields), admin);
  await json('PUT', `/campaigns/${id}/members/ann`, { role: 'annotator' }, admin);
  await expect.poll(async () => (await json('GET', `/campaigns/${id}/progress`)).tasks, patient).toBe(4);
}

const pixelsOf = async (mask: string) => decodePanoptic(await decodeImage(await store.get(maskKey(mask, '.png')))).ids;

const documentOf = async (mask: string): Promise<MaskDocument> =>
  JSON.parse(new TextDecoder().decode(await store.get(maskKey(mask, '.json'))));

/** As its campaign numbers segments: in the order of the known mask's document. */
const begunWith = (name: string) => idsOf((x, y) => ({ 0: 0, 5: 1, 9: 2, 77: 0 })[truths[name]!(x, y)]!);

test('an image begins with its known mask, is handed in as it is or corrected, and lacks nothing of it', async () => {
  await openCampaign('begun', { start: background });
  expect(await json('GET', '/campaigns/begun')).toMatchObject({ start: background });

  const first = await json('POST', '/campaigns/begun/next');
  expect(first).toMatchObject({ n: 5, image: { name: 'a.png' } });
  const { drawing } = await json('GET', `/assignments/${first.id}`);
  expect(drawing).toMatchObject({
    segments: [
      { id: 1, category: 1, origin: 'imported' },
      { id: 2, category: 4, origin: 'imported' },
    ],
    ...{ undo: false, redo: false },
  });
  expect(drawing.locks).toBeUndefined();
  const log = await json('GET', `/assignments/${first.id}/interactions`);
  expect(new Set(log.map(({ client }: { client: string }) => client))).toEqual(new Set(['start']));
  // Taken again, it has not begun twice.
  expect(await json('POST', '/campaigns/begun/next')).toMatchObject({ id: first.id, n: 5 });
  const as = await json('POST', `/assignments/${first.id}/submit`);
  expect(await pixelsOf(as.mask)).toEqual(begunWith('a.png'));
  const asGiven = await documentOf(as.mask);
  expect(asGiven).toMatchObject({
    origin: 'imported',
    segments_info: [{ origin: 'imported' }, { origin: 'imported' }],
  });
  expect(asGiven.corrected).toBeUndefined();

  // One segment alone, over all of the image.
  const second = await json('POST', '/campaigns/begun/next');
  expect(second).toMatchObject({ n: 2, image: { name: 'b.png' } });
  const whole = await json('POST', `/assignments/${second.id}/submit`);
  expect(await pixelsOf(whole.mask)).toEqual(begunWith('b.png'));

  const third = await json('POST', '/campaigns/begun/next');
  expect(third).toMatchObject({ n: 0, image: { name: 'c.png' } });
  await json('POST', `/assignments/${third.id}/skip`, { reason: 'nothing there' });

  // A class that the campaign lacks is background. A stroke over what was imported wins its pixels, and no undo goes further back.
  const fourth = await json('POST', '/campaigns/begun/next');
  expect(fourth).toMatchObject({ n: 3, image: { name: 'd.png' } });
  const client = randomUUID();
  let seq = 0;
  const draw = (...interactions: unknown[]) =>
    json('POST', `/assignments/${fourth.id}/interactions`, {
      client,
      interactions: interactions.map((interaction) => ({ seq: ++seq, interaction })),
    });
  const corners = [
    [9.6, 9.6],
    [12.4, 9.6],
    [12.4, 12.4],
    [9.6, 12.4],
  ];
  await draw(
    { kind: 'undo' },
    { kind: 'segment', id: 7, category: 4 },
    { kind: 'stroke', segment: 7, points: [[30, 20]], radius: 2 },
    { kind: 'stroke', segment: 0, points: corners, radius: 0, polygon: true, exact: true },
  );
  const corrected = await json('POST', `/assignments/${fourth.id}/submit`);
  expect(await pixelsOf(corrected.mask)).toEqual(
    idsOf((x, y) => {
      if ((x - 30) ** 2 + (y - 20) ** 2 <= 4) return 7;
      if (x >= 10 && x <= 12 && y >= 10 && y <= 12) return 0;
      return begunWith('d.png')[y * width + x];
    }),
  );
  expect(await documentOf(corrected.mask)).toMatchObject({
    ...{ origin: 'imported', corrected: true },
    segments_info: [{ id: 1, area: 20 * height - 9 }, { id: 7 }],
  });
  expect(await json('POST', '/campaigns/begun/next')).toBeNull();

  const { annotators } = await json('GET', '/campaigns/begun/effort', undefined, admin);
  expect(annotators).toMatchObject([{ annotator: 'ann', strokes: 2 }]);
});

test('what is let go of a known mask is the solver’s again', async () => {
  await openCampaign('free', { start: background });
  const { id } = await json('POST', '/campaigns/free/next');
  const { drawing } = await json('GET', `/assignments/${id}`);
  const filled = new Map(drawing.strokes.map(({ n, segment }: { n: number; segment: number }) => [segment, n]));
  const stroke = { kind: 'stroke', segment: 1, points: [[3, 16]], radius: 3 };
  const interactions = [{ kind: 'erase', stroke: filled.get(1) }, stroke, { kind: 'delete', segment: 2 }];
  const numbered = interactions.map((interaction, i) => ({ seq: i + 1, interaction }));
  await json('POST', `/assignments/${id}/interactions`, { client: randomUUID(), interactions: numbered });
  const ids = await pixelsOf((await json('POST', `/assignments/${id}/submit`)).mask);
  const given = begunWith('a.png');
  // The background was given, and keeps its pixels; the others go to the two labels that are left.
  for (const [i, label] of given.entries()) if (label === 0) expect([i, ids[i]]).toEqual([i, 0]);
  expect(new Set(ids)).toEqual(new Set([0, 1]));
});

/** Stores masks of a set, by image: known segments under other ids. */
async function putMasks(recipe: string, masks: Record<string, (x: number, y: number) => number>): Promise<void> {
  const images = await readShard(store, 'pans', 0);
  const listed = [];
  for (const [name, of] of Object.entries(masks)) {
    const { id, sha256 } = images.find((image) => image.name === name)!;
    const mask = createHash('sha256').update(`${recipe} ${name}`).digest('hex');
    const ids = idsOf(of);
    const png = await encodePng(encodePanoptic({ ids, width, height }).data, { width, height, channels: 3 });
    const segments_info = [...new Set(ids)].flatMap((segment) => {
      const area = ids.filter((one) => one === segment).length;
      return segment === 0 ? [] : [{ id: segment, category_id: segment, area, bbox: [0, 0, 1, 1], iscrowd: 0 }];
    });
    const document = {
      ...{ version: 1, image: { file_name: name, width, height, sha256 }, file_name: 'mask.png', segments_info },
      ...{ categories: known, origin: 'predicted', nodes: { height: h, width: w, iterations: 1, converged: true } },
      warnings: [],
    };
    await store.put(maskKey(mask, '.png'), png);
    await store.put(maskKey(mask, '.json'), JSON.stringify(document));
    listed.push({ id, sha256, name, mask });
  }
  const report = { version: 1, images: listed.length, failures: [], categories: known, masks: listed };
  await store.put(maskReportKey('pans', recipe, 0), JSON.stringify(report));
}

test('an image begins with what a model predicted, or with a mask of a build, and it is told from what was drawn', async () => {
  const refused = async (start: object, fields: object = {}) => {
    const { status, body } = await call('POST', '/campaigns', campaignOf('never', { start, ...fields }), admin);
    expect(status).toBe(409);
    return body.error;
  };
  const predicted = { from: 'predicted', others: 'background' };
  expect(await refused(predicted)).toBe('pans has no pre-labels; expected some (saltworks prelabel pans)');
  const model = '0123456789abcdef';
  const left = (x: number) => (x < 20 ? 1 : 3);
  await putMasks(`prelabel.${model}`, { 'a.png': left, 'c.png': (_, y) => (y < 10 ? 2 : 0) });
  await putCurrent(store, 'pans', { plan: model, model });
  expect(await refused({ from: 'predicted', others: 'refuse' })).toBe(
    `masks prelabel.${model} of pans have the classes bird, which the campaign lacks; expected them too, or the choice to take them for background`,
  );
  const build = 'build.fedcba9876543210';
  expect(await refused({ ...predicted, masks: build })).toBe(`no masks ${build} of pans; expected a set that it has`);

  // Known images may measure what people make of predictions.
  await json('POST', '/campaigns', campaignOf('measured', { start: predicted, honeypotRate: 0.5 }), admin);
  await openCampaign('guessed', { start: predicted });
  const first = await json('POST', '/campaigns/guessed/next');
  expect(first).toMatchObject({ n: 3, image: { name: 'a.png' } });
  const { drawing } = await json('GET', `/assignments/${first.id}`);
  expect(drawing).toMatchObject({ segments: [{ id: 1, category: 1, origin: 'predicted' }], undo: false });
  const begun = idsOf((x) => (x < 20 ? 1 : 0));
  const as = await json('POST', `/assignments/${first.id}/submit`);
  expect(await pixelsOf(as.mask)).toEqual(begun);
  const asGiven = await documentOf(as.mask);
  expect(asGiven).toMatchObject({ origin: 'predicted', segments_info: [{ origin: 'predicted' }] });
  expect(asGiven.corrected).toBeUndefined();
  // Nothing was predicted of b.png.
  expect(await json('POST', '/campaigns/guessed/next')).toMatchObject({ n: 0, image: { name: 'b.png' } });

  await putMasks(build, { 'a.png': (_, y) => (y < 16 ? 2 : 1) });
  await openCampaign('built', { start: { ...predicted, masks: build } });
  const taken = await json('POST', '/campaigns/built/next');
  expect(taken).toMatchObject({ n: 4, image: { name: 'a.png' } });
  // Segments are numbered in the order of the mask's document: the upper one is the first.
  const interaction = { kind: 'stroke', segment: 2, points: [[5, 5]], radius: 2, exact: true };
  const body = { client: randomUUID(), interactions: [{ seq: 1, interaction }] };
  await json('POST', `/assignments/${taken.id}/interactions`, body);
  const corrected = await documentOf((await json('POST', `/assignments/${taken.id}/submit`)).mask);
  expect(corrected).toMatchObject({ origin: 'predicted', corrected: true });
  expect(corrected.segments_info.some(({ origin }) => origin)).toBe(false);
});

test('an image with pixels of no segment is not handed in where the campaign refuses it', async () => {
  await openCampaign('whole', { start: background, unlabelled: 'refuse' });
  expect(await json('GET', '/campaigns/whole')).toMatchObject({ unlabelled: 'refuse' });
  expect(await json('GET', '/campaigns/begun')).toMatchObject({ unlabelled: 'allow' });
  const { id } = await json('POST', '/campaigns/whole/next');
  const given = begunWith('a.png');
  const left = given.filter((label) => label === 0).length;
  const refused = await call('POST', `/assignments/${id}/submit`);
  const error = `${left} pixels belong to no segment; expected 0 before handing in`;
  expect(refused).toMatchObject({ status: 409, body: { error, detail: { unlabelled: left } } });

  // All but one pixel, then that one, too.
  const client = randomUUID();
  let seq = 0;
  const fill = (region: number[]) => {
    const interaction = { kind: 'fill', segment: 2, region, spread: false };
    return json('POST', `/assignments/${id}/interactions`, { client, interactions: [{ seq: ++seq, interaction }] });
  };
  const corner = given.indexOf(0);
  await fill(encodeRegion(given.with(corner, 1), 0));
  expect(await call('POST', `/assignments/${id}/submit`)).toMatchObject({
    status: 409,
    body: { error: '1 pixel belongs to no segment; expected 0 before handing in', detail: { unlabelled: 1 } },
  });
  await fill([corner, 1]);
  const { mask } = await json('POST', `/assignments/${id}/submit`);
  expect(await pixelsOf(mask)).toEqual(given.map((label) => label || 2));
  await json('PATCH', '/campaigns/whole', { unlabelled: 'allow' }, admin);
  const next = await json('POST', '/campaigns/whole/next');
  expect(await json('POST', `/assignments/${next.id}/submit`)).toMatchObject({ n: next.n });
});

test('clients cannot write what nobody did', async () => {
  await openCampaign('honest', {});
  const { id, n } = await json('POST', '/campaigns/honest/next');
  expect(n).toBe(0);
  const forged = { kind: 'segment', id: 1, category: 1, origin: 'imported' };
  const body = { client: randomUUID(), interactions: [{ seq: 1, interaction: forged }] };
  expect((await call('POST', `/assignments/${id}/interactions`, body)).status).toBe(400);
});

test('refuses classes that the campaign lacks, masks that are not there, and measuring by what was given', async () => {
  const refused = async (fields: object) => {
    const { status, body } = await call('POST', '/campaigns', campaignOf('never', fields), admin);
    expect(status).toBe(409);
    return body.error;
  };
  const refuse = { from: 'known', others: 'refuse' };
  expect(await refused({ start: refuse })).toBe(
    'known masks of pans have the classes bird, which the campaign lacks; expected them too, or the choice to take them for background',
  );
  expect(await refused({ start: background, categories: [{ ...pan, name: 'salt' }] })).toBe(
    'known masks of pans have the classes pan, heap, bird; expected one of salt',
  );
  expect(await refused({ start: background, honeypotRate: 0.5 })).toMatch(/^honeypots 0.5 where images begin/);
  const measured = await call('PATCH', '/campaigns/begun', { honeypotRate: 0.1 }, admin);
  expect(measured).toMatchObject({ status: 409, body: { error: expect.stringMatching(/^honeypots 0.1 where/) } });
  const { categories } = await readDataset(store, 'pans');
  expect(categories).toHaveLength(3);
});

test('an image whose known mask has a class that came later is skipped, with the reason', async () => {
  const categories = [pan, heap, { id: 5, name: 'bird', colour: '#ff0000', isthing: true }];
  await openCampaign('later', { start: { from: 'known', others: 'refuse' }, categories });
  const [{ sha256 }] = await readShard(store, 'pans', 0);
  const ids = idsOf(() => 5);
  const png = await encodePng(encodePanoptic({ ids, width, height }).data, { width, height, channels: 3 });
  const categoriesNow = [{ id: 8, name: 'boat', isthing: 1 as const }];
  await putTruth(
    store,
    { dataset: 'pans', sha256 },
    { png, segments: [{ id: 5, category_id: 8 }], categories: categoriesNow },
  );
  const taken = await json('POST', '/campaigns/later/next');
  expect(taken).toMatchObject({ image: { name: 'b.png' } });
  const { items } = await json('GET', '/campaigns/later/tasks', undefined, admin);
  const reason = 'it cannot be opened: its known mask has the class boat; expected one of Pan, heap, bird';
  expect(items[0]).toMatchObject({ image: { name: 'a.png' }, works: [{ state: 'skipped', reason }] });
  await json('POST', `/assignments/${taken.id}/submit`);
});

test('values of a known mask come along where the campaign asks for them, by name', async () => {
  const { sha256 } = (await readShard(store, 'pans', 0)).find(({ name }) => name === 'b.png')!;
  const ids = idsOf((x) => (x < 20 ? 5 : 9));
  const png = await encodePng(encodePanoptic({ ids, width, height }).data, { width, height, channels: 3 });
  const told = { fresh: true, depth: 3.5, state: 'burnt', remark: 'by the door' };
  const segments = [
    // Of a COCO document nothing is checked.
    { id: 5, category_id: 1, attributes: { ...told, name: 'the old pan', odd: { a: 1 } } as never },
    { id: 9, category_id: 2, attributes: { fresh: 'perhaps', depth: 2, old: 'x', name: 7 } },
  ];
  await putTruth(store, { dataset: 'pans', sha256 }, { png, segments, categories: known });
  const attributes = [
    { id: 1, name: 'fresh', of: 'segment', kind: 'flag', required: true },
    { id: 2, name: 'depth', of: 'segment', kind: 'number', classes: [pan.id] },
    { id: 3, name: 'state', of: 'segment', kind: 'choice', choices: ['clean', 'burnt'] },
    { id: 4, name: 'remark', of: 'image', kind: 'text' },
  ];
  await openCampaign('valued', { start: background, attributes });
  let taken = await json('POST', '/campaigns/valued/next');
  while (taken.image.name !== 'b.png') {
    await json('POST', `/assignments/${taken.id}/skip`, { reason: 'another' });
    taken = await json('POST', '/campaigns/valued/next');
  }
  const begun = (await json('GET', `/assignments/${taken.id}`)).drawing;
  expect(begun).toMatchObject({ undo: false, redo: false });
  expect(begun.values).toBeUndefined();
  expect(begun.segments).toEqual([
    { id: 1, category: 1, origin: 'imported', name: 'the old pan', values: { 1: true, 2: 3.5, 3: 'burnt' } },
    { id: 2, category: 4, origin: 'imported' },
  ]);
  const client = randomUUID();
  const interactions = [
    { kind: 'undo' },
    { kind: 'value', segment: 2, attribute: 1, value: false },
    { kind: 'value', segment: 1, attribute: 3, value: 'clean' },
  ].map((interaction, i) => ({ seq: i + 1, interaction }));
  await json('POST', `/assignments/${taken.id}/interactions`, { client, interactions });
  const { mask } = await json('POST', `/assignments/${taken.id}/submit`);
  expect((await documentOf(mask)).segments_info).toMatchObject([
    { id: 1, origin: 'imported', attributes: { name: 'the old pan', fresh: true, depth: 3.5, state: 'clean' } },
    { id: 2, origin: 'imported', attributes: { fresh: false } },
  ]);
});
