/** Where the files are that a COCO document names: nothing is looked for outside of the folders that it speaks for. */
import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';

/** The name is good; the file is not there. */
export class FileMissingError extends InvalidInputError {}

export interface FoundFile {
  path: string;
  /** The name, without `.`, `..` and doubled slashes. */
  name: string;
}

export interface CocoFiles {
  /** @throws FileMissingError, or InvalidInputError if the name is none or leads elsewhere */
  image(name: unknown): Promise<FoundFile>;
  /** A panoptic PNG. @throws the same */
  mask(name: unknown): Promise<FoundFile>;
}

/**
 * Images are looked for beside the document, in `images/`, and in folders that its name ends with (`val2017/` of
 * `instances_val2017.json`), there and in `images/`; panoptic PNGs in a folder of the document's own name. A document in
 * a folder `annotations` speaks for the folder above, too: that is how COCO and its like are published.
 *
 * @param path of the document
 * @param images the folder of the images, if it was named: they are nowhere else
 */
export function cocoFiles(path: string, { images, isPanoptic }: { images?: string; isPanoptic: boolean }): CocoFiles {
  const beside = dirname(resolve(path));
  const document = basename(path);
  const stem = document.replace(/\.json$/i, '');
  const isPublished = /^annotations$/i.test(basename(beside));
  const root = isPublished ? dirname(beside) : beside;
  const folders = isPublished ? [beside, root] : [beside];

  // A panoptic document's own name is that of its masks' folder, where they are called as the images are.
  const parts = isPublished && !isPanoptic ? [...endings(stem), stem] : endings(stem);
  const chosen = images === undefined ? undefined : resolve(images);
  const imagePlaces: Places = chosen
    ? // Some names begin with the folder that was chosen.
      { beside, root: chosen, folders: [chosen, dirname(chosen)], where: `in ${images}` }
    : {
        beside,
        root,
        folders: folders.flatMap((folder) =>
          ['', ...parts].flatMap((part) => [join(folder, part), join(folder, 'images', part)]),
        ),
        where: `beside ${document} or in ${['images', ...parts].map((part) => `${part}/`).join(' or ')}`,
      };
  const maskPlaces: Places = {
    beside,
    root,
    folders: folders.map((folder) => join(folder, stem)),
    where: `in ${stem}/`,
  };
  return { image: (name) => find(name, imagePlaces), mask: (name) => find(name, maskPlaces) };
}

/** `keypoints_val2017` and `val2017` of `person_keypoints_val2017`. */
const endings = (stem: string) =>
  [...stem.matchAll(/_/g)].map(({ index }) => stem.slice(index + 1)).filter((ending) => ending !== '');

interface Places {
  /** Where the document is: names that begin with `..` lead from there. */
  beside: string;
  /** No file outside of it is taken. */
  root: string;
  /** In the order that they are looked in. */
  folders: string[];
  /** For people. */
  where: string;
}

/** @throws FileMissingError, or InvalidInputError */
async function find(name: unknown, { beside, root, folders, where }: Places): Promise<FoundFile> {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidInputError(`file_name ${JSON.stringify(name)}; expected a relative path`);
  }
  if (/^([\\/]|[a-z]:[\\/])/i.test(name)) {
    throw new InvalidInputError(`${name} is an absolute path; expected one below the folder of the images`);
  }
  let leadsOut = false;
  for (const spelling of spellings(name)) {
    const plain = posix.normalize(spelling);
    const leads = plain.startsWith('../');
    const paths = (leads ? [beside] : folders)
      .map((folder) => join(folder, plain))
      .filter((path) => isBelow(root, path));
    leadsOut ||= paths.length === 0;
    const path = await firstFile(paths);
    if (path) return { path, name: leads ? nameIn(folders, path) : plain };
  }
  if (leadsOut) throw new InvalidInputError(`${name} leads out of ${root}; expected a path below it`);
  throw new FileMissingError(`${name}: no such file ${where}`);
}

/** What it would be called without `..`. */
function nameIn(folders: readonly string[], path: string): string {
  const ways = folders.filter((folder) => isBelow(folder, path)).map((folder) => relative(folder, path));
  const [shortest] = ways.sort((a, b) => a.length - b.length);
  return shortest.split(sep).join('/');
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  return undefined;
}

/** Inside of it, at any depth. */
function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way.split(sep)[0] !== '..' && !isAbsolute(way);
}

/** A path as it is, and as others mean it: Windows by its backslashes, Macs by their accents apart from the letters. */
function spellings(name: string): string[] {
  const separated = name.includes('\\') ? [name, name.replaceAll('\\', '/')] : [name];
  return [...new Set(separated.flatMap((path) => [path, path.normalize('NFC'), path.normalize('NFD')]))];
}
