import { decodeImage } from '@saltworks/backbone/image/decode';
import type { DatasetImage } from '@saltworks/contract/documents/dataset';
import { type MaskDocument, maskDocument } from '@saltworks/contract/documents/masks';
import { type MaskReport, maskReport } from '@saltworks/contract/documents/reports';
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysKey, maskKey, maskReportKey, prelabelRecipe, priorKey, scribblesKey } from '@saltworks/contract/layout';
import type { SegmentOptions } from '@saltworks/contract/options';
import { classifierOf } from '@saltworks/core/corpus/classifier';
import { learnerDefaults } from '@saltworks/core/corpus/predict';
import { subtractTaught, type Taught } from '@saltworks/core/corpus/taught';
import { decodeCorpusPrior, encodeCorpusPrior } from '@saltworks/core/formats/corpus-prior';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { CODE_VERSION, maskId } from '@saltworks/store/builds/mask-names';
import { keepStrokes } from '@saltworks/store/builds/strokes';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { readDocument } from '@saltworks/store/objects/documents';
import { currentNext, currentRecipe, lessonName, readModel, writePlan } from '@saltworks/store/prelabels/prelabels';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { extractShard } from '../src/extract.ts';
import { finishPrelabels } from '../src/prelabels/order.ts';
import { predictShard } from '../src/prelabels/predict.ts';
import { finishTeaching, readStatistics, teachShard } from '../src/prelabels/teach.ts';
import { propagateShard, recipeOf } from '../src/propagate.ts';
import {
  type Engine,
  height,
  importFiles,
  objectsBelow,
  openEngine,
  pictures,
  pulse,
  removeEngine,
  scribbles,
  width,
} from './engine.ts';

const extract = { backbone: 'dinov2-small-focus', facet: 'key' } as const;
const { recipe, options } = recipeOf({ extract, preset: 'best', solve: {} });
const settings = { extract, preset: 'best' as const, options, recipe, code: CODE_VERSION };

let engine: Engine;
let images: DatasetImage[];
beforeEach(async () => {
  engine = openEngine();
  images = await importFiles(engine.store, 'd', await pictures(6));
  await extractShard(engine, { dataset: 'd', shard: 0, extract }, pulse());
});
afterEach(() => removeEngine(engine));

/** A square and the background, and in some pictures a ground. */
const drawingOf = (note: number, ground = false) => {
  const drawn = scribbles(note);
  return ground
    ? {
        ...drawn,
        segments: [...drawn.segments, { id: 9, category: 'ground', isthing: false }],
        strokes: drawn.strokes.map((stroke) => (stroke.segment === 0 ? { ...stroke, segment: 9 } : stroke)),
      }
    : drawn;
};

/** A plan in which these images are drawn on, each by its own annotator. */
async function plan(drawn: readonly { image: DatasetImage; drawing: unknown }[]): Promise<string> {
  const lines = [];
  for (const [i, { image, drawing }] of drawn.entries()) {
    const strokes = await keepStrokes(engine.store, JSON.stringify(drawing), '.json');
    const { id, sha256, name, object } = image;
    lines.push({ id, sha256, name, object, drawings: [{ strokes, extension: '.json' as const, by: `u${i}` }] });
  }
  const head = { dataset: 'd', subject: { kind: 'dataset' as const, name: 'd' }, settings, learner: learnerDefaults };
  const shards = (async function* () {
    yield lines;
  })();
  return (await writePlan(engine.store, head, shards)).id;
}

const teach = (id: string) => teachShard(engine, { dataset: 'd', plan: id, part: 0 }, pulse());
const learn = async (id: string) => {
  await teach(id);
  return finishTeaching(engine, { dataset: 'd', plan: id }, pulse());
};
const predict = (id: string, model: string) =>
  predictShard(engine, { dataset: 'd', plan: id, model, shard: 0 }, pulse());
