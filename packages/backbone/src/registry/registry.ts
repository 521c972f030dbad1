/**
 * The registry of backbones. A name is looked up in the table of known ones, then among those that were added to the home,
 * then in the store; a path that ends in `.onnx` is a backbone, too.
 */
import { basename, join } from 'node:path';
import type { AddedBackbone } from '@saltworks/contract/documents/backbones';
import { InvalidInputError } from '@saltworks/contract/errors';
import { readModelFile } from '../onnx/external.ts';
import { evaluate } from '../runtime/runtime.ts';
import { inspect } from '../tap/tap.ts';
import { entryOf, homeShelf, makeSameKeys, type Store, storeShelf } from './added.ts';
import { type BackboneEntry, type BackboneSpec, filesOf, placesOf } from './entries.ts';
import { readFetched } from './fetched.ts';
import { hashOf } from './hash.ts';
import { FILE_DEFAULTS, KNOWN_BACKBONES, LONG_SIDE } from './known.ts';
import { localFiles, markOf, sizeOf } from './local.ts';

/** Where added backbones are looked up. */
export interface Places {
  /** The folder of everything kept between runs. */
  home: string;
  store?: Store;
}

/** The files of a backbone are not here: callers pull it and try again. */
export class BackboneMissingError extends Error {
  override name = 'BackboneMissingError';
  readonly backbone: string;

  constructor(backbone: string, path: string) {
    super(`no ${path}; expected the backbone ${backbone}, pulled (saltworks backbone pull ${backbone})`);
    this.backbone = backbone;
  }
}

/** @throws InvalidInputError unless it is a backbone of the registry's own table */
export function knownBackbone(name: string): BackboneEntry {
  const known = KNOWN_BACKBONES.find((backbone) => backbone.name === name);
  if (known) return known;
  throw new InvalidInputError(
    `backbone ${name}; expected one of ${KNOWN_BACKBONES.map((each) => each.name).join(', ')}`,
  );
}

/** The entry of a name. @throws InvalidInputError if there is none, or if home and store mean different backbones by it */
export async function findEntry(name: string, { home, store }: Places): Promise<BackboneEntry> {
  const known = KNOWN_BACKBONES.find((backbone) => backbone.name === name);
  if (known) return known;
  // A name never becomes a path.
  if (/^[a-z0-9][a-z0-9._-]*$/.test(name) && !name.endsWith('.onnx')) {
    const shelves = [homeShelf(home), ...(store ? [storeShelf(store)] : [])];
    const [own, shared] = await Promise.all(shelves.map((shelf) => shelf.read(name)));
    const there = [own, shared].filter((entry): entry is AddedBackbone => entry !== undefined && !entry.removed);
    if (there.length === 2 && !makeSameKeys(there[0], there[1])) {
      throw new InvalidInputError(
        `backbone ${name} is one backbone in the home and another in the store; expected one (saltworks backbone rm ${name})`,
      );
    }
    if (there.length > 0) return entryOf(there[0], there[0] === own ? 'home' : 'store');
  }
  throw new InvalidInputError(
    `backbone ${name}; expected a name from "saltworks backbone list", or a file that ends in .onnx`,
  );
}

/** An entry, and what is here of it. */
export interface ListedBackbone extends BackboneEntry {
  /** The home has its files; only loading hashes them. */
  pulled: boolean;
}

/** All backbones: the known ones first, the default at their head. */
export async function backboneEntries(places: Places): Promise<ListedBackbone[]> {
  const shelves = [homeShelf(places.home), ...(places.store ? [storeShelf(places.store)] : [])];
  const names = new Set((await Promise.all(shelves.map((shelf) => shelf.names()))).flat());
  const added = await Promise.all(
    [...names].sort().map((name) => findEntry(name, places).catch(() => undefined)), // removed, or two of one name
  );
  const entries = [...KNOWN_BACKBONES, ...added.filter((entry) => entry !== undefined)];
  return Promise.all(entries.map(async (entry) => ({ ...entry, pulled: await isPulled(entry, places.home) })));
}

