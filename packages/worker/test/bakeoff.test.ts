import { type BakeoffPlan, bakeoffKeys, bakeoffMasks, judgeVersion } from '@saltworks/contract/documents/bakeoffs';
import { bakeoffPartKey, extractReportKey, keysKey, maskKey } from '@saltworks/contract/layout';
import { readPlan, readReport, writePlan } from '@saltworks/store/bakeoffs/bakeoffs';
import { keepStrokes } from '@saltworks/store/builds/strokes';
import { putTruth, truthId } from '@saltworks/store/datasets/truth';
import { readDocument } from '@saltworks/store/objects/documents';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { extractSample } from '../src/bakeoff/keys.ts';
import { judgeSample } from '../src/bakeoff/masks.ts';
import { finishBakeoff, reportOf } from '../src/bakeoff/report.ts';
import { extractShard } from '../src/extract.ts';
import {
  type Engine,
  height,
  importFiles,
  objectsBelow,
  openEngine,
  pictures,
  pulse,
  removeEngine,
  trueMask,
  width,
} from './engine.ts';

const backbone = 'dinov2-small-focus';
const subject = { kind: 'dataset', name: 'd' } as const;
const signal = new AbortController().signal;

let engine: Engine;
beforeEach(() => {
  engine = openEngine();
});
afterEach(() => removeEngine(engine));

/** A square with one stroke, a ground with two. */
const drawn = JSON.stringify({
  version: 1,
  image: { width, height },
  segments: [{ id: 7, category: 'square', isthing: true }],
  strokes: [
    {
      segment: 7,
      points: [
        [14, 12],
        [30, 20],
      ],
      radius: 2,
    },
    {
      segment: 0,
      points: [
        [44, 2],
        [44, 28],
      ],
      radius: 2,
    },
    {
      segment: 0,
      points: [
        [2, 2],
        [2, 28],
      ],
      radius: 2,
    },
  ],
});

/** Pictures, drawn on; the first with a known mask. @param layers a variant each */
async function prepare(count: number, layers: number[]): Promise<BakeoffPlan> {
  const { store } = engine;
  const images = await importFiles(store, 'd', await pictures(count));
  const [{ sha256 }] = images;
  await putTruth(
    store,
    { dataset: 'd', sha256 },
    {
      png: await trueMask(),
      segments: [{ id: 7, category_id: 1 }],
      categories: [{ id: 1, name: 'square', isthing: 1 }],
    },
  );
  const strokes = await keepStrokes(store, drawn, '.json');
  return writePlan(store, {
    ...{ subject, dataset: 'd', code: judgeVersion, seed: 1, classes: [] },
    variants: layers.map((layer) => ({
      ...{ name: `layer ${layer}`, keys: `${backbone}-layer${layer}` },
      extract: { backbone, layer, facet: 'key' },
      ...{ preset: 'best', solve: {} },
    })),
    images: await Promise.all(
      images.map(async ({ id, sha256, name, object }, i) => ({
        ...{ id, sha256, name, object, strokes, extension: '.json' as const },
        ...(i === 0 && { known: await truthId(store, { dataset: 'd', sha256 }) }),
      })),
    ),
    whole: { images: count, drawn: count, shards: 1 },
  });
}

/** The same bake-off of other images. */
function ofImages(
  { version: _, id: __, ...content }: BakeoffPlan,
  images: BakeoffPlan['images'],
): Promise<BakeoffPlan> {
  return writePlan(engine.store, { ...content, images });
}

const part = (plan: BakeoffPlan, variant: number, from = 0, to = plan.images.length) => ({
  ...{ subject, bakeoff: plan.id, variant, from, to },
});

async function run(plan: BakeoffPlan) {
  for (const variant of plan.variants.keys()) {
    await extractSample(engine, part(plan, variant), pulse());
    await judgeSample(engine, part(plan, variant), pulse());
  }
  await finishBakeoff(engine.store, { subject, bakeoff: plan.id }, signal);
  return (await readReport(engine.store, subject, plan.id))!;
}

