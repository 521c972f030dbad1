/** Backbones that people added: an entry in a home, for that machine, or in a store, for all who share it. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AddedBackbone, addedBackbone, addedName } from '@saltworks/contract/documents/backbones';
import { parseDocument } from '@saltworks/contract/documents/document';
import { InvalidInputError } from '@saltworks/contract/errors';
import { backboneKey, backboneOf, backbonesPrefix } from '@saltworks/contract/layout';
import type { BackboneEntry } from './entries.ts';
import { KNOWN_BACKBONES } from './known.ts';
import type { Reader } from './origins.ts';

/** What a registry needs of a store. An ObjectStore is one. */
export interface Store extends Reader {
  put(key: string, bytes: Uint8Array | string): Promise<void>;
  putStream(key: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  putIfAbsent(key: string, bytes: Uint8Array | string): Promise<boolean>;
  delete(key: string): Promise<void>;
  list(prefix: string): AsyncIterable<{ key: string }>;
}

/** Documents by name, in a home or a store. */
export interface Shelf {
  where: 'home' | 'store';
  /** With removed ones. */
  read(name: string): Promise<AddedBackbone | undefined>;
  /** @returns whether this call created it: another one may have been faster */
  create(entry: AddedBackbone): Promise<boolean>;
  replace(entry: AddedBackbone): Promise<void>;
  names(): Promise<string[]>;
}

/** `NAME.json` in the folder of backbones of the home. */
export function homeShelf(home: string): Shelf {
  const folder = join(home, 'backbones');
  const pathOf = (name: string) => join(folder, `${name}.json`);
  const textOf = (path: string) => readFile(path, 'utf8').catch(ifAbsent);
  /** Writes a file of its own, and puts it in place: whole, or not at all. */
  const write = async (entry: AddedBackbone, place: (partial: string, path: string) => Promise<void>) => {
    await mkdir(folder, { recursive: true });
    const partial = join(folder, `.${randomUUID()}.partial`);
    try {
      await writeFile(partial, lineOf(entry));
      await place(partial, pathOf(entry.name));
    } finally {
      await rm(partial, { force: true });
    }
  };
  return {
    where: 'home',
    async read(name) {
      const text = await textOf(pathOf(name));
      return text === undefined ? undefined : parseDocument(pathOf(name), text, addedBackbone);
    },
    async create(entry) {
      try {
        // A link is made only where there is nothing.
        await write(entry, link);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      }
    },
    replace: (entry) => write(entry, rename),
    async names() {
      const entries = await readdir(folder).catch(ifAbsent);
      return (entries ?? []).flatMap((entry) => /^([^.].*)\.json$/.exec(entry)?.[1] ?? []).sort();
    },
  };
}

/** An object a name of the store. */
export const storeShelf = (store: Store): Shelf => ({
  where: 'store',
  async read(name) {
    const key = backboneKey(name);
    if (!(await store.head(key))) return undefined;
    return parseDocument(key, new TextDecoder().decode(await store.get(key)), addedBackbone);
  },
  create: (entry) => store.putIfAbsent(backboneKey(entry.name), lineOf(entry)),
  replace: (entry) => store.put(backboneKey(entry.name), lineOf(entry)),
  async names() {
    const names: string[] = [];
    for await (const { key } of store.list(backbonesPrefix)) {
      const name = backboneOf(key);
      if (name !== undefined) names.push(name);
    }
    return names;
  },
});

/** The parts that settings add to the id of keys: a backbone's name must not end like one of them. */
const settingLike = /-(layer\d+|key|query|value|\d+px|float16|int8|pca-\d+)$/;

/** @throws InvalidInputError unless an added backbone can have this name */
export function checkAddedName(name: string): void {
  const quoted = JSON.stringify(name);
  if (!addedName.test(name) || name.endsWith('.onnx')) {
    throw new InvalidInputError(`backbone ${quoted}; expected a name of a-z, 0-9, '.', '_' and '-', at most 64`);
  }
  if (KNOWN_BACKBONES.some((known) => known.name === name)) {
    throw new InvalidInputError(`backbone ${quoted} is a known one; expected another name`);
  }
  const setting = settingLike.exec(name);
  if (setting) {
    throw new InvalidInputError(
      `backbone ${quoted} ends like a setting of keys (${setting[1]}); expected another name`,
    );
  }
}

/** Adds an entry, or changes what keys do not depend on. @throws InvalidInputError if the name stands for other keys */
export async function putEntry(shelf: Shelf, entry: AddedBackbone): Promise<void> {
  if (await shelf.create(entry)) return;
  const there = await shelf.read(entry.name);
  if (there && identityOf(there) !== identityOf(entry)) {
    throw new InvalidInputError(
      `backbone ${entry.name} of the ${shelf.where} stands for other keys (${differences(there, entry)}); expected the same file and settings, or another name`,
    );
  }
  await shelf.replace(entry);
}

/** Removes an entry. The document stays, marked: keys of this name may be stored. @returns what it was */
export async function removeEntry(shelf: Shelf, name: string): Promise<AddedBackbone> {
  const there = await shelf.read(name);
  if (!there || there.removed) {
    throw new InvalidInputError(`backbone ${name}; expected one that was added to the ${shelf.where}`);
  }
  await shelf.replace({ ...there, removed: true });
  return there;
}

export function entryOf(added: AddedBackbone, where: 'home' | 'store'): BackboneEntry {
  const { name, version: _, added: date, removed: __, ...rest } = added;
  // What a store says is no path on this machine.
  const files = where === 'home' ? added.files : added.files.map(({ path: ___, ...file }) => file);
  const [{ sha256, bytes }] = files;
  return { ...rest, name, where, source: { kind: 'files', files }, sha256, bytes, note: `Added ${date.slice(0, 10)}.` };
}

/** All that keys depend on. */
function fieldsOf({ files, patch, longSide, mean, std, interpolation, layer, facet }: AddedBackbone) {
  const hashes = files.map(({ sha256 }) => sha256);
  return { files: hashes, patch, longSide, mean, std, interpolation, layer: layer ?? 'last', facet: facet ?? 'key' };
}

const identityOf = (entry: AddedBackbone): string => JSON.stringify(fieldsOf(entry));

function differences(a: AddedBackbone, b: AddedBackbone): string {
  const [one, other] = [fieldsOf(a), fieldsOf(b)].map((fields) => Object.entries(fields));
  return one
    .filter(([, value], i) => JSON.stringify(value) !== JSON.stringify(other[i][1]))
    .map(([field, value]) => `${field} ${value}`)
    .join(', ');
}

/** Whether two entries of one name make the same keys. */
export const makeSameKeys = (a: AddedBackbone, b: AddedBackbone): boolean => identityOf(a) === identityOf(b);

const lineOf = (entry: AddedBackbone): string => `${JSON.stringify(entry, undefined, 2)}\n`;

function ifAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