async function isPulled(entry: BackboneEntry, home: string): Promise<boolean> {
  const files = filesOf(entry);
  const sizes = await Promise.all(pathsOf(entry, home).map(sizeOf));
  return sizes.every((size, i) => size !== undefined && size === (files[i].bytes ?? size));
}

/** Where an entry's files are, or will be once they are pulled; the ONNX file first. */
export function pathsOf(entry: BackboneEntry, home: string): readonly string[] {
  const files = filesOf(entry);
  return placesOf(entry).map((place, i) => files[i].path ?? join(home, 'models', place));
}

/**
 * Resolves a name or a file to a backbone that is here.
 *
 * A path that ends in `.onnx` is taken for a Vision Transformer trained on ImageNet's mean and standard deviation, with a
 * long side of 518 px rounded to its patch, positions resized bicubically, and σ factor 0.15. Its id is the start of its
 * sha256 and its stem, so keys of a changed file never pass for those of the old one.
 *
 * @throws BackboneMissingError if its files were not pulled
 * @throws InvalidInputError if the name is unknown, or the file is missing or the tap does not understand it
 */
export async function resolveBackbone(nameOrFile: string, places: Places): Promise<BackboneSpec> {
  if (nameOrFile.endsWith('.onnx')) return fileBackbone(nameOrFile, places.home);
  return specOf(await findEntry(nameOrFile, places), places.home);
}

/** @throws BackboneMissingError if its files were not pulled */
export async function specOf(entry: BackboneEntry, home: string): Promise<BackboneSpec> {
  const { name, layers, heads, dim, patch, longSide, mean, std, interpolation, layer, facet, sigma } = entry;
  const paths = pathsOf(entry, home);
  const sizes = await Promise.all(paths.map(sizeOf));
  if (sizes.includes(undefined)) throw new BackboneMissingError(name, paths[sizes.indexOf(undefined)]);
  const fetched = await readFetched(name, home);
  const hashes = await Promise.all(
    filesOf(entry).map(async (file, i) => file.sha256 ?? fetched?.files[i]?.sha256 ?? (await hashOf(paths[i]))),
  );
  const data = filesOf(entry).map((file, i) => ({ name: file.name, sha256: hashes[i] }));
  return {
    ...{ id: name, path: paths[0], sha256: hashes[0] },
    ...(data.length > 1 ? { data: data.slice(1) } : {}),
    ...{ patch, longSide, mean, std, interpolation, layer, facet, sigma },
    sizes: { layers, heads, dim },
    cache: cacheOf(home),
  };
}

/** Where a home keeps tapped models. */
/** Where tapped models are kept. */
export const cacheOf = (home: string): string => join(home, 'models', 'tapped');

async function fileBackbone(path: string, home: string): Promise<BackboneSpec> {
  const [file, ...data] = await localFiles(path);
  const { patch } = await inspectFile(path);
  return {
    ...{ id: `${markOf([file, ...data])}-${basename(path, '.onnx')}`, path, sha256: file.sha256 },
    ...(data.length > 0 ? { data: data.map(({ name, sha256 }) => ({ name, sha256 })) } : {}),
    ...{ patch, longSide: longSideOf(patch), ...FILE_DEFAULTS, cache: cacheOf(home) },
  };
}

/** The long side of a file's images: near 518 px, a multiple of its patch. */
export const longSideOf = (patch: number): number => Math.max(1, Math.round(LONG_SIDE / patch)) * patch;

/** What the tap finds in a file. @throws InvalidInputError, with the path, if it does not understand it */
export async function inspectFile(path: string) {
  try {
    return await inspect(await readModelFile(path), evaluate);
  } catch (error) {
    if (error instanceof InvalidInputError) error.message = `${path}: ${error.message}`;
    throw error;
  }
}
