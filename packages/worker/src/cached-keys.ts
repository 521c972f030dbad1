/** Keys as they lie in a store. */

import { InvalidInputError } from '@saltworks/contract/errors';
import { keysKey } from '@saltworks/contract/layout';
import type { KeysOrigin } from '@saltworks/core/formats/keys';
import { readKeysHeader } from '@saltworks/store/datasets/keys-header';
import type { ObjectStore } from '@saltworks/store/objects/store';

/**
 * Finds an image's keys: a whole file, and of this image. Told by its size and its header; the data is not read. What
 * a copy that broke off has left, by other hands than a store's, is as good as nothing.
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
