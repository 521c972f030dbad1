/** Masks for the images of a shard that have scribbles. */
import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import { decodeImage, encodePng } from '@saltworks/backbone/decode';
import { knownBackbone } from '@saltworks/backbone/registry';
import type { PropagateShardRequest, Tally } from '@saltworks/core/contract/activities';
import type { DatasetImage } from '@saltworks/core/contract/dataset';
import { keysId, keysKey, maskKey, propagatedKey, scribblesPrefix } from '@saltworks/core/contract/layout';
import { InvalidInputError } from '@saltworks/core/errors';
import { decodeKeys } from '@saltworks/core/formats/keys';
import { type PanopticDocument, panopticDocument } from '@saltworks/core/formats/panoptic';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import { type Category, encodePanoptic, findCategory } from '@saltworks/core/mask';
import { presets, type SegmentOptions, segment } from '@saltworks/core/segment';
import { readShard } from '@saltworks/store/dataset';
import { readJson } from '@saltworks/store/text';
import type { ExtractDeps } from './extract.ts';
import { failureOf, type Pulse, type ShardReport } from './shard.ts';

/** Raised when the same image, strokes and settings would give another mask than before. */
const CODE_VERSION = 1;

/** What is kept of a shard: which mask belongs to which image. */
export interface MaskReport extends ShardReport {
  /** Of all its masks: a name and a kind once each, ids of no meaning. */
  categories: Category[];
  masks: { id: number; sha256: string; name: string; mask: string }[];
}

/**
 * Settings with every default filled in, and the short hash that names them.
 *
 * @throws InvalidInputError if there is no such preset or backbone
 */
export function recipeOf({ extract, preset, solve }: Omit<PropagateShardRequest, 'dataset' | 'shard'>): {
  recipe: string;
  options: SegmentOptions;
} {
  if (!Object.hasOwn(presets, preset)) {
    throw new InvalidInputError(`preset ${preset}; expected one of ${Object.keys(presets).join(', ')}`);
  }
  const options = { ...presets[preset], sigmaFactor: knownBackbone(extract.backbone).sigma, ...solve };
  const recipe = hash(JSON.stringify([CODE_VERSION, keysId(extract.backbone, extract), sorted(options)])).slice(0, 16);
  return { recipe, options };
}

/**
 * Stores the masks of a shard's images that have scribbles. A mask is named by the hash of image, scribbles, backbone and
 * settings: what is there under that name is not made again.
 */
export async function propagateShard(
  deps: ExtractDeps,
  request: PropagateShardRequest,
  { last, beat, signal }: Pulse,
): Promise<Tally> {
  const { store } = deps;
  const { dataset, shard, extract } = request;
  const { recipe, options } = recipeOf(request);
  const images = new Map((await readShard(store, dataset, shard, { signal })).map((image) => [image.sha256, image]));

  const report: MaskReport = { images: 0, failures: [], categories: [], masks: [] };
  let done = last?.done ?? 0;
  let made = 0;
  beat({ next: 0, done });
  for await (const { key } of store.list(scribblesPrefix(dataset, shard), { signal })) {
    const image = images.get(basename(key, extname(key)));
    if (!image) continue;
    report.images++;
    try {
      const bytes = await store.get(key, { signal });
      const mask = hash(JSON.stringify([image.sha256, hash(bytes), recipe]));
      // The document is written last: where it is, the PNG is too.
      let document = await readJson<PanopticDocument>(store, maskKey(mask, '.json'), { signal });
      if (!document) {
        const extension = key.endsWith('.png') ? '.png' : '.json';
        const backbone = keysId(extract.backbone, extract);
        document = await makeMask(deps, { image, bytes, extension, mask, options, backbone }, signal);
        made++;
      }
      for (const { name, isthing } of document.categories) {
        if (findCategory(report.categories, { name, isthing })) continue;
        report.categories.push({ id: report.categories.length + 1, name, isthing });
      }
      report.masks.push({ id: image.id, sha256: image.sha256, name: image.name, mask });
    } catch (error) {
      signal.throwIfAborted();
      report.failures.push(failureOf(image, error));
    }
    beat({ next: report.images, done: done + made });
  }
  done += made;
  report.masks.sort((a, b) => a.id - b.id);
  await store.put(propagatedKey(dataset, recipe, shard), JSON.stringify(report), { signal });
  const { length: failed } = report.failures;
  return { images: report.images, done, failed, cached: report.images - failed - done };
}

interface MaskJob {
  image: DatasetImage;
  /** The scribbles. */
  bytes: Uint8Array;
  extension: '.json' | '.png';
  /** The mask's id. */
  mask: string;
  options: SegmentOptions;
  backbone: string;
}

async function makeMask(
  { store, readObject, maxPixels }: ExtractDeps,
  { image, bytes, extension, mask, options, backbone }: MaskJob,
  signal: AbortSignal,
): Promise<PanopticDocument> {
  const pixels = await decodeImage(await readObject(image.object, signal), { maxPixels });
  const { raster, segments } = readScribbles(bytes, extension, pixels);
  const { keys } = decodeKeys(await store.get(keysKey(backbone, image.sha256), { signal }));
  const result = segment(pixels, keys, raster, options);
  const { data, width, height } = encodePanoptic(result.mask);
  const document = panopticDocument(result, segments, { image: image.name, sha256: image.sha256, mask: `${mask}.png` });
  await store.put(maskKey(mask, '.png'), await encodePng(data, { width, height, channels: 3 }), { signal });
  await store.put(maskKey(mask, '.json'), JSON.stringify({ ...document, parameters: { backbone, ...options } }), {
    signal,
  });
  return document;
}

const hash = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

/** The same fields in the same order, however they were put together. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
