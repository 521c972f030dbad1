/** How large images are: their keys say so, and nothing has to be decoded here. */
import { keysId, keysKey } from '@saltworks/core/contract/layout';
import { decodeSafeTensors } from '@saltworks/core/formats/safetensors';
import { ObjectMissingError, type ObjectStore } from '@saltworks/store/store';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { ConflictError } from '../errors.ts';
import { type Assignment, setImageSize } from './assignments.ts';

/** Bytes that hold the header of a keys file several times over. */
const headerBytes = 4096;

/** Size of the upright image that keys were taken from; undefined while there are none. */
export async function imageSize(
  store: ObjectStore,
  sha256: string,
  backbone: string,
): Promise<{ width: number; height: number } | undefined> {
  const key = keysKey(keysId(backbone, { facet: 'key' }), sha256);
  const found = await store.head(key);
  if (!found) return undefined;
  try {
    // The header says where the data lies, which has to be within the file, whatever it is.
    const file = new Uint8Array(found.size);
    file.set((await store.get(key, { range: { start: 0, end: headerBytes } })).subarray(0, found.size));
    const { metadata } = decodeSafeTensors(file);
    return { width: Number(metadata.image_width), height: Number(metadata.image_height) };
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    throw error;
  }
}

/** The image's size from the header of its keys, noted on its task. @throws ConflictError while it has no keys */
export async function sizeOf(
  db: Kysely<Schema>,
  assignment: Assignment,
  readSize: (sha256: string) => Promise<{ width: number; height: number } | undefined>,
): Promise<{ width: number; height: number }> {
  const { width, height, sha256, name } = assignment.image;
  if (width !== null && height !== null) return { width, height };
  const size = await readSize(sha256);
  if (!size) throw new ConflictError(`image ${name} has no keys yet; expected them to be extracted`);
  await setImageSize(db, assignment.task, size);
  return size;
}
