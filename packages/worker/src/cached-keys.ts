/** Keys as they lie in a store. */
import { keysKey } from '@saltworks/core/contract/layout';
import { InvalidInputError } from '@saltworks/core/errors';
import { decodeSafeTensors } from '@saltworks/core/formats/safetensors';
import { ObjectMissingError, type ObjectStore } from '@saltworks/store/store';

/** Bytes that hold the header of a keys file several times over. */
const HEADER_BYTES = 4096;

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
  const key = keysKey(backbone, sha256);
  const found = await store.head(key, { signal });
  if (!found) return false;
  try {
    // The header says where the data lies, which has to be within the file, whatever it is.
    const file = new Uint8Array(found.size);
    file.set((await store.get(key, { range: { start: 0, end: HEADER_BYTES }, signal })).subarray(0, found.size));
    const { tensors, metadata } = decodeSafeTensors(file);
    return tensors.has('keys') && metadata.image_sha256 === sha256;
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof ObjectMissingError) return false;
    throw error;
  }
}
