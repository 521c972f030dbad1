/** Sources of images: a folder, or a prefix of an object store. The third, a COCO document, is in coco-source.ts. */
import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { ObjectStore } from '../objects/store.ts';
import type { Offer, SourceFile } from './offers.ts';
import { isHidden, type LeftReason, leftByName } from './picture-names.ts';
import { isWithin, pathWithin } from './places.ts';

/**
 * Every image file below a folder, in order of names. Links to files are followed wherever they lead: caches of DVC and of
 * model hubs consist of them. Links to folders are not followed, so no file comes twice and no walk goes in circles.
 *
 * @param within a real path: links that lead out of it are not followed either
 */
export async function* folderSource(root: string, within?: string): AsyncGenerator<Offer> {
  async function* walk(folder: string): AsyncGenerator<Offer> {
    const entries = await readdir(folder, { withFileTypes: true });
    const order = (a: Dirent, b: Dirent) => (a.name < b.name ? -1 : 1);
    for (const entry of entries.sort(order)) {
      const path = join(folder, entry.name);
      const name = toSlashes(relative(root, path));
      if (isHidden(entry.name)) yield { name, left: 'hidden' };
      else if (entry.isSymbolicLink() && (await leadsOut(path, within)))
        yield { name, note: 'a link that leads out of its place; it is left out' };
      else if (entry.isDirectory()) yield* walk(path);
      else {
        const left = await leftOf(entry, path);
        yield left ? { name, left } : await fileSource(path, name, within);
      }
    }
  }
  yield* walk(root);
}

/** Files of labels count, too: whatever is read of a place is listed here first. */
async function leadsOut(path: string, within: string | undefined): Promise<boolean> {
  if (within === undefined) return false;
  const found = await realpath(path).catch(() => undefined);
  return found !== undefined && !isWithin(within, found);
}

/** Why a file of a folder is skipped; undefined for pictures. */
async function leftOf(entry: Dirent, path: string): Promise<LeftReason | undefined> {
  if (entry.isFile()) return leftByName(entry.name);
  if (!entry.isSymbolicLink()) return 'other';
  const target = await stat(path).catch(() => undefined);
  if (!target) return 'broken_links';
  if (target.isDirectory()) return 'linked_folders';
  return target.isFile() ? leftByName(entry.name) : 'other';
}

const toSlashes = (path: string) => path.split(sep).join('/');

/**
 * @param name path below the source's root, joined by `/`
 * @param within a real path: the file is not read if it lies elsewhere by then
 */
export async function fileSource(path: string, name: string, within?: string): Promise<SourceFile> {
  // A file that vanished after the listing fails when it is read.
  const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
  const read = async () => readFile(within === undefined ? path : await pathWithin(within, path));
  return { name, path, version: `${size} ${mtimeMs}`, read };
}

/**
 * Every image below a prefix, page by page. The images are not copied.
 *
 * @param url `s3://bucket/prefix` of the store's root
 */
export async function* objectSource(store: ObjectStore, url: string, signal?: AbortSignal): AsyncGenerator<Offer> {
  const root = url.endsWith('/') ? url : `${url}/`;
  for await (const { key, etag } of store.list('', { signal })) {
    // Stores have no folders; some keep an object as a stand-in.
    if (key.endsWith('/')) continue;
    const left = key.split('/').some(isHidden) ? 'hidden' : leftByName(key);
    if (left) yield { name: key, left };
    else yield { name: key, version: etag, url: `${root}${key}`, read: () => store.get(key, { signal }) };
  }
}
