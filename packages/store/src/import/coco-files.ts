/** Files that a COCO document names: they are searched in the folders that the document speaks for, nowhere else. */
import { basename, dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { asSeen } from '@saltworks/core/formats/spelling';
import { Folder } from './folder.ts';
import { pathWithin } from './places.ts';

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
 * Images lie beside the document, in `images/`, or in folders that its name ends with (`val2017/` of
 * `instances_val2017.json`), there or in `images/`; panoptic PNGs in a folder of the document's own name. A document in
 * a folder `annotations` speaks for the folder above, too: COCO and its like are published so.
 *
 * @param path of the document
 * @param images the only folder of the images, if it was named
 * @param within a real path: no file outside of it is taken, whatever links lead there
 */
export function cocoFiles(
  path: string,
  { images, isPanoptic, within }: { images?: string; isPanoptic: boolean; within?: string },
): CocoFiles {
  const beside = dirname(resolve(path));
  const document = basename(path);
  const stem = document.replace(/\.json$/i, '');
  const isPublished = /^annotations$/i.test(basename(beside));
  const root = isPublished ? dirname(beside) : beside;
  const folders = isPublished ? [beside, root] : [beside];

  // A panoptic document shares its name with the folder of its masks, and these share theirs with the images.
  const parts = isPublished && !isPanoptic ? [...endings(stem), stem] : endings(stem);
  const chosen = images === undefined ? undefined : resolve(images);
  const imagePlaces = chosen
    ? // Some names begin with the folder that was chosen.
      places(beside, chosen, [chosen, dirname(chosen)], `in ${images}`)
    : places(
        beside,
        root,
        folders.flatMap((folder) =>
          ['', ...parts].flatMap((part) => [join(folder, part), join(folder, 'images', part)]),
        ),
        `beside ${document} or in ${['images', ...parts].map((part) => `${part}/`).join(' or ')}`,
      );
  const maskPlaces = places(
    beside,
    root,
    folders.map((folder) => join(folder, stem)),
    `in ${stem}/`,
  );
  const take = async (name: unknown, where: Places) => {
    const found = await find(name, where);
    if (within !== undefined) await pathWithin(within, found.path);
    return found;
  };
  return { image: (name) => take(name, imagePlaces), mask: (name) => take(name, maskPlaces) };
}

/** `keypoints_val2017` and `val2017` of `person_keypoints_val2017`. */
const endings = (stem: string) =>
  [...stem.matchAll(/_/g)].map(({ index }) => stem.slice(index + 1)).filter((ending) => ending !== '');

interface Places {
  /** The document's folder: names that begin with `..` lead from there. */
  beside: Folder;
  /** No file outside of it is taken. */
  root: string;
  /** In the order of the search. */
  folders: Folder[];
  /** For messages. */
  where: string;
}

const places = (beside: string, root: string, folders: readonly string[], where: string): Places => ({
  ...{ beside: new Folder(beside), root },
  ...{ folders: folders.map((folder) => new Folder(folder)), where },
});

/** @throws FileMissingError, or InvalidInputError */
async function find(name: unknown, { beside, root, folders, where }: Places): Promise<FoundFile> {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidInputError(`file_name ${JSON.stringify(name)}; expected a relative path`);
  }
  if (/^([\\/]|[a-z]:[\\/])/i.test(name)) {
    throw new InvalidInputError(`${name} is an absolute path; expected one below the folder of the images`);
  }
  let leadsOut = false;
  for (const spelling of separated(name)) {
    const plain = posix.normalize(spelling);
    const leads = plain.startsWith('../');
    const inside = (leads ? [beside] : folders).filter((folder) =>
      isBelow(asSeen(root), asSeen(join(folder.root, plain))),
    );
    leadsOut ||= inside.length === 0;
    for (const look of ['exact', 'lookalike'] as const) {
      for (const folder of inside) {
        const path = await folder[look](plain);
        if (path === undefined || !isBelow(root, path)) continue;
        return { path, name: leads ? shortest(folders, path) : nameIn(folder, path) };
      }
    }
  }
  if (leadsOut) throw new InvalidInputError(`${name} leads out of ${root}; expected a path below it`);
  throw new FileMissingError(`${name}: no such file ${where}`);
}

const nameIn = ({ root }: Folder, path: string): string => relative(root, path).split(sep).join('/');

/** The shortest name without `..`. */
function shortest(folders: readonly Folder[], path: string): string {
  const names = folders.filter(({ root }) => isBelow(root, path)).map((folder) => nameIn(folder, path));
  return names.sort((a, b) => a.length - b.length)[0];
}

/** Inside of it, at any depth. */
function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way.split(sep)[0] !== '..' && !isAbsolute(way);
}

/** A path as it is, and as Windows means it by its backslashes. */
const separated = (name: string) => (name.includes('\\') ? [name, name.replaceAll('\\', '/')] : [name]);