describe('a bake-off', () => {
  test('judges every variant on the same images, by known masks and strokes held out', async () => {
    const report = await run(await prepare(3, [9, 11]));
    expect(report).toMatchObject({ images: 3, judged: 3, failures: [] });
    // Two halves of the square's only stroke, and each of the ground's two.
    expect(report.strokes).toBe(12);
    for (const { known, accepted, pixels, labels, sample, cost } of report.variants) {
      expect(known).toMatchObject({ images: 1 });
      expect(known?.value.mean).toBeGreaterThan(0.8);
      expect(accepted).toBeNull();
      expect(pixels).toMatchObject({ images: 3, value: { mean: expect.any(Number) } });
      expect(labels?.value.mean).toBeGreaterThan(0.7);
      expect(sample).toMatchObject({ made: 3, cached: 0 });
      expect(cost.inference).toBeGreaterThan(0);
      expect(cost.keyBytes).toBe(sample.bytes / 3);
    }
    // The stub's keys are the same whatever the layer.
    expect(report.variants[1].pixels?.difference).toEqual({ mean: 0, low: 0, high: 0 });
  });

  test('leaves keys of the sample alone, which an extraction finds there, and no masks', async () => {
    const plan = await prepare(3, [9]);
    const { id } = await ofImages(plan, plan.images.slice(0, 2));
    const smaller = await readPlan(engine.store, subject, id);
    await extractSample(engine, part(smaller, 0), pulse());
    await judgeSample(engine, part(smaller, 0), pulse());
    expect(objectsBelow(engine.root, ['keys/']).size).toBe(2);
    expect(objectsBelow(engine.root, ['masks/']).size).toBe(0);
    // Nothing says that the shard has its keys.
    expect(await engine.store.head(extractReportKey('d', plan.variants[0].keys, 0))).toBeUndefined();
    const { extract } = plan.variants[0];
    expect(await extractShard(engine, { dataset: 'd', shard: 0, extract }, pulse())).toEqual({
      ...{ images: 3, done: 1, cached: 2, failed: 0 },
    });
    await finishBakeoff(engine.store, { subject, bakeoff: id }, signal);
    expect((await readReport(engine.store, subject, id))?.variants[0].there).toBe(3);
  });

  test('times the first images even where their keys are there, and computes no others', async () => {
    const plan = await prepare(6, [9]);
    const { extract, keys } = plan.variants[0];
    await extractShard(engine, { dataset: 'd', shard: 0, extract }, pulse());
    engine.keys.extracted = 0;
    await extractSample(engine, part(plan, 0, 0, 4), pulse());
    await extractSample(engine, part(plan, 0, 4, 6), pulse());
    // One that does not count, and four.
    expect(engine.keys.extracted).toBe(5);
    const read = (from: number) =>
      readDocument(engine.store, bakeoffPartKey(subject, plan.id, 'keys', { variant: 0, from }), bakeoffKeys);
    expect(await read(0)).toMatchObject({ timed: 4, images: [1, 2, 3, 4].map((id) => ({ id, cached: true })) });
    const bytes = (await engine.store.head(keysKey(keys, plan.images[4].sha256)))?.size;
    expect(await read(4)).toMatchObject({ timed: 0, seconds: 0, images: [{ id: 5, bytes }, { id: 6 }] });
  });

  test('a part that was done is not done again', async () => {
    const plan = await prepare(2, [9]);
    expect(await extractSample(engine, part(plan, 0), pulse())).toEqual({ images: 2, done: 2, cached: 0, failed: 0 });
    const judged = await judgeSample(engine, part(plan, 0), pulse());
    const before = objectsBelow(engine.root, ['bakeoffs/']);
    engine.keys.before = () => {
      throw new Error('no inference was expected');
    };
    await extractSample(engine, part(plan, 0), pulse());
    expect(await judgeSample(engine, part(plan, 0), pulse())).toEqual(judged);
    expect(objectsBelow(engine.root, ['bakeoffs/'])).toEqual(before);
  });

  test('an image that cannot be judged fails alone, with its reason, and counts for no variant', async () => {
    const plan = await prepare(3, [9, 11]);
    await engine.store.put(plan.images[1].object, 'not a picture');
    const report = await run(plan);
    expect(report).toMatchObject({ images: 3, judged: 2 });
    expect(report.variants.map(({ pixels }) => pixels?.images)).toEqual([2, 2]);
    expect(report.failures.map(({ variant, image }) => `${variant} ${image}`)).toEqual([
      'layer 9 1.png',
      'layer 11 1.png',
    ]);
  });

  test('an accepted mask is compared by its segments', async () => {
    const plan = await prepare(1, [9]);
    const accepted = 'a'.repeat(64);
    await engine.store.put(maskKey(accepted, '.png'), await trueMask());
    const images = plan.images.map((image) => ({ ...image, accepted }));
    const report = await run(await ofImages(plan, images));
    expect(report.variants[0].accepted?.value.mean).toBeGreaterThan(0.8);
  });

  test('a known mask that an import replaced since is no judge', async () => {
    const plan = await prepare(1, [9]);
    const images = plan.images.map((image) => ({ ...image, known: '0123456789abcdef' }));
    const other = await ofImages(plan, images);
    await extractSample(engine, part(other, 0), pulse());
    await judgeSample(engine, part(other, 0), pulse());
    const key = bakeoffPartKey(subject, other.id, 'masks', { variant: 0, from: 0 });
    expect((await readDocument(engine.store, key, bakeoffMasks))?.failures).toEqual([
      { id: 1, reason: expect.stringContaining('was replaced') },
    ]);
  });
});

test('a measure counts images that every variant has it of, and differences are image by image', () => {
  const variant = (name: string) => ({
    ...{ name, keys: name, extract: { backbone, facet: 'key' as const }, preset: 'best' as const, solve: {} },
  });
  const image = (id: number) => ({
    ...{ id, sha256: `${id}`, name: `${id}.png`, object: '', strokes: '', extension: '.png' as const },
  });
  const plan: BakeoffPlan = {
    ...{ version: 1, id: '0', subject, dataset: 'd', code: 1, seed: 1, classes: [] },
    variants: [variant('a'), variant('b')],
    images: [1, 2, 3].map(image),
    whole: { images: 3, drawn: 3, shards: 1 },
  };
  const judged = (id: number, known: number | undefined, pixels: number) => ({
    ...{ id, ...(known !== undefined && { known }), held: { strokes: 1, pixels, labels: 1 }, seconds: 1, bytes: 10 },
  });
  const tried = (images: ReturnType<typeof judged>[]) => ({
    keys: [],
    masks: [{ version: 1 as const, images, failures: [] }],
    there: 0,
  });
  const { variants, judged: count } = reportOf(plan, [
    tried([judged(1, 0.5, 0.5), judged(2, undefined, 0.7), judged(3, 0.9, 0.2)]),
    tried([judged(1, 0.7, 0.6), judged(2, undefined, 0.7)]),
  ]);
  expect(count).toBe(2);
  expect(variants[1].known).toMatchObject({ images: 1, value: { mean: 0.7 } });
  expect(variants[1].known?.difference.mean).toBeCloseTo(0.2);
  expect(variants[1].pixels?.images).toBe(2);
  expect(variants[1].pixels?.difference.mean).toBeCloseTo(0.05);
  expect(variants[1].cost).toMatchObject({ inference: null, mask: 1, maskBytes: 10, keyBytes: null });
});
