/** Masks for the images of a shard that have scribbles. */
import { knownBackbone } from '@saltworks/backbone/registry/registry';
import type { Category } from '@saltworks/contract/categories';
import type { DatasetImage } from '@saltworks/contract/documents/dataset';
import type { MaskDocument } from '@saltworks/contract/documents/masks';
import type { MaskReport, ShardReport } from '@saltworks/contract/documents/reports';
import { keysId, maskReportKey, parseScribblesKey, scribblesPrefix } from '@saltworks/contract/layout';
import type { MaskSettings, PropagateShardRequest, Tally } from '@saltworks/contract/messages/activities';
import type { SegmentOptions } from '@saltworks/contract/options';
import { addCategories } from '@saltworks/core/mask/mask';
import { solveOptions } from '@saltworks/core/options';
import { recipeName } from '@saltworks/store/builds/mask-names';
import { readShard } from '@saltworks/store/datasets/dataset';
import { inOrder } from '@saltworks/store/in-order';
import { type MaskDeps, makeMask } from './make-mask.ts';
import type { MaskNames } from './mask-file.ts';
import { type MaskOrigin, storeMask } from './masks.ts';
import { failureOf, type Pulse } from './shard.ts';

/**
 * Settings with every default filled in, and the short hash that names them.
 *
 * @param backbone the entry of its name; default the known one
 * @throws InvalidInputError if there is no such preset, backbone or choice
 */
export function recipeOf(
  { extract, preset, solve }: MaskSettings,
  backbone: { sigma: number } = knownBackbone(extract.backbone),
): { recipe: string; options: SegmentOptions } {
  const options = solveOptions(preset, backbone, solve);
  return { recipe: recipeName(keysId(extract.backbone, extract), options), options };
}

/**
 * Stores the masks of a shard's images that have scribbles. A mask is named by the hash of image, scribbles, backbone and
 * settings, and made unless it is stored. Images are read ahead and masks stored behind while the
 * threads make them; the report is the same in whatever order they end.
 */
export async function propagateShard(
  deps: MaskDeps,
  request: PropagateShardRequest,
  { last, beat, signal, attempt }: Pulse,
): Promise<Tally> {
  const { store, maskThreads } = deps;
  const { dataset, shard, extract } = request;
  const { recipe, options } = recipeOf(request, await deps.findBackbone?.(extract.backbone));
  const backbone = keysId(extract.backbone, extract);
  const images = new Map((await readShard(store, dataset, shard, { signal })).map((image) => [image.sha256, image]));

  const maskOf = async ({ image, key }: Drawn): Promise<Outcome> => {
    try {
      const scribbles = await store.get(key, { signal });
      const { extension } = parseScribblesKey(key);
      const origin: MaskOrigin = { image, scribbles, recipe, options, backbone };
      const make = (names: MaskNames) => makeMask(deps, { ...origin, image, extension, names, extract }, signal);
      return { image, ...(await storeMask(store, origin, make, signal)) };
    } catch (error) {
      signal.throwIfAborted();
      return { image, failure: failureOf(image, error, attempt) };
    }
  };

  const report: MaskReport = { version: 1, images: 0, failures: [], categories: [], masks: [] };
  const categories = new Map<number, Category[]>();
  let done = last?.done ?? 0;
  beat({ next: 0, done });
  const drawn = drawnImages(store.list(scribblesPrefix(dataset, shard), { signal }), images);
  // As many wait with their files read as are being solved, so that no thread waits for a store.
  for await (const outcome of inOrder(drawn, 2 * maskThreads.threads, maskOf)) {
    signal.throwIfAborted();
    report.images++;
    if ('failure' in outcome) {
      report.failures.push(outcome.failure);
    } else {
      const { image, mask, document, made } = outcome;
      if (made) done++;
      categories.set(image.id, document.categories);
      report.masks.push({ id: image.id, sha256: image.sha256, name: image.name, mask });
    }
    beat({ next: report.images, done });
  }
  report.masks.sort((a, b) => a.id - b.id);
  // In the order of the images: scribbles come in that of their hashes.
  for (const { id } of report.masks) addCategories(report.categories, categories.get(id) ?? []);
  await store.put(maskReportKey(dataset, recipe, shard), JSON.stringify(report), { signal });
  const { length: failed } = report.failures;
  return { images: report.images, done, failed, cached: report.images - failed - done };
}

/** An image and the name of the object that holds its scribbles. */
interface Drawn {
  image: DatasetImage;
  key: string;
}

type Outcome =
  | { image: DatasetImage; mask: string; document: MaskDocument; made: boolean }
  | { image: DatasetImage; failure: ShardReport['failures'][number] };

async function* drawnImages(
  objects: AsyncIterable<{ key: string }>,
  images: ReadonlyMap<string, DatasetImage>,
): AsyncGenerator<Drawn> {
  for await (const { key } of objects) {
    const image = images.get(parseScribblesKey(key).sha256);
    if (image) yield { image, key };
  }
}
