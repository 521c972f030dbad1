/** The example that a search begins with: an image of a dataset, and the pixels of a segment or of strokes on it. */
import { decodeImage } from '@saltworks/backbone/image/decode';
import type { NamedImage } from '@saltworks/contract/documents/dataset';
import { encodeRegion, encodeRegions } from '@saltworks/contract/documents/run-lengths';
import { parseScribbles } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysId, maskKey, type ScribblesExtension, scribblesKey, truthKey } from '@saltworks/contract/layout';
import type { ExtractSettings } from '@saltworks/contract/options';
import { parseScribblePng } from '@saltworks/core/formats/scribble-png';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { rasterise, type StrokeRaster } from '@saltworks/core/seeds/seeds';
import { maskId } from '@saltworks/store/builds/mask-names';
import { readDataset, readShard } from '@saltworks/store/datasets/dataset';
import { inOrder } from '@saltworks/store/in-order';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { readBytes } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { findKeys } from '../cached-keys.ts';

/** Shards that are read ahead. */
const atOnce = 8;

/** An image with the shard that it lies in. */
export interface PlacedImage extends NamedImage {
  shard: number;
}

interface Size {
  width: number;
  height: number;
}

/**
 * An image by one of its names, or by its id.
 *
 * @throws InvalidInputError if there is no such dataset, or no such image
 */
export async function findImage(store: ObjectStore, dataset: string, given: string, signal: AbortSignal) {
  let byId: PlacedImage | undefined;
  for await (const image of placedImages(store, dataset, signal)) {
    if (image.names.some(({ name }) => name === given)) return image;
    if (String(image.id) === given) byId = image;
  }
  if (byId) return byId;
  throw new InvalidInputError(`no image ${given} in ${dataset}; expected the name or the id of one`);
}

/**
 * The image that a file of scribbles is called like, folders and extensions aside.
 *
 * @throws InvalidInputError unless it is one image
 */
export async function findImageOf(store: ObjectStore, dataset: string, file: string, signal: AbortSignal) {
  const stem = stemOf(file);
  const found: PlacedImage[] = [];
  for await (const image of placedImages(store, dataset, signal)) {
    if (image.names.some(({ name }) => stemOf(name) === stem)) found.push(image);
  }
  if (found.length === 1) return found[0];
  const some = found.map(({ name }) => name).slice(0, 3);
  throw new InvalidInputError(
    `${file}: ${found.length === 0 ? 'no image' : `${found.length} images`} of ${dataset} called ${stem}${some.length > 0 ? ` (${some.join(', ')})` : ''}; expected one, or --image IMAGE`,
  );
}

const stemOf = (path: string) => path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');

async function* placedImages(store: ObjectStore, dataset: string, signal: AbortSignal): AsyncGenerator<PlacedImage> {
  const { shards } = await readDataset(store, dataset, { signal });
  const read = async (shard: number) =>
    (await readShard(store, dataset, shard, { signal })).map((image) => ({ ...image, shard }));
  for await (const images of inOrder(Array(shards).keys(), atOnce, read)) yield* images;
}

/** The size of an image, as its keys know it. @throws InvalidInputError if it has none */
export async function sizeOf(
  store: ObjectStore,
  dataset: string,
  { sha256, name }: NamedImage,
  extract: ExtractSettings,
  signal: AbortSignal,
): Promise<Size> {
  const keys = keysId(extract.backbone, extract);
  const found = await findKeys(store, keys, sha256, signal);
  if (found) return found.image;
  throw new InvalidInputError(`no keys ${keys} of ${name}; expected some (saltworks extract ${dataset})`);
}

/**
 * The pixels of a segment: of the mask that the dataset's scribbles gave, else of these scribbles, else of the known mask.
 *
 * @param of the dataset, and the recipe of the masks
 * @returns run lengths
 * @throws InvalidInputError if none of them has it
 */
export async function regionOf(
  store: ObjectStore,
  { dataset, recipe }: { dataset: string; recipe: string },
  image: PlacedImage,
  segment: number,
  size: Size,
  signal: AbortSignal,
): Promise<number[]> {
  const { sha256, shard, name } = image;
  const seen = new Set<number>();
  const regionIn = (ids: ArrayLike<number>) => {
    const regions = encodeRegions(ids);
    for (const id of regions.keys()) seen.add(id);
    return regions.get(segment);
  };
  for (const extension of ['.json', '.png'] as const) {
    const strokes = await readBytes(store, scribblesKey(dataset, shard, sha256, extension), { signal });
    if (!strokes) continue;
    const mask = await readBytes(store, maskKey(maskId(sha256, sha256Of(strokes), recipe), '.png'), { signal });
    const region = (mask && regionIn(await idsIn(mask))) ?? regionIn(drawnIds(strokes, extension, size));
    if (region) return region;
  }
  const known = await readBytes(store, truthKey(dataset, sha256, '.png'), { signal });
  const region = known && regionIn(await idsIn(known));
  if (region) return region;
  const ids = [...seen].sort((a, b) => a - b);
  throw new InvalidInputError(
    ids.length === 0
      ? `${name} has no segment: neither scribbles nor a known mask; expected --scribble FILE`
      : `${name} has no segment ${segment}; expected one of ${ids.slice(0, 20).join(', ')}${ids.length > 20 ? ' …' : ''}`,
  );
}

/**
 * The pixels of all strokes but the background's.
 *
 * @throws InvalidInputError if the scribbles do not fit the image, or draw nothing else
 */
export function regionOfStrokes(bytes: Uint8Array, extension: ScribblesExtension, size: Size): number[] {
  const drawn = drawnIds(bytes, extension, size);
  const region = encodeRegions(drawn.map((id) => (id === 0 ? 0 : 1))).get(1);
  if (region) return region;
  throw new InvalidInputError('strokes of the background alone; expected one of a segment in the image');
}

/** The segment that was drawn at each pixel; 0: none. Also of a single stroke, which is too little for a mask. */
function drawnIds(bytes: Uint8Array, extension: ScribblesExtension, size: Size): Uint32Array {
  let raster: StrokeRaster;
  if (extension === '.png') raster = parseScribblePng(bytes, size).raster;
  else {
    const scribbles = parseScribbles(bytes);
    const { width, height } = scribbles.image;
    if (width !== size.width || height !== size.height) {
      throw new InvalidInputError(
        `scribbles for ${width} × ${height} pixels; expected the image's ${size.width} × ${size.height}`,
      );
    }
    raster = rasterise(scribbles);
  }
  return Uint32Array.from(raster.owner, (stroke) => (stroke === 0 ? 0 : raster.segments[stroke - 1]));
}

/** The pixels of a segment of a mask. @returns run lengths @throws InvalidInputError if there is no such mask or segment */
export async function regionInMask(
  store: ObjectStore,
  { mask, id }: { mask: string; id: number },
  signal: AbortSignal,
): Promise<number[]> {
  const file = await readBytes(store, maskKey(mask, '.png'), { signal });
  const region = file && encodeRegion(await idsIn(file), id);
  if (region && region.length > 0) return region;
  throw new InvalidInputError(`no segment ${id} in mask ${mask}; expected the mask as it was when it was asked for`);
}

const idsIn = async (png: Uint8Array): Promise<Uint32Array> => decodePanoptic(await decodeImage(png)).ids;
