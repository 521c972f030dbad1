/** Whether a backup is whole: every byte of it is read. */
import { backedUpObject } from '@saltworks/contract/documents/backups';
import { parseDocument } from '@saltworks/contract/documents/document';
import { InvalidInputError } from '@saltworks/contract/errors';
import { inOrder } from '../in-order.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';
import type { FoundBackup } from './manifests.ts';
import { partLines } from './parts.ts';
import { pooled } from './pool.ts';

/** Objects that are read at a time. */
const atOnce = 8;

/** @throws InvalidInputError that names the first part that is missing, cut or altered */
export async function verifyBackup(
  from: ObjectStore,
  { id, manifest }: FoundBackup,
  progress: (done: number) => void = () => {},
  options?: CallOptions,
): Promise<void> {
  const { database, objects } = manifest;
  let rows = 0;
  for await (const line of partLines(from, database.parts, `the database of backup ${id}`, options)) {
    if (line.startsWith('{')) rows++;
  }
  if (rows !== database.rows) throw new InvalidInputError(`backup ${id} has ${rows} rows; expected ${database.rows}`);
  for await (const _ of partLines(from, database.masks, `the masks of backup ${id}`, options));
  let [count, bytes] = [0, 0];
  const read = async (line: string) => {
    const object = parseDocument(`the objects of backup ${id}`, line, backedUpObject);
    for await (const _ of pooled(from, object, object.key, options));
    return object;
  };
  const lines = partLines(from, objects.parts, `the objects of backup ${id}`, options);
  for await (const { size } of inOrder(lines, atOnce, read)) {
    options?.signal?.throwIfAborted();
    bytes += size;
    progress(++count);
  }
  if (count !== objects.count || bytes !== objects.bytes) {
    throw new InvalidInputError(
      `backup ${id} has ${count} objects of ${bytes} bytes; expected ${objects.count} of ${objects.bytes}`,
    );
  }
}
