/** Imports scribbles that were drawn elsewhere. */
import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { extname, relative } from 'node:path';
import { type Dataset, type NamedImage, shardNames } from '@saltworks/contract/documents/dataset';
import { namesKey, scribblesKey } from '@saltworks/contract/layout';
import { withoutExtension } from '@saltworks/core/formats/stems';
import { readImages, readShard } from '../datasets/dataset.ts';
import { Fingerprints } from '../datasets/fingerprints.ts';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';
import { Folder } from './folder.ts';
import type { Offer } from './offers.ts';

/**
 * An image's scribbles in a folder: `x.jpg.json` or `x.jpg.png` for x.jpg alone, else `x.json` or `x.png`, which also serve
 * x.png and x.tif.
 *
 * @param name path of the image below its source
 * @param isPicture whether a PNG that is found is itself one of the images: images and scribbles may share a folder
 */
export async function findScribbles(
  folder: Folder,
  name: string,
  isPicture: (path: string) => boolean | Promise<boolean>,
): Promise<string | undefined> {
  for (const stem of [name, withoutExtension(name)]) {
    for (const extension of ['.json', '.png']) {
      const path = await folder.find(`${stem}${extension}`);
      if (path === undefined) continue;
      if (extension === '.json' || !(await isPicture(path))) return path;
    }
  }
  return undefined;
}

/** Passes a source's files on, and notes those that could be mistaken for scribbles: see {@link importScribbles}. */
export async function* notePictures(files: AsyncIterable<Offer>, pictures: Fingerprints): AsyncGenerator<Offer> {
  for await (const file of files) {
    if ('read' in file && file.path !== undefined && isPng(file.path)) pictures.add(await pathDigest(file.path));
    yield file;
  }
}

/**
 * Stores the scribbles that a folder has for images of a dataset. An image gets those of its first name that has any. Their
 * content is checked when they are used: one bad file fails alone.
 *
 * @param pictures files that were offered as pictures, imported or not. Neither they nor files with the bytes of an image,
 * former versions included, are scribbles
 * @param onNote called for each file that was found but not taken
 * @returns how many images have scribbles there
 */
export async function importScribbles(
  store: ObjectStore,
  dataset: Dataset,
  folder: string,
  {
    pictures,
    onNote,
    ...options
  }: CallOptions & { pictures?: Fingerprints; onNote?: (note: { name: string; note: string }) => void } = {},
): Promise<number> {
  const { name, shards } = dataset;
  const files = new Folder(folder);
  let images: Promise<Fingerprints> | undefined;
  const isPicture = async (path: string) => {
    if (pictures?.has(await pathDigest(path))) return true;
    images ??= contentsOf(store, dataset, options);
    const bytes = await readFile(path).catch(() => undefined);
    return bytes !== undefined && (await images).has(digest(bytes));
  };
  const note = (path: string, note: string) => onNote?.({ name: relative(folder, path), note });

  const drawnOn = async ({ names }: NamedImage) => {
    let found: { name: string; path: string; bytes: Uint8Array; names: string[] } | undefined;
    for (const { name } of names) {
      const path = await findScribbles(files, name, isPicture);
      if (path === undefined) continue;
      const bytes = await readFile(path).catch((error) => note(path, `cannot be read: ${error.message}`));
      if (!bytes) continue;
      found ??= { name, path, bytes, names: [] };
      found.names.push(name);
      if (Buffer.compare(found.bytes, bytes) !== 0) {
        note(path, `${name} has the bytes of ${found.name}, whose scribbles are taken`);
      }
    }
    return found;
  };
  let found = 0;
  for (let shard = 0; shard < shards; shard++) {
    const several = new Map<number, string[]>();
    for (const image of await readShard(store, name, shard, options)) {
      const drawn = await drawnOn(image);
      if (!drawn) continue;
      const [extension, other] = isPng(drawn.path) ? (['.png', '.json'] as const) : (['.json', '.png'] as const);
      if (image.names.length > 1) {
        // Scribbles from the time when it had one name were drawn on that name.
        const isFirst = !image.names.some((each) => each.drawn) && (await isDrawn(store, name, shard, image, options));
        several.set(image.id, isFirst ? [...drawn.names, image.names[0].name] : drawn.names);
      }
      await store.put(scribblesKey(name, shard, image.sha256, extension), drawn.bytes, options);
      // An image has one document of scribbles: one in the other format is older.
      await store.delete(scribblesKey(name, shard, image.sha256, other), options);
      found++;
    }
    await noteDrawn(store, { dataset: name, shard }, several, options);
  }
  return found;
}

async function isDrawn(
  store: ObjectStore,
  dataset: string,
  shard: number,
  { sha256 }: NamedImage,
  options: CallOptions,
): Promise<boolean> {
  const keys = (['.json', '.png'] as const).map((extension) => scribblesKey(dataset, shard, sha256, extension));
  const found = await Promise.all(keys.map((key) => store.head(key, options)));
  return found.some((each) => each !== undefined);
}

/** Records the names under which images were drawn on. @param drawn names by image */
async function noteDrawn(
  store: ObjectStore,
  { dataset, shard }: { dataset: string; shard: number },
  drawn: ReadonlyMap<number, readonly string[]>,
  options: CallOptions,
): Promise<void> {
  if (drawn.size === 0) return;
  const key = namesKey(dataset, shard);
  const document = await readDocument(store, key, shardNames, options);
  if (!document) return;
  for (const [id, names] of drawn) {
    document.images[id] = document.images[id].map((each) =>
      names.includes(each.name) ? { ...each, drawn: true } : each,
    );
  }
  await store.put(key, JSON.stringify(document), options);
}

async function contentsOf(store: ObjectStore, dataset: Dataset, options?: CallOptions): Promise<Fingerprints> {
  const contents = new Fingerprints();
  const images = readImages(store, dataset, { ...options, former: true });
  for await (const { sha256 } of images) contents.add(Buffer.from(sha256, 'hex'));
  return contents;
}

const isPng = (path: string) => extname(path).toLowerCase() === '.png';

/** Digest of a file's real path, whichever links led there. */
const pathDigest = async (path: string) => digest(await realpath(path).catch(() => path));

const digest = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest();
