/** Images as browsers are shown them: upright, sRGB, and nothing but pixels. */
import { decodeImage, encodeWebp } from '@saltworks/backbone/decode';
import { thumbnailKey, viewKey } from '@saltworks/core/contract/layout';
import type { ShardDeps } from './shard.ts';

const thumbnailSide = 256;

/**
 * Stores an image without loss and small, both as WebP, unless they are there.
 *
 * @throws InvalidInputError if it does not decode, or WebP cannot hold it
 */
export async function makeViews(
  { store, readObject, maxPixels }: ShardDeps,
  { sha256, object }: { sha256: string; object: string },
  signal: AbortSignal,
): Promise<void> {
  const [view, thumbnail] = [viewKey(sha256), thumbnailKey(sha256)];
  const found = await Promise.all([view, thumbnail].map((key) => store.head(key, { signal })));
  if (found.every((each) => each !== undefined)) return;
  const image = await decodeImage(await readObject(object, signal), { maxPixels });
  const small = await encodeWebp(image, { quality: 80, side: thumbnailSide });
  await store.put(view, await encodeWebp(image), { signal });
  await store.put(thumbnail, small, { signal });
}
