import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import type { DatasetEvaluation, EvaluationOutcome, ProtocolName } from '@saltworks/contract/documents/evaluations';
import { evaluationKey, keysKey, scribblesKey } from '@saltworks/contract/layout';
import { openCaseThreads } from '@saltworks/lab/protocol-run';
import { putTruth } from '@saltworks/store/datasets/truth';
import { readEvaluatedImages, readOutcome } from '@saltworks/store/evaluations/evaluations';
import { type ObjectStore, StoreRefusedError } from '@saltworks/store/objects/store';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { type EvaluateDeps, evaluateImages } from '../src/evaluation/evaluate-images.ts';
import { planEvaluation } from '../src/evaluation/plan.ts';
import {
  type Engine,
  importFiles,
  objectsBelow,
  openEngine,
  pictures,
  pulse,
  removeEngine,
  scribbles,
  trueMask,
} from './engine.ts';

const backbone = 'stub';
const caseThreads = openCaseThreads(2);
afterAll(() => caseThreads.close());
/** Of the stub's keys; its model is never opened. */
const spec: BackboneSpec = {
  ...{ id: backbone, path: 'none.onnx', sha256: '', patch: 8, longSide: 48, mean: [], std: [] },
  ...{ interpolation: 'bicubic', sigma: 0.15 },
};

let engine: Engine;
let deps: EvaluateDeps;
beforeEach(() => use(openEngine()));
afterEach(() => removeEngine(engine));
function use(opened: Engine): void {
  engine = opened;
  deps = { ...engine, caseThreads, specOf: async () => spec, scratch: join(engine.root, 'scratch') };
}

/** The square and the ground of a picture. @param wide right border of the square */
async function putSquare(sha256: string, { wide = 32, source }: { wide?: number; source?: string } = {}) {
  const png = await trueMask({ right: wide, ground: 8 });
  const segments = [
    { id: 7, category_id: 1 },
    { id: 8, category_id: 2 },
  ];
  const categories = [
    { id: 1, name: 'square', isthing: 1 as const },
    { id: 2, name: 'ground', isthing: 0 as const },
  ];
  await putTruth(engine.store, { dataset: 'd', sha256 }, { png, segments, categories, source });
}

const putStrokes = (sha256: string, note = 0) =>
  engine.store.put(scribblesKey('d', 0, sha256, '.json'), JSON.stringify(scribbles(note)));

/** Five pictures: two that were drawn on, one that was not, one without a known mask, one file that is none. */
async function prepare() {
  const files = { ...(await pictures(4)), 'broken.png': Buffer.from('no picture') };
  const images = await importFiles(engine.store, 'd', files);
  for (const [i, { sha256 }] of images.entries()) {
    if (i !== 3) await putSquare(sha256, { source: i === 0 ? 'first' : undefined });
    if (i !== 2) await putStrokes(sha256);
  }
  return images;
}

const request = (protocols: ProtocolName[] = ['strokes']) => ({
  ...{ code: 1, dataset: 'd', protocols, extract: { backbone, facet: 'key' } as const, preset: 'best' as const },
  ...{ backbones: [], budget: 2, bar: 0.85, seed: 0 },
});
const plan = (more: object = {}, protocols?: ProtocolName[]) =>
  planEvaluation(engine.store, { ...request(protocols), ...more });
const run = ({ id }: DatasetEvaluation, part = 0) =>
  evaluateImages(deps, { dataset: 'd', evaluation: id, part }, pulse());
const outcomes = async (evaluation: DatasetEvaluation, protocol: ProtocolName = 'strokes') => {
  const images = await readEvaluatedImages(engine.store, evaluation, 0);
  const found = await Promise.all(images.map((image) => readOutcome(engine.store, evaluation, protocol, image)));
  return new Map<string, EvaluationOutcome | undefined>(images.map(({ name }, i) => [name, found[i]]));
};

test('a plan holds images with known masks and strokes, by name; the same content is the same evaluation', async () => {
  await prepare();
  const evaluation = await plan();
  expect(evaluation).toMatchObject({ images: 3, parts: 1, left_out: [{ name: '2', reason: 'no strokes' }] });
  const images = await readEvaluatedImages(engine.store, evaluation, 0);
  expect(images.map(({ at, name, source, counting }) => [at, name, source, counting])).toEqual([
    [0, '0', 'first', 'big-things'],
    [1, '1', '', 'big-things'],
    [2, 'broken', '', 'big-things'],
  ]);
  expect(await plan()).toEqual(evaluation);
  // Corrections start from nothing, too.
  expect(await plan({}, ['strokes', 'corrections'])).toMatchObject({ images: 4, left_out: [] });
  expect(await plan({ limit: 1 })).toMatchObject({ images: 1 });
  expect(await plan({ scribbles: 'simulated' })).toMatchObject({ images: 4, left_out: [] });
});

test.each<[string, (sha256: string) => Promise<unknown>]>([
  ['another mask', (sha256) => putSquare(sha256, { wide: 30 })],
  ['other strokes', (sha256) => putStrokes(sha256, 1)],
])('with %s of an image it is another evaluation', async (_, change) => {
  const [{ sha256 }] = await prepare();
  const before = await plan();
  await change(sha256);
  expect((await plan()).id).not.toBe(before.id);
});

