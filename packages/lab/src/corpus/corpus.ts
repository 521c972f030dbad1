/** The protocol `corpus`: what strokes on some train images teach about test images, untouched and with strokes of their own. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type DecodedImage, decodeImage } from '@saltworks/backbone/image/decode';
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import { type CorpusFigures, type CorpusReport, corpusIndex } from '@saltworks/contract/documents/corpus';
import { parseDocument } from '@saltworks/contract/documents/document';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Preset, SegmentOptions } from '@saltworks/contract/options';
import { labelsOf } from '@saltworks/core/answer';
import { Arena } from '@saltworks/core/arena/arena';
import { classifierOf } from '@saltworks/core/corpus/classifier';
import { teach } from '@saltworks/core/corpus/fast/statistics';
import { lessonOf } from '@saltworks/core/corpus/lesson';
import { opinionOf } from '@saltworks/core/corpus/opinion-of';
import { learnerDefaults, predictScores } from '@saltworks/core/corpus/predict';
import { addStatistics, noStatistics, type Statistics, subtractStatistics } from '@saltworks/core/corpus/statistics';
import { trustOf } from '@saltworks/core/corpus/trust';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import type { Keys } from '@saltworks/core/keys/keys';
import type { Mask } from '@saltworks/core/mask/mask';
import { mean } from '@saltworks/core/metrics/mean';
import { gridOf } from '@saltworks/core/nodes/grid';
import { solveOptions } from '@saltworks/core/options';
import { openRefiner } from '@saltworks/core/refine/fast/refine';
import type { StrokeRaster } from '@saltworks/core/seeds/seeds';
import { segment } from '@saltworks/core/segment';
import { agreement } from '@saltworks/core/walk/opinion';
import { readIfThere } from '../files.ts';
import { cachedKeys, openExtractor } from '../keys/cache.ts';
import { spread } from '../plan.ts';
import { randomFrom } from '../random.ts';

/** Choices of train images for each number of them. */
const choices = 3;

export interface CorpusOptions {
  folder: string;
  /** Numbers of train images. */
  sizes: readonly number[];
  spec: BackboneSpec;
  preset: Preset;
  seed: number;
  /** Most test images, evenly spread over the list. */
  limit?: number;
  /** The folder that keeps keys from one run to the next. */
  keys: string;
  maxPixels?: number;
  signal?: AbortSignal;
  onProgress?(stage: string, done: number, total: number): void;
}

