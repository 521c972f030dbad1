/** Keys as they lie in a store: found, read, and made again where they are damaged. */

import { decodeImage } from '@saltworks/backbone/image/decode';
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysId, keysKey } from '@saltworks/contract/layout';
import type { ExtractSettings } from '@saltworks/contract/options';
import { type KeysOrigin, soundOrigin } from '@saltworks/core/formats/keys';
import { readKeysHeader } from '@saltworks/store/datasets/keys-header';
import { readBytes } from '@saltworks/store/objects/documents';
import { ObjectMissingError, type ObjectStore } from '@saltworks/store/objects/store';
import { DamagedKeysError } from './damaged-keys.ts';
import { noteKeySet } from './key-sets.ts';
import { keysFile } from './keys-file.ts';
import type { KeysSources } from './keys-source.ts';
import type { ShardDeps } from './shard.ts';

/**
 * Finds an image's keys: a whole file, and of this image. Told by its size and its header; the data is not read, so
 * changed bits are not seen. What a copy that broke off has left, by other hands than a store's, is as good as nothing.
 *
 * @param backbone id of the keys
 * @returns how the image was seen; undefined where there are no keys
 */
export async function findKeys(
  store: ObjectStore,
  backbone: string,
  sha256: string,
  signal: AbortSignal,
): Promise<Pick<KeysOrigin, 'window' | 'image'> | undefined> {
  try {
    const header = await readKeysHeader(store, keysKey(backbone, sha256), { signal });
    if (!header?.tensors.has('keys') || header.metadata.image_sha256 !== sha256) return undefined;
    const { image_window: window, image_width, image_height } = header.metadata;
    return { window, image: { width: Number(image_width), height: Number(image_height) } };
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

/** The same for keys without damage: all of the file is read. */
export async function findSoundKeys(
  store: ObjectStore,
  backbone: string,
  sha256: string,
  signal: AbortSignal,
): ReturnType<typeof findKeys> {
  const file = await readBytes(store, keysKey(backbone, sha256), { signal });
  return file && soundKeysOf(sha256, file);
}

function soundKeysOf(sha256: string, file: Uint8Array): KeysOrigin | undefined {
  const origin = soundOrigin(file);
  return origin?.imageSha256 === sha256 ? origin : undefined;
}

export interface KeysDeps extends ShardDeps {
  keys: KeysSources;
}

interface KeyedImage {
  sha256: string;
  name: string;
  object: string;
}

/**
 * Reads the file of an image's keys. A damaged file is replaced first: its keys are computed again.
 *
 * @throws ObjectMissingError if there is none; DamagedKeysError if a damaged one cannot be replaced here
 */
export async function readKeys(
  deps: KeysDeps,
  image: KeyedImage,
  extract: ExtractSettings,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const file = await deps.store.get(keysKey(keysId(extract.backbone, extract), image.sha256), { signal });
  if (soundKeysOf(image.sha256, file)) return file;
  try {
    return await makeKeys(deps, image, extract, signal);
  } catch (error) {
    signal.throwIfAborted();
    const reason = (error as Error).message.replaceAll('\n', ' ');
    throw new DamagedKeysError(
      `damaged keys of ${image.name}, not made again: ${reason}; expected saltworks extract DATASET --verify`,
      { cause: error },
    );
  }
}

/** The same; keys that are not there are made, as `extract` would. @throws InvalidInputError if the image is unusable */
export const readOrMakeKeys = (
  deps: KeysDeps,
  image: KeyedImage,
  extract: ExtractSettings,
  signal: AbortSignal,
): Promise<Uint8Array> =>
  readKeys(deps, image, extract, signal).catch((error) => {
    if (error instanceof ObjectMissingError) return makeKeys(deps, image, extract, signal);
    throw error;
  });

async function makeKeys(
  { store, keys, readObject, maxPixels }: KeysDeps,
  image: KeyedImage,
  extract: ExtractSettings,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const pixels = await decodeImage(await readObject(image.object, signal), { maxPixels });
  const source = await keys.open(extract);
  // Not by another file of that name: the dataset's other keys are those of the first.
  await noteKeySet(store, extract, source, { signal });
  const file = await keysFile(source, { ...image, pixels }, extract, signal);
  await store.put(keysKey(keysId(extract.backbone, extract), image.sha256), file, { signal });
  return file;
}
