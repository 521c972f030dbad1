/**
 * Files being written.
 *
 * A file is written under `.partial/`, flushed, and then linked (create) or renamed (replace) to its name: the kernel
 * lets one of many links win, and no reader sees half a file, whenever the writer dies. After a power loss the last
 * objects may be missing, but none is torn.
 */
import { randomUUID } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolders, unwritable } from '../room.ts';
import { checkKey, PARTIAL } from '../store.ts';
import { codeOf, explain } from './failures.ts';
import type { Root } from './root.ts';

/** A file that was not written to for so long was left behind by a process that died. */
export const LEFTOVER_MS = 3600_000;
/** A delete may remove a folder with its last object after a writer made it and before the writer's file is there. */
const PLACE_TRIES = 100;

/** Writes a file aside and puts it in its place. If either fails, nothing remains. */
export async function write(
  root: Root,
  key: string,
  content: (file: FileHandle) => Promise<void>,
  place: (partial: string, path: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  checkKey(key);
  signal?.throwIfAborted();
  let partial: string | undefined;
  try {
    await makeFolders(root.folder);
    const aside = join(await root.real(), PARTIAL);
    await root.makeInside(aside, key);
    partial = join(aside, randomUUID());
    const file = await open(partial, 'wx');
    try {
      await content(file);
      await file.datasync();
    } finally {
      await file.close();
    }
    await putInPlace(root, key, (path) => place(partial as string, path), signal);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw (await unwritable(error, root.folder)) ?? explain(error, key, root.folder);
  } finally {
    // It may be read-only since.
    if (partial) await rm(partial, { force: true }).catch(() => {});
  }
}

async function putInPlace(root: Root, key: string, place: (path: string) => Promise<void>, signal?: AbortSignal) {
  const path = join(await root.real(), key);
  for (let tries = 1; ; tries++) {
    signal?.throwIfAborted();
    try {
      await root.makeInside(dirname(path), key);
      await place(path);
      return;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || tries === PLACE_TRIES) throw error;
    }
  }
}

/** Removes the files of writers that died; a living one writes at least once an hour. @param folder of the store @returns how many */
export function sweep(folder: string, before: Date): number {
  const aside = join(folder, PARTIAL);
  let removed = 0;
  try {
    if (!lstatSync(aside).isDirectory()) return 0;
    for (const name of readdirSync(aside)) {
      const path = join(aside, name);
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (!stats?.isFile() || stats.mtime >= before) continue;
      rmSync(path, { force: true });
      removed++;
    }
  } catch {
    // Not there, or not ours to remove: a leftover does no harm.
  }
  return removed;
}
