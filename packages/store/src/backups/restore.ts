/**
 * A backup put back into a store that is empty. A mark lies there from the first object on: servers and workers refuse such a
 * store, and a restore that was cut can be repeated. The store's id comes last.
 */
import { backedUpObject, type Restoring, restoring } from '@saltworks/contract/documents/backups';
import { parseDocument } from '@saltworks/contract/documents/document';
import { InvalidInputError } from '@saltworks/contract/errors';
import { identityKey, restoringKey } from '@saltworks/contract/layout';
import { inOrder } from '../in-order.ts';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';
import type { FoundBackup } from './manifests.ts';
import { partLines } from './parts.ts';
import { pooled } from './pool.ts';

/** Objects that are on their way at a time. */
const atOnce = 8;
/** Bytes up to which an object is held, and written once it is checked. */
const held = 16 * 1024 * 1024;

/**
 * Marks a store as one that this backup goes into.
 *
 * @returns whether an earlier restore of the same backup began there
 * @throws InvalidInputError if it has other objects
 */
export async function beginRestore(to: ObjectStore, { hash }: FoundBackup, options?: CallOptions): Promise<boolean> {
  const mark = await readDocument(to, restoringKey, restoring, options);
  if (mark?.manifest === hash) return true;
  if (mark) {
    throw new InvalidInputError('a store into which another backup was being restored; expected an empty one');
  }
  for await (const { key } of to.list('', options)) {
    throw new InvalidInputError(`a store with objects (${key}); expected an empty one to restore into`);
  }
  const own: Restoring = { version: 1, manifest: hash };
  if (await to.putIfAbsent(restoringKey, JSON.stringify(own), options)) return false;
  return beginRestore(to, { hash } as FoundBackup, options);
}

/** All objects but the store's id. @throws InvalidInputError that names what is missing, cut or altered */
export async function restoreObjects(
  to: ObjectStore,
  { from, backup, again }: { from: ObjectStore; backup: FoundBackup; again: boolean },
  progress: (done: number) => void = () => {},
  options?: CallOptions,
): Promise<void> {
  const what = `the objects of backup ${backup.id}`;
  let count = 0;
  const put = async (line: string) => {
    const object = parseDocument(what, line, backedUpObject);
    const { key, size } = object;
    if (key === identityKey) return;
    // An object is there whole, and nobody else writes here.
    if (again && (await to.head(key, options))?.size === size) return;
    const chunks = pooled(from, object, key, options);
    if (size > held) return to.putStream(key, chunks, options);
    const bytes: Uint8Array[] = [];
    for await (const chunk of chunks) bytes.push(chunk);
    await to.put(key, Buffer.concat(bytes), options);
  };
  const { parts, count: wanted } = backup.manifest.objects;
  for await (const _ of inOrder(partLines(from, parts, what, options), atOnce, put)) {
    options?.signal?.throwIfAborted();
    progress(++count);
  }
  if (count !== wanted) throw new InvalidInputError(`${what}: ${count}; expected ${wanted}`);
}

/** The store is whole: gives it its id, and takes the mark away. */
export async function endRestore(to: ObjectStore, { manifest }: FoundBackup, options?: CallOptions): Promise<void> {
  await to.put(identityKey, JSON.stringify({ version: 1, id: manifest.store }), options);
  await to.delete(restoringKey, options);
}
