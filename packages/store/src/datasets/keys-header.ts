/** The header of a keys file (spec/keys.md), read without the data. */
import { decodeSafeTensors } from '@saltworks/core/formats/safetensors';
import { type CallOptions, ObjectMissingError, type ObjectStore } from '../objects/store.ts';

/** Bytes that hold the header several times over. */
const headerBytes = 4096;

/**
 * @returns undefined where there is no such object
 * @throws InvalidInputError if this is no keys file, or is cut off
 */
export async function readKeysHeader(store: ObjectStore, key: string, options?: CallOptions) {
  const found = await store.head(key, options);
  if (!found) return undefined;
  try {
    // The decoder checks that the data lies inside the file, but not the data.
    const file = new Uint8Array(found.size);
    file.set((await store.get(key, { range: { start: 0, end: headerBytes }, ...options })).subarray(0, found.size));
    return decodeSafeTensors(file);
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    throw error;
  }
}