const taughtBy = async (model: string): Promise<Taught> =>
  readStatistics(engine.store, (await readModel(engine.store, { dataset: 'd', id: model })).statistics);
const reportOf = async (model: string): Promise<MaskReport> =>
  (await readDocument(engine.store, maskReportKey('d', prelabelRecipe(model), 0), maskReport))!;
const documentOf = async (mask: string): Promise<MaskDocument> =>
  (await readDocument(engine.store, maskKey(mask, '.json'), maskDocument))!;

const grounded = (count: number) => images.slice(0, count).map((image, i) => ({ image, drawing: drawingOf(i, true) }));

describe('drawn images', () => {
  test('teach once: only those whose strokes changed are solved again', async () => {
    const drawn = grounded(3);
    expect(await teach(await plan(drawn))).toEqual({ images: 3, done: 3, cached: 0, failed: 0 });
    const before = objectsBelow(engine.root, ['statistics/']);
    expect(before.size).toBe(4);
    expect(await teach(await plan(drawn))).toEqual({ images: 3, done: 0, cached: 3, failed: 0 });
    expect(objectsBelow(engine.root, ['statistics/'])).toEqual(before);
    const changed = [...drawn.slice(0, 2), { image: images[2], drawing: drawingOf(7, true) }];
    expect(await teach(await plan(changed))).toEqual({ images: 3, done: 1, cached: 2, failed: 0 });
  });

  test('give statistics from which an annotator is taken out as if never there', async () => {
    const drawn = grounded(3);
    const all = await taughtBy((await learn(await plan(drawn))).model);
    const never = await taughtBy((await learn(await plan([drawn[0], drawn[2]]))).model);
    const strokes = await keepStrokes(engine.store, JSON.stringify(drawn[1].drawing), '.json');
    const own = await readStatistics(engine.store, lessonName(maskId(images[1].sha256, strokes, recipe)));
    subtractTaught(all, own);
    expect(all.images).toBe(never.images);
    const [left, right] = [all, never].map(({ statistics }) => classifierOf(statistics).weights);
    for (let o = 0; o < right.length; o++) expect(left[o]).toBeCloseTo(right[o], 9);
  });

  test('of different classes add up by name; the background is none', async () => {
    const learned = await learn(
      await plan([
        { image: images[0], drawing: drawingOf(0) },
        { image: images[1], drawing: drawingOf(1, true) },
      ]),
    );
    expect(learned).toMatchObject({ labelled: 2, classes: 2 });
    expect((await readModel(engine.store, { dataset: 'd', id: learned.model })).categories).toEqual(
      expect.arrayContaining([null, { name: 'square', isthing: 1 }, { name: 'ground', isthing: 0 }]),
    );
  });

  test('without keys fail alone, and none of them is an error with the reason', async () => {
    const drawn = grounded(2);
    await engine.store.delete(keysKey(extract.backbone, images[1].sha256));
    const id = await plan(drawn);
    expect(await teach(id)).toEqual({ images: 2, done: 1, cached: 0, failed: 1 });
    const { model, labelled } = await finishTeaching(engine, { dataset: 'd', plan: id }, pulse());
    expect(labelled).toBe(1);
    await predict(id, model);
    // Listed with those that were not predicted.
    expect((await reportOf(model)).failures).toMatchObject([{ name: '1.png', permanent: false }]);
    await engine.store.delete(keysKey(extract.backbone, images[2].sha256));
    await expect(learn(await plan([{ image: images[2], drawing: drawingOf(3, true) }]))).rejects.toThrow(
      InvalidInputError,
    );
  });
});

