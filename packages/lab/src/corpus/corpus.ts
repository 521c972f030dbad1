/** The protocol `corpus`: what strokes on some train images teach about test images that nobody has touched. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type DecodedImage, decodeImage } from '@saltworks/backbone/image/decode';
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import { type CorpusReport, corpusIndex } from '@saltworks/contract/documents/corpus';
import { parseDocument } from '@saltworks/contract/documents/document';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Preset, SegmentOptions } from '@saltworks/contract/options';
import { Arena } from '@saltworks/core/arena/arena';
import { classifierOf } from '@saltworks/core/corpus/classifier';
import { teach } from '@saltworks/core/corpus/fast/statistics';
import { lessonOf } from '@saltworks/core/corpus/lesson';
import { learnerDefaults, predictScores } from '@saltworks/core/corpus/predict';
import { addStatistics, noStatistics, type Statistics } from '@saltworks/core/corpus/statistics';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import type { Keys } from '@saltworks/core/keys/keys';
import { mean } from '@saltworks/core/metrics/mean';
import { solveOptions } from '@saltworks/core/options';
import { openRefiner } from '@saltworks/core/refine/fast/refine';
import { segment } from '@saltworks/core/segment';
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
  try {
    const chosen = sizes.flatMap((size) =>
      Array.from({ length: choices }, (_, choice) => ({ size, names: drawnFrom(train, size, `${seed} ${choice}`) })),
    );
    const taught = new Map<string, Statistics>();
    const wanted = new Set(chosen.flatMap(({ names }) => names));
    for (const name of wanted) {
      onProgress?.('teaching', taught.size + 1, wanted.size);
      const { image, keys } = await pictureOf(name);
      const strokes = await readFile(join(folder, 'scribbles', `${name}.json`));
      taught.set(name, statisticsOf(image, keys, strokes, c, solve));
    }
    const runs = chosen.map(({ size, names }) => {
      const all = noStatistics(taught.get(names[0])!.d, c);
      for (const name of names) addStatistics(all, taught.get(name)!);
      return { size, classifier: classifierOf(all, learnerDefaults), counts: new Float64Array(c * (c + 1)) };
    });
    const categories = classes.map((name) => ({ name, isthing: 0 as const }));
    const unseen = spread(test, limit);
    for (const [i, name] of unseen.entries()) {
      onProgress?.('predicting', i + 1, unseen.length);
      const { image, keys } = await pictureOf(name);
      const truth = await decodeImage(await readFile(join(folder, 'labels', `${name}.png`)), { maxPixels });
      const refiner = openRefiner(new Arena(), image, solve);
      for (const { classifier, counts } of runs) {
        const { ids } = refiner.refine(predictScores(classifier, keys, categories, learnerDefaults));
        for (let pixel = 0; pixel < ids.length; pixel++) {
          const own = truth.data[3 * pixel];
          if (own > 0 && own <= c) counts[(own - 1) * (c + 1) + ids[pixel]]++;
        }
      }
    }
    const figures = sizes.map((images) => {
      const each = runs.filter(({ size }) => size === images).map(({ counts }) => figuresOf(counts, c));
      const iou = classes.map((name, k): [string, number | null] => {
        const known = each.map((one) => one.iou[k]).filter((value) => value !== null);
        return [name, known.length === 0 ? null : mean(known)];
      });
      const [right, miou] = (['right', 'miou'] as const).map((name) => mean(each.map((one) => one[name])));
      return { images, right, miou, iou: Object.fromEntries(iou) };
    });
    return { version: 1, backbone: spec.id, preset, seed, test: unseen.length, choices, figures };
  } finally {
    await extractor.close();
  }
}

async function filesByStem(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return new Map(names.map((name) => [name.slice(0, -extname(name).length), join(folder, name)]));
}

/** What one image teaches. @param strokes of classes as segments, from 1 */
function statisticsOf(
  image: DecodedImage,
  keys: Keys,
  strokes: Uint8Array,
  c: number,
  options: SegmentOptions,
): Statistics {
  const { mask, nodes } = segment(image, keys, readScribbles(strokes, '.json', image).raster, options);
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