test("strokes of a folder take the place of the dataset's own", async () => {
  await prepare();
  const folder = join(engine.root, 'drawn');
  mkdirSync(folder);
  writeFileSync(join(folder, '2.json'), JSON.stringify(scribbles(5)));
  const evaluation = await plan({ scribbles: folder });
  const images = await readEvaluatedImages(engine.store, evaluation, 0);
  expect(images.map(({ name }) => name)).toEqual(['2']);
  // They stay, whatever becomes of the folder.
  rmSync(folder, { recursive: true });
  expect(await run(evaluation)).toMatchObject({ done: 1, failed: 0 });
});

test('without known masks, or without strokes, there is nothing to evaluate', async () => {
  const [{ sha256 }] = await importFiles(engine.store, 'd', await pictures(2));
  await expect(plan()).rejects.toThrow('no image of d has a known mask; expected some that came with it');
  await putSquare(sha256);
  await expect(plan()).rejects.toThrow(/no image of d with a known mask has strokes; expected some, or --scribbles/);
  await expect(planEvaluation(engine.store, { ...request(), dataset: 'nobody' })).rejects.toThrow('no dataset nobody');
});

test('a part is measured once; an image that cannot be read is left out with its reason', async () => {
  const images = await prepare();
  const evaluation = await plan({}, ['strokes', 'corrections']);
  expect(await run(evaluation)).toEqual({ images: 4, done: 3, cached: 0, failed: 1 });
  const drawn = await outcomes(evaluation);
  expect(drawn.get('2')).toBeUndefined();
  expect(drawn.get('broken')).toMatchObject({
    rows: [],
    failure: { reason: expect.stringMatching(/^images\/broken\.png: 10 bytes that do not decode/), permanent: true },
  });
  expect(drawn.get('broken')?.sha256).toBeUndefined();
  const [row] = drawn.get('0')!.rows;
  expect(row).toMatchObject({ image: '0', source: 'first', protocol: 'strokes', variant: 'best' });
  expect(row.segments.map(({ id }) => id)).toEqual([0, 7]);
  for (const { iou } of row.segments) expect(iou).toBeGreaterThan(0.8);
  const corrected = await outcomes(evaluation, 'corrections');
  expect(corrected.get('0')?.rows).toHaveLength(4);
  expect(corrected.get('2')?.rows.map(({ variant }) => variant)).toEqual(['from nothing', 'from nothing, human-like']);

  // Keys lie in the store, for the next evaluation; files of the images are gone.
  for (const { sha256 } of images.slice(0, 3)) expect(await engine.store.head(keysKey(backbone, sha256))).toBeDefined();
  expect(engine.keys.extracted).toBe(3);
  expect(readdirSync(deps.scratch)).toEqual([]);

  const before = objectsBelow(engine.root, ['evaluations/']);
  expect(await run(evaluation)).toEqual({ images: 4, done: 0, cached: 3, failed: 1 });
  expect(objectsBelow(engine.root, ['evaluations/'])).toEqual(before);
  expect(engine.keys.opened).toBe(3);
});

test('what was found before a part broke off is not computed again', async () => {
  await prepare();
  const evaluation = await plan({}, ['strokes', 'corrections']);
  const put = deps.store.put.bind(deps.store);
  let puts = 0;
  const breaking = Object.assign(Object.create(deps.store) as ObjectStore, {
    put: async (...args: Parameters<typeof put>) => {
      if (args[0].includes('/corrections/') && ++puts === 2) throw new Error('connection reset');
      return put(...args);
    },
  });
  const request = { dataset: 'd', evaluation: evaluation.id, part: 0 };
  await expect(evaluateImages({ ...deps, store: breaking }, request, pulse())).rejects.toThrow('connection reset');
  const before = objectsBelow(engine.root, ['evaluations/']);
  expect([...before.keys()].filter((key) => key.includes('/strokes/'))).toHaveLength(3);
  const { done } = await run(evaluation);
  expect(done).toBeGreaterThan(0);
  const after = objectsBelow(engine.root, ['evaluations/']);
  for (const [key, bytes] of before) expect(after.get(key)).toBe(bytes);
  // The same as in one go.
  const whole = evaluation.id;
  removeEngine(engine);
  use(openEngine());
  await prepare();
  const again = await plan({}, ['strokes', 'corrections']);
  expect(again.id).toBe(whole);
  await run(again);
  expect(objectsBelow(engine.root, ['evaluations/'])).toEqual(after);
});

test('a failure that may pass is tried again; a mask that was replaced is none of this evaluation', async () => {
  const [first, second] = await prepare();
  const evaluation = await plan();
  const bytes = await engine.store.get(first.object);
  await engine.store.delete(first.object);
  await putSquare(second.sha256, { wide: 30 });
  expect(await run(evaluation)).toMatchObject({ done: 0, failed: 3 });
  const found = await outcomes(evaluation);
  expect(found.get('0')?.failure).toMatchObject({ permanent: false });
  expect(found.get('1')?.failure).toEqual({
    reason: 'the known mask of 1 was replaced; expected the one that the work began with',
    permanent: true,
  });
  await engine.store.put(first.object, bytes);
  expect(await run(evaluation)).toMatchObject({ done: 1, failed: 2 });
});

test('trouble of the worker fails the part, not its images', async () => {
  await prepare();
  const evaluation = await plan();
  deps.specOf = () => Promise.reject(new StoreRefusedError('no room'));
  await expect(run(evaluation)).rejects.toThrow('no room');
  expect(await engine.store.head(evaluationKey('d', evaluation.id))).toBeDefined();
  expect([...(await outcomes(evaluation)).values()]).toEqual([undefined, undefined, undefined]);
  expect(existsSync(deps.scratch) && readdirSync(deps.scratch).length > 0).toBe(false);
});