describe('what a solve hears of the model', () => {
  const propagated = async (solve: Partial<SegmentOptions>) => {
    for (const [i, { sha256 }] of images.entries()) {
      await engine.store.put(scribblesKey('d', 0, sha256, '.json'), JSON.stringify(drawingOf(i, true)));
    }
    const request = { dataset: 'd', shard: 0, extract, preset: 'best' as const, solve };
    const tally = await propagateShard(engine, request, pulse());
    const report = await readDocument(engine.store, maskReportKey('d', recipeOf(request).recipe, 0), maskReport);
    return { ...tally, ...report! };
  };

  test('is as much as images that were left out in turn agree, and none of one image', async () => {
    const many = await learn(await plan(grounded(5)));
    const { prior, trust } = await readModel(engine.store, { dataset: 'd', id: many.model });
    expect(trust).toBe(many.trust);
    expect(trust).toBeGreaterThan(0.5);
    expect(decodeCorpusPrior(await engine.store.get(priorKey(prior!)))).toMatchObject({
      trust,
      keys: extract.backbone,
    });
    expect((await learn(await plan(grounded(1)))).trust).toBe(0);
  });

  test('joins the strokes of a mask under a name of its own; one of little trust changes no pixel', async () => {
    const plain = await propagated({});
    const { model } = await learn(await plan(grounded(5)));
    const { prior } = await readModel(engine.store, { dataset: 'd', id: model });
    const heard = await propagated({ corpus: prior });
    expect(heard).toMatchObject({ images: 6, done: 6, failed: 0 });
    const { parameters } = await documentOf(heard.masks[0].mask);
    expect(parameters).toMatchObject({ corpus: prior });
    expect(await propagated({ corpus: prior })).toMatchObject({ done: 0, cached: 6 });

    const one = await learn(await plan(grounded(1)));
    const blind = await propagated({ corpus: (await readModel(engine.store, { dataset: 'd', id: one.model })).prior });
    const pngs = (report: MaskReport) =>
      Promise.all(report.masks.map(({ mask }) => engine.store.get(maskKey(mask, '.png'))));
    expect(blind.masks[0].mask).not.toBe(plain.masks[0].mask);
    expect(await pngs(blind)).toEqual(await pngs(plain));
  });

  test('that is not there, or was taught with other keys, fails each image with the reason', async () => {
    const lost = await propagated({ corpus: '0'.repeat(64) });
    expect(lost.failures[0].reason).toBe(`no corpus' prior ${'0'.repeat(64)}; expected one of: saltworks prelabel`);
    const { model } = await learn(await plan(grounded(2)));
    const { prior } = await readModel(engine.store, { dataset: 'd', id: model });
    const other = encodeCorpusPrior({
      ...decodeCorpusPrior(await engine.store.get(priorKey(prior!))),
      keys: 'dinov3',
    });
    await engine.store.put(priorKey(sha256Of(other)), other);
    expect((await propagated({ corpus: sha256Of(other) })).failures[0].reason).toBe(
      "a corpus' prior of the keys dinov3; expected one of dinov2-small-focus (saltworks prelabel)",
    );
  });
});

