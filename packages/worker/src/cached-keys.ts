/** Keys as they lie in a store. */
import { keysKey } from '@saltworks/core/contract/layout';
import { InvalidInputError } from '@saltworks/core/errors';
import { readKeysHeader } from '@saltworks/store/keys-header';
import type { ObjectStore } from '@saltworks/store/store';

/**
 * Whether an image has keys: a whole file, and of this image. Told by its size and its header; the data is not read. What
 * a copy that broke off has left, by other hands than a store's, is as good as nothing.
 *
 * @param backbone id of the keys
 */
export async function hasKeys(
  store: ObjectStore,
  backbone: string,
  sha256: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const header = await readKeysHeader(store, keysKey(backbone, sha256), { signal });
    if (!header) return false;
    return header.tensors.has('keys') && header.metadata.image_sha256 === sha256;
  } catch (error) {
    if (error instanceof InvalidInputError) return false;
    throw error;
  }
}
