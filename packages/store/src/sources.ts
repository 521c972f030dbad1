/** Where images are imported from: a folder, a prefix of an object store, a COCO document. */
import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { InvalidInputError } from '@saltworks/core/errors';
import type { Category } from '@saltworks/core/mask';
import type { SourceFile } from './import.ts';
import type { ObjectStore } from './store.ts';
import type { TruthSegment } from './truth.ts';

const IMAGE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

/** Every image file below a folder, in order of names, symbolic links not followed. */
export async function* folderSource(root: string): AsyncGenerator<SourceFile> {
  async function* walk(folder: string): AsyncGenerator<SourceFile> {
    const entries = await readdir(folder, { withFileTypes: true });
    const order = (a: Dirent, b: Dirent) => (a.name < b.name ? -1 : 1);
    for (const entry of entries.sort(order)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) yield* walk(path);
      else if (entry.isFile() && IMAGE.test(entry.name)) yield await fileSource(path, relative(root, path));
    }
  }
  yield* walk(root);
}

async function fileSource(path: string, name: string): Promise<SourceFile> {
  // A file that went away since it was listed fails when it is read.
  const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
  return { name: name.split(sep).join('/'), version: `${size} ${mtimeMs}`, read: () => readFile(path) };
}

/**
 * Every image below a prefix, page by page; the images stay where they are.
 *
 * @param url `s3://bucket/prefix` of the store's root
 */
export async function* objectSource(store: ObjectStore, url: string, signal?: AbortSignal): AsyncGenerator<SourceFile> {
  const root = url.endsWith('/') ? url : `${url}/`;
  for await (const { key, etag } of store.list('', { signal })) {
    if (!IMAGE.test(key)) continue;
    yield { name: key, version: etag, url: `${root}${key}`, read: () => store.get(key, { signal }) };
  }
}

interface CocoDocument {
  images: { id: number; file_name: string }[];
  annotations?: { image_id: number; file_name?: string; segments_info?: TruthSegment[] }[];
  categories?: { id: number; name: string; isthing?: number }[];
}

/**
 * The images that a COCO document lists, with their panoptic masks where it has them. Files are looked for beside the
 * document: images there or in `images/`, masks in the folder of the document's own name.
 *
 * @throws InvalidInputError if this is no COCO document
 */
export async function cocoSource(path: string): Promise<{ files: AsyncGenerator<SourceFile>; categories: Category[] }> {
  const { images, annotations = [], categories: listed = [] } = await readCoco(path);
  const categories = listed.map(({ id, name, isthing }): Category => ({ id, name, isthing: isthing === 0 ? 0 : 1 }));
  const folder = dirname(path);
  const masks = join(folder, basename(path).replace(/\.json$/i, ''));
  const panoptic = new Map(
    annotations.filter(({ segments_info }) => segments_info).map((annotation) => [annotation.image_id, annotation]),
  );
  async function* files(): AsyncGenerator<SourceFile> {
    for (const { id, file_name: name } of images) {
      const found = await firstFile([join(folder, name), join(folder, 'images', name)]);
      if (!found) {
        const missing = new InvalidInputError(`${name}: no such file beside ${basename(path)} or in images/`);
        yield { name, version: 'missing', read: () => Promise.reject(missing) };
        continue;
      }
      const truth = panoptic.get(id);
      const png = truth?.file_name;
      yield {
        ...(await fileSource(found, name)),
        ...(truth &&
          isBelow(png) && {
            truth: { png: () => readFile(join(masks, png)), segments: truth.segments_info ?? [], categories },
          }),
      };
    }
  }
  return { files: files(), categories };
}

async function readCoco(path: string): Promise<CocoDocument> {
  let document: CocoDocument;
  try {
    document = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new InvalidInputError(`${path}: ${(error as Error).message}; expected a COCO document`);
  }
  const { images, annotations = [], categories = [] } = document ?? {};
  if (![images, annotations, categories].every(isListOfObjects)) {
    throw new InvalidInputError(`${path}: expected a COCO document with images, annotations and categories`);
  }
  const bad = images.find(({ file_name }) => !isBelow(file_name));
  if (bad) {
    throw new InvalidInputError(
      `${path}: file_name ${JSON.stringify(bad.file_name)}; expected a COCO document whose images lie below it`,
    );
  }
  return document;
}

const isListOfObjects = (value: unknown) =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'object' && entry !== null);

/** A relative path that stays below its folder. */
function isBelow(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && !name.startsWith('/') && !name.split(/[\\/]/).includes('..');
}

async function firstFile(paths: string[]): Promise<string | undefined> {
  for (const path of paths) if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  return undefined;
}
