/** Old backups removed, and what no other names. */
import { backedUpObject } from '@saltworks/contract/documents/backups';
import { parseDocument } from '@saltworks/contract/documents/document';
import { backupKey, pooledOf, poolPrefix } from '@saltworks/contract/layout';
import type { CallOptions, ObjectStore } from '../objects/store.ts';
import { lockDestination } from './lock.ts';
import { backupIds, type FoundBackup, readBackup } from './manifests.ts';
import { partLines } from './parts.ts';

/** Names that are held at a time: of more, the pool is swept in turns. */
const namesAtOnce = 2_000_000;
/** Folders of the pool. */
const folders = 256;

/**
 * Keeps the newest, and all that they need.
 *
 * @returns ids of the backups that are gone, and the bytes that that freed
 */
export async function pruneBackups(
  at: ObjectStore,
  keep: number,
  options?: CallOptions,
): Promise<{ removed: string[]; bytes: number }> {
  const unlock = await lockDestination(at);
  try {
    const ids = await backupIds(at, options);
    const removed = ids.slice(0, Math.max(0, ids.length - keep));
    // What cannot be read is not swept: nothing is removed before all that stays is known.
    const stay: FoundBackup[] = [];
    for (const id of ids.slice(removed.length)) stay.push(await readBackup(at, id, options));
    for (const id of removed) await at.delete(backupKey(id), options);
    const names = stay.reduce((sum, { manifest }) => sum + manifest.objects.count, 0);
    const turns = Math.min(folders, Math.ceil(names / namesAtOnce) || 1);
    let bytes = 0;
    for (let turn = 0; turn < turns; turn++) bytes += await sweep(at, stay, { turn, turns }, options);
    return { removed, bytes };
  } finally {
    await unlock();
  }
}

async function sweep(
  at: ObjectStore,
  stay: readonly FoundBackup[],
  { turn, turns }: { turn: number; turns: number },
  options?: CallOptions,
): Promise<number> {
  const isDue = (sha256: string) => Number.parseInt(sha256.slice(0, 2), 16) % turns === turn;
  const used = new Set<string>();
  for (const { id, manifest } of stay) {
    const { database, objects } = manifest;
    for (const { sha256 } of [...database.parts, ...database.masks, ...objects.parts]) used.add(sha256);
    for await (const line of partLines(at, objects.parts, `the objects of backup ${id}`, options)) {
      const { sha256 } = parseDocument(`the objects of backup ${id}`, line, backedUpObject);
      if (isDue(sha256)) used.add(sha256);
    }
  }
  let bytes = 0;
  for (let folder = turn; folder < folders; folder += turns) {
    const prefix = `${poolPrefix}${folder.toString(16).padStart(2, '0')}/`;
    for await (const { key, size } of at.list(prefix, options)) {
      if (used.has(pooledOf(key))) continue;
      await at.delete(key, options);
      bytes += size;
    }
  }
  return bytes;
}
