/** Images as browsers are shown them: upright, sRGB, and nothing but pixels. */
import { decodeImage, encodePng, encodeWebp, fitsWebp } from '@saltworks/backbone/image/decode';
import { InvalidInputError } from '@saltworks/contract/errors';
import { thumbnailKey, viewKey, viewKeys } from '@saltworks/contract/layout';
import type { ShowRequest } from '@saltworks/contract/messages/annotate';
import type { RgbImage } from '@saltworks/core/image/image';
import { inOrder } from '@saltworks/store/in-order';
import { firstOf } from '@saltworks/store/objects/first-of';
import { failureOf, type ShardDeps } from './shard.ts';
import { whyUnshown } from './shown.ts';

const thumbnailSide = 256;

/**
 * Stores an image without loss and small, as WebP, unless they are there. An image that is longer than WebP can hold is a PNG.
 *
 * @throws InvalidInputError if it does not decode, or no browser can draw it
 */
export async function makeViews(
  { store, readObject, maxPixels }: ShardDeps,
  { sha256, object }: { sha256: string; object: string },
  signal: AbortSignal,
): Promise<void> {
  const thumbnail = thumbnailKey(sha256);
  const found = await Promise.all([viewKeys(sha256), [thumbnail]].map((keys) => firstOf(store, keys, { signal })));
  if (found.every((each) => each !== undefined)) return;
  const image = await decodeImage(await readObject(object, signal), { maxPixels });
  const reason = whyUnshown(image);
  if (reason) throw new InvalidInputError(reason);
  const small = await encodeSmall(image);
  if (fitsWebp(image)) await store.put(viewKey(sha256), await encodeWebp(image), { signal });
  else await store.put(viewKey(sha256, '.png'), await encodePng(image.data, { ...image, channels: 3 }), { signal });
  await store.put(thumbnail, small, { signal });
}

/** Images that are decoded side by side: they are photographs of any size. */
const atOnce = 2;

/**
 * Makes the copies of images that browsers show, small or at both sizes, unless they are there.
 *
 * @returns sha256 of those that cannot be used
 */
export async function showImages(
  deps: ShardDeps,
  { images, whole }: ShowRequest,
  signal: AbortSignal,
): Promise<string[]> {
  const failed: string[] = [];
  const make = async (image: ShowRequest['images'][number]) => {
    try {
      await (whole ? makeViews : makeThumbnail)(deps, image, signal);
    } catch (error) {
      signal.throwIfAborted();
      failureOf({ ...image, name: image.sha256 }, error);
      failed.push(image.sha256);
    }
  };
  for await (const _ of inOrder(images, atOnce, make)) signal.throwIfAborted();
  return failed;
}

async function makeThumbnail(
  { store, readObject, maxPixels }: ShardDeps,
  { sha256, object }: { sha256: string; object: string },
  signal: AbortSignal,
): Promise<void> {
  const key = thumbnailKey(sha256);
  if (await store.head(key, { signal })) return;
  const pixels = await decodeImage(await readObject(object, signal), { maxPixels });
  await store.put(key, await encodeSmall(pixels), { signal });
}

const encodeSmall = (image: RgbImage) => encodeWebp(image, { quality: 80, side: thumbnailSide });
