/** Sizes of images, read from their keys' headers: the server decodes no image. */

import { InvalidInputError } from '@saltworks/contract/errors';
import { keysKey } from '@saltworks/contract/layout';
import { readKeysHeader } from '@saltworks/store/datasets/keys-header';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import type { Assignment } from './read.ts';

/** Size of the upright image, pixels; undefined while it has no keys, or torn ones. @param keys their id */
export async function imageSize(
  store: ObjectStore,
  sha256: string,
  keys: string,
): Promise<{ width: number; height: number } | undefined> {
  const header = await readKeysHeader(store, keysKey(keys, sha256)).catch((error) => {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  });
  return header && { width: Number(header.metadata.image_width), height: Number(header.metadata.image_height) };
}

/** The size of an assignment's image, recorded on its task once read. @throws ConflictError while it has no keys */
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

/** Records the size of a task's image. */
export async function setImageSize(
  db: Kysely<Schema>,
  task: string,
  { width, height }: { width: number; height: number },
): Promise<void> {
  await db.updateTable('task').set({ width, height }).where('id', '=', task).execute();
}