describe('the others', () => {
  test('are predicted: a segment a class, named by image and model, the same bytes another time', async () => {
    const id = await plan(grounded(2));
    const { model } = await learn(id);
    expect(await predict(id, model)).toEqual({ images: 4, done: 4, cached: 0, failed: 0 });
    const report = await reportOf(model);
    expect(report.masks.map(({ name }) => name)).toEqual(['2.png', '3.png', '4.png', '5.png']);
    const document = await documentOf(report.masks[0].mask);
    expect(document).toMatchObject({ origin: 'predicted', model, image: { width, height, file_name: '2.png' } });
    expect(document.categories.map(({ name }) => name).sort()).toEqual(['ground', 'square']);
    expect(document.uncertainty).toBeGreaterThanOrEqual(0);
    const { ids } = decodePanoptic(await decodeImage(await engine.store.get(maskKey(report.masks[0].mask, '.png'))));
    const named = new Map(document.segments_info.map(({ id, category_id }) => [id, category_id]));
    const nameAt = (x: number, y: number) =>
      document.categories.find(({ id }) => id === named.get(ids[y * width + x]))?.name;
    expect([nameAt(22, 16), nameAt(42, 16)]).toEqual(['square', 'ground']);

    const before = objectsBelow(engine.root, ['masks/', 'datasets/']);
    expect(await predict(id, model)).toEqual({ images: 4, done: 0, cached: 4, failed: 0 });
    expect(objectsBelow(engine.root, ['masks/', 'datasets/'])).toEqual(before);
    await engine.store.delete(maskReportKey('d', prelabelRecipe(model), 0));
    for (const key of before.keys()) if (key.startsWith('masks/')) await engine.store.delete(key);
    expect(await predict(id, model)).toEqual({ images: 4, done: 4, cached: 0, failed: 0 });
    expect(objectsBelow(engine.root, ['masks/', 'datasets/'])).toEqual(before);
  });

  test('without keys fail alone and are tried again', async () => {
    const id = await plan(grounded(2));
    const { model } = await learn(id);
    const key = keysKey(extract.backbone, images[3].sha256);
    const keys = await engine.store.get(key);
    await engine.store.delete(key);
    expect(await predict(id, model)).toEqual({ images: 4, done: 3, cached: 0, failed: 1 });
    await engine.store.put(key, keys);
    expect(await predict(id, model)).toEqual({ images: 4, done: 1, cached: 3, failed: 0 });
  });

  test('of another model are other masks', async () => {
    const [a, b] = [await plan(grounded(1)), await plan(grounded(2))];
    const [one, two] = [await learn(a), await learn(b)];
    expect(one.model).not.toBe(two.model);
    await predict(a, one.model);
    await predict(b, two.model);
    const masks = await Promise.all([one, two].map(async ({ model }) => (await reportOf(model)).masks));
    const shared = masks[0].filter(({ mask }) => masks[1].some((other) => other.mask === mask));
    expect(shared).toEqual([]);
  });
});

describe('what to label next', () => {
  const finish = async (drawn: number) => {
    const id = await plan(grounded(drawn));
    const { model } = await learn(id);
    await finishPrelabels(engine, { dataset: 'd', plan: id, model }, pulse());
    return model;
  };

  test('is said of the images without strokes, each leaving less than the one before, the same another time', async () => {
    const model = await finish(2);
    const next = await currentNext(engine.store, 'd');
    expect(next).toMatchObject({ version: 1, dataset: 'd', model, considered: 4 });
    expect(next.images.map(({ name }) => name).sort()).toEqual(['2.png', '3.png', '4.png', '5.png']);
    const left = next.images.map((image) => image.left);
    expect(left).toEqual([...left].sort((a, b) => b - a));
    expect(left[0]).toBeLessThan(1);
    expect(left.at(-1)).toBeGreaterThan(0);
    expect(next.images.every(({ id, sha256 }) => images.some((one) => one.id === id && one.sha256 === sha256))).toBe(
      true,
    );
    // Known already: no keys are read.
    for (const { sha256 } of images.slice(2)) await engine.store.delete(keysKey(extract.backbone, sha256));
    const id = await plan(grounded(2));
    await finishPrelabels(engine, { dataset: 'd', plan: id, model }, pulse());
    expect(await currentNext(engine.store, 'd')).toEqual(next);
  });

  test('passes over images without keys', async () => {
    await engine.store.delete(keysKey(extract.backbone, images[3].sha256));
    await finish(2);
    const { images: found, considered } = await currentNext(engine.store, 'd');
    expect(found.map(({ name }) => name)).not.toContain('3.png');
    expect(considered).toBe(3);
  });

  test('is nothing where every image is drawn on; the pre-labels are there all the same', async () => {
    const model = await finish(6);
    expect(await currentRecipe(engine.store, 'd')).toBe(prelabelRecipe(model));
    await expect(currentNext(engine.store, 'd')).rejects.toThrow(
      'the pre-labels of d say nothing of what to label next; expected newer ones (saltworks prelabel d)',
    );
  });
});
