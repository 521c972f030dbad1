/** Where images are imported from: a folder, a prefix of an object store (and a COCO document, in coco-source.ts). */
import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Offer, SourceFile } from './import.ts';
import type { ObjectStore } from './store.ts';

const IMAGE = /\.(jpe?g|png|webp|gif|tiff?|avif|bmp)$/i;

/** What systems and programs keep for themselves: `._a.jpg` beside every a.jpg of a Mac's archive, `.git`, `.thumbnails`. */
const isHidden = (name: string) => name.startsWith('.');

/** Every image file below a folder, in order of names; hidden ones and symbolic links are passed over. */
export async function* folderSource(root: string): AsyncGenerator<Offer> {
  async function* walk(folder: string): AsyncGenerator<Offer> {
    const entries = await readdir(folder, { withFileTypes: true });
    const order = (a: Dirent, b: Dirent) => (a.name < b.name ? -1 : 1);
    for (const entry of entries.sort(order)) {
      const path = join(folder, entry.name);
      const name = toSlashes(relative(root, path));
      if (isHidden(entry.name)) yield { name, left: 'hidden' };
      else if (entry.isDirectory()) yield* walk(path);
      else if (entry.isFile() && IMAGE.test(entry.name)) yield await fileSource(path, name);
      else yield { name, left: 'other' };
    }
  }
  yield* walk(root);
}

const toSlashes = (path: string) => path.split(sep).join('/');

/** @param name path below the source's root, joined by `/` */
export async function fileSource(path: string, name: string): Promise<SourceFile> {
  // A file that went away since it was listed fails when it is read.
  const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
  return { name, version: `${size} ${mtimeMs}`, read: () => readFile(path) };
}

/**
 * Every image below a prefix, page by page; the images stay where they are.
 *
 * @param url `s3://bucket/prefix` of the store's root
 */
export async function* objectSource(store: ObjectStore, url: string, signal?: AbortSignal): AsyncGenerator<Offer> {
  const root = url.endsWith('/') ? url : `${url}/`;
  for await (const { key, etag } of store.list('', { signal })) {
    // Stores have no folders; some keep an object in place of one.
    if (key.endsWith('/')) continue;
    if (key.split('/').some(isHidden)) yield { name: key, left: 'hidden' };
    else if (!IMAGE.test(key)) yield { name: key, left: 'other' };
    else yield { name: key, version: etag, url: `${root}${key}`, read: () => store.get(key, { signal }) };
  }
}