/** @throws InvalidInputError if the folder has another form, or fewer train images than a size */
export async function measureCorpus({
  folder,
  sizes,
  spec,
  preset,
  seed,
  limit,
  ...options
}: CorpusOptions): Promise<CorpusReport> {
  const { keys: cache, maxPixels, signal, onProgress } = options;
  const index = await readIfThere(join(folder, 'index.json'));
  if (index === undefined) {
    throw new InvalidInputError(`no index.json in ${folder}; expected one with classes, train and test (docs/eval.md)`);
  }
  const { classes, train, test } = parseDocument(join(folder, 'index.json'), index, corpusIndex);
  for (const size of sizes) {
    if (size > train.length) throw new InvalidInputError(`--train ${size} of ${train.length} images; expected fewer`);
  }
  const c = classes.length;
  const solve = solveOptions(preset, spec);
  const files = await filesByStem(join(folder, 'images'));
  const backbones = { spec, installed: [] };
  const extractor = openExtractor(cache, backbones, [{}]);
  const pictureOf = async (name: string): Promise<{ image: DecodedImage; keys: Keys }> => {
    signal?.throwIfAborted();
    const file = files.get(name);
    if (file === undefined) throw new InvalidInputError(`no image ${name} in ${join(folder, 'images')}; expected one`);
    const bytes = await readFile(file);
    const one = {
      image: await decodeImage(bytes, { maxPixels }),
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
    await extractor.add(one);
    return { image: one.image, keys: (await cachedKeys(cache, backbones, one, {}))! };
  };
  const strokesOf = async (name: string, image: DecodedImage): Promise<StrokeRaster> =>
    readScribbles(await readFile(join(folder, 'scribbles', `${name}.json`)), '.json', image).raster;
  /** Segment k of strokes is class k. */
  const categoryOf = (id: number) => (id >= 1 && id <= c ? id - 1 : undefined);
  try {
    const chosen = sizes.flatMap((size) =>
      Array.from({ length: choices }, (_, choice) => ({ size, names: drawnFrom(train, size, `${seed} ${choice}`) })),
    );
    const taught = new Map<string, Statistics>();
    const wanted = new Set(chosen.flatMap(({ names }) => names));
    for (const name of wanted) {
      onProgress?.('teaching', taught.size + 1, wanted.size);
      const { image, keys } = await pictureOf(name);
      taught.set(name, statisticsOf(image, keys, await strokesOf(name, image), c, solve));
    }
    const runs = chosen.map(({ size, names }) => {
      const all = noStatistics(taught.get(names[0])!.d, c);
      for (const name of names) addStatistics(all, taught.get(name)!);
      const [counts, alone, heard] = Array.from({ length: 3 }, () => new Float64Array(c * (c + 1)));
      const classifier = classifierOf(all, learnerDefaults);
      return { size, names, all, classifier, counts, alone, heard, trust: 0, agreements: [] as number[] };
    });
    const drawn = new Set(await stemsOf(join(folder, 'scribbles')));
    const asked = spread(test, limit);
    const hears = solve.graph === 'walk' && asked.some((name) => drawn.has(name));
    if (hears) {
      for (const [i, name] of [...wanted].entries()) {
        onProgress?.('leaving out', i + 1, wanted.size);
        const { image, keys } = await pictureOf(name);
        const { seeds } = labelsOf(await strokesOf(name, image), gridOf(keys, solve.upsample), solve);
        for (const { all, agreements } of runs.filter(({ names }) => names.length > 1 && names.includes(name))) {
          subtractStatistics(all, taught.get(name)!);
          agreements.push(agreement(opinionOf(classifierOf(all, learnerDefaults), keys, solve, categoryOf), seeds));
          addStatistics(all, taught.get(name)!);
        }
      }
      for (const run of runs) run.trust = trustOf(run.agreements);
    }
    const categories = classes.map((name) => ({ name, isthing: 0 as const }));
    for (const [i, name] of asked.entries()) {
      onProgress?.('predicting', i + 1, asked.length);
      const { image, keys } = await pictureOf(name);
      const truth = await decodeImage(await readFile(join(folder, 'labels', `${name}.png`)), { maxPixels });
      const refiner = openRefiner(new Arena(), image, solve);
      const note = (counts: Float64Array, { ids }: Mask) => {
        for (let pixel = 0; pixel < ids.length; pixel++) {
          const own = truth.data[3 * pixel];
          if (own > 0 && own <= c) counts[(own - 1) * (c + 1) + ids[pixel]]++;
        }
      };
      for (const { classifier, counts } of runs) {
        note(counts, refiner.refine(predictScores(classifier, keys, categories, learnerDefaults)));
      }
      if (!hears || !drawn.has(name)) continue;
      const raster = await strokesOf(name, image);
      const { mask } = segment(image, keys, raster, solve);
      for (const { classifier, alone, heard, trust } of runs) {
        note(alone, mask);
        const opinion = opinionOf(classifier, keys, solve, categoryOf, { ...learnerDefaults, trust });
        note(heard, segment(image, keys, raster, solve, undefined, { opinion }).mask);
      }
    }
    const figures = sizes.map((images) => {
      const own = runs.filter(({ size }) => size === images);
      const of = (part: 'counts' | 'alone' | 'heard') =>
        meanFigures(
          own.map((run) => figuresOf(run[part], c)),
          classes,
        );
      const strokes = hears && {
        ...{ images: asked.filter((name) => drawn.has(name)).length, alone: of('alone'), heard: of('heard') },
        trust: mean(own.map(({ trust }) => trust)),
      };
      return { images, ...of('counts'), ...(strokes && { strokes }) };
    });
    return { version: 1, backbone: spec.id, preset, seed, test: asked.length, choices, figures };
  } finally {
    await extractor.close();
  }
}

async function filesByStem(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return new Map(names.map((name) => [name.slice(0, -extname(name).length), join(folder, name)]));
}

const stemsOf = async (folder: string): Promise<string[]> => [...(await filesByStem(folder)).keys()];

/** What one image teaches. @param raster of classes as segments, from 1 */
function statisticsOf(
  image: DecodedImage,
  keys: Keys,
  raster: StrokeRaster,
  c: number,
  options: SegmentOptions,
): Statistics {
  const { mask, nodes } = segment(image, keys, raster, options);
  const own = noStatistics(keys.d, c);
  const places = new Map(Array.from({ length: c }, (_, k) => [k + 1, k]));
  teach(own, keys.data, lessonOf(mask, nodes, keys, places, c));
  return own;
}

/** Distinct ones, by a seed. */
function drawnFrom(names: readonly string[], size: number, seed: string): string[] {
  const random = randomFrom(`corpus ${size} ${seed}`);
  const left = [...names];
  return Array.from({ length: size }, () => left.splice(Math.floor(random() * left.length), 1)[0]);
}

/** Means over choices. @param each figures of one */
function meanFigures(each: readonly ReturnType<typeof figuresOf>[], classes: readonly string[]): CorpusFigures {
  const iou = classes.map((name, k): [string, number | null] => {
    const known = each.map((one) => one.iou[k]).filter((value) => value !== null);
    return [name, known.length === 0 ? null : mean(known)];
  });
  const [right, miou] = (['right', 'miou'] as const).map((name) => mean(each.map((one) => one[name])));
  return { right, miou, iou: Object.fromEntries(iou) };
}

/** @param counts pixels by true class and by label, 0 none, k + 1 a class; `[c, c + 1]` */
function figuresOf(counts: Float64Array, c: number): { right: number; miou: number; iou: (number | null)[] } {
  const own = (k: number) => counts[k * (c + 1) + k + 1];
  const all = Array.from({ length: c }, (_, k) => k);
  const iou = all.map((k) => {
    const truth = counts.subarray(k * (c + 1), (k + 1) * (c + 1)).reduce((sum, count) => sum + count, 0);
    const found = all.reduce((sum, j) => sum + counts[j * (c + 1) + k + 1], 0);
    return truth === 0 ? null : own(k) / (truth + found - own(k));
  });
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    right: all.reduce((sum, k) => sum + own(k), 0) / total,
    miou: mean(iou.filter((value) => value !== null)),
    iou,
  };
}
