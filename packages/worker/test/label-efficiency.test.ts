/** A drawing replayed, step by step. */
import { type DrawingSteps, labelEfficiencyVersion } from '@saltworks/contract/documents/label-efficiency';
import { drawingStepsKey, keysKey, labelEfficiencyKey, maskKey } from '@saltworks/contract/layout';
import { agreeAttempts } from '@saltworks/contract/messages/attempts';
import type { ReplayRequest } from '@saltworks/contract/messages/measure';
import { readLabelEfficiency } from '@saltworks/store/datasets/label-efficiency';
import { putTruth, truthId } from '@saltworks/store/datasets/truth';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { extractShard } from '../src/extract.ts';
import { makeMask } from '../src/make-mask.ts';
import { replayDrawing } from '../src/measure.ts';
import { recipeOf } from '../src/propagate.ts';
import {
  type Engine,
  height,
  importFiles,
  openEngine,
  pictures,
  pulse,
  removeEngine,
  trueMask,
  width,
} from './engine.ts';

const extract = { backbone: 'dinov2-small-focus', facet: 'key' } as const;
const { options } = recipeOf({ extract, preset: 'best', solve: {} });
const square = { id: 7, category: 'square', isthing: true };
const other = { id: 8, category: 'stain', isthing: true };
const line = (segment: number, ...points: [number, number][]) => ({ segment, points, radius: 2 });
/** The square, the ground beside it, a wrong stroke that is erased, the ground on the other side. */
const strokes = [
  line(7, [14, 12], [30, 20]),
  line(0, [44, 2], [44, 28]),
  line(8, [4, 4], [4, 28]),
  line(0, [2, 2], [2, 28]),
];
const steps: DrawingSteps['steps'] = [
  { strokes: 1, seconds: 2, segments: [square], drawn: [0] },
  { strokes: 2, seconds: 4, segments: [square], drawn: [0, 1] },
  { strokes: 3, seconds: 7, segments: [square, other], drawn: [0, 1, 2] },
  { strokes: 4, seconds: 12, segments: [square], drawn: [0, 1, 3] },
];
const mask = 'ab'.repeat(32);

let engine: Engine;
let request: ReplayRequest;
beforeEach(async () => {
  engine = openEngine();
  const [image] = await importFiles(engine.store, 'd', await pictures(1));
  await extractShard(engine, { dataset: 'd', shard: 0, extract }, pulse());
  const scribbles = JSON.stringify({
    ...{ version: 1, image: { width, height }, segments: [square] },
    strokes: steps[3].drawn.map((place) => strokes[place]),
  });
  const wanted = { image, extract, options, names: { image: '', sha256: '', mask: '' } };
  const made = await makeMask(
    engine,
    { ...wanted, scribbles: Buffer.from(scribbles), extension: '.json' },
    new AbortController().signal,
  );
  await engine.store.put(maskKey(mask, '.png'), made.png);
  request = { dataset: 'd', image, extract, options, assignment: 'a', n: 9, mask, classes: ['square', 'stain'] };
  await writeSteps();
});
afterEach(() => removeEngine(engine));

const writeSteps = () =>
  engine.store.put(drawingStepsKey(request), JSON.stringify({ version: labelEfficiencyVersion, strokes, steps }));
const report = () => readLabelEfficiency(engine.store, request);

test('the mask of each step is compared with the one that was handed in; the last one is that', async () => {
  await replayDrawing(engine, request, pulse());
  const found = await report();
  if (!found || 'reason' in found) throw new Error(`no steps: ${found?.reason}`);
  expect(found.steps.map(({ strokes, seconds }) => [strokes, seconds])).toEqual([
    [1, 2],
    [2, 4],
    [3, 7],
    [4, 12],
  ]);
  const [first, second, third, last] = found.steps.map(({ handedIn }) => handedIn);
  // One label makes no mask.
  expect(first).toBe(0);
  expect(second).toBeGreaterThan(0.5);
  // The wrong stroke takes ground away.
  expect(third).toBeLessThan(second);
  expect(last).toBe(1);
  expect(found.steps.some((step) => 'known' in step)).toBe(false);
});

test('filled parts and locks are replayed as they were drawn', async () => {
  // Two rows of ground that no solve would give to the square, and two that are locked.
  const filled = { segment: 7, points: [], radius: 0, region: [0, 2 * width], exact: true, spread: false };
  const drawn = [strokes[0], strokes[1], filled];
  const locks = [{ segment: 7, region: [(height - 2) * width, 2 * width] }];
  const scribbles = JSON.stringify({
    ...{ version: 2, image: { width, height }, segments: [square], locks },
    strokes: drawn.map(({ points, radius, ...stroke }) =>
      'region' in stroke ? stroke : { points, radius, ...stroke },
    ),
  });
  const wanted = { image: request.image, extract, options, names: { image: '', sha256: '', mask: '' } };
  const { png } = await makeMask(
    engine,
    { ...wanted, scribbles: Buffer.from(scribbles), extension: '.json' },
    new AbortController().signal,
  );
  await engine.store.put(maskKey(mask, '.png'), png);
  const before = { strokes: 2, seconds: 4, segments: [square], drawn: [0, 1] };
  const last = { strokes: 3, seconds: 6, segments: [square], drawn: [0, 1, 2], locks };
  const document = { version: labelEfficiencyVersion, strokes: drawn, steps: [before, last] };
  await engine.store.put(drawingStepsKey(request), JSON.stringify(document));
  await replayDrawing(engine, request, pulse());
  const found = await report();
  if (!found || 'reason' in found) throw new Error(`no steps: ${found?.reason}`);
  expect(found.steps.map(({ handedIn }) => handedIn === 1)).toEqual([false, true]);
});

test('with the known mask, too, where there is one', async () => {
  const { sha256 } = request.image;
  const categories = [{ id: 1, name: 'square', isthing: 1 as const }];
  const known = { png: await trueMask(), segments: [{ id: 7, category_id: 1 }], categories };
  await putTruth(engine.store, { dataset: 'd', sha256 }, known);
  request = { ...request, truth: await truthId(engine.store, { dataset: 'd', sha256 }) };
  await replayDrawing(engine, request, pulse());
  expect(await report()).toMatchObject({
    steps: [{ known: 0 }, { known: expect.any(Number) }, { known: expect.any(Number) }, { known: expect.any(Number) }],
  });
  const found = (await report()) as { steps: { known: number }[] };
  expect(found.steps[3].known).toBeGreaterThan(0.8);
  // Another mask was imported since.
  request = { ...request, truth: '0123456789abcdef' };
  await writeSteps();
  await replayDrawing(engine, request, pulse());
  expect(await report()).toEqual({
    version: labelEfficiencyVersion,
    reason: expect.stringContaining('the known mask of 0.png was replaced'),
  });
});

test('what was replayed is not replayed again, and its steps are removed', async () => {
  await replayDrawing(engine, request, pulse());
  expect(await engine.store.head(drawingStepsKey(request))).toBeUndefined();
  const before = Buffer.from(await engine.store.get(labelEfficiencyKey(request)));
  await engine.store.delete(keysKey(extract.backbone, request.image.sha256));
  await writeSteps();
  await replayDrawing(engine, request, pulse());
  expect(Buffer.from(await engine.store.get(labelEfficiencyKey(request)))).toEqual(before);
  expect(await engine.store.head(drawingStepsKey(request))).toBeUndefined();
});

test('a drawing without keys is left out with the reason, and replayed once they are there', async () => {
  const key = keysKey(extract.backbone, request.image.sha256);
  const keys = await engine.store.get(key);
  await engine.store.delete(key);
  await replayDrawing(engine, request, pulse());
  expect(await report()).toEqual({ version: labelEfficiencyVersion, reason: `no object ${key}`, again: true });
  await engine.store.put(key, keys);
  await writeSteps();
  await replayDrawing(engine, request, pulse());
  expect(await report()).toHaveProperty('steps');
});

test('what may be another worker’s luck is tried again, and the last attempt leaves a reason', async () => {
  const broken = { ...engine, maskThreads: { ...engine.maskThreads, run: () => Promise.reject(new Error('no room')) } };
  await expect(replayDrawing(broken, request, pulse())).rejects.toThrow('no room');
  expect(await report()).toBeUndefined();
  await replayDrawing(broken, request, pulse({ attempt: agreeAttempts }));
  expect(await report()).toEqual({ version: labelEfficiencyVersion, reason: 'no room', again: true });
});
