/** Adds a backbone of somebody's own to a home or a store. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { AddedBackbone } from '@saltworks/contract/documents/backbones';
import { InvalidInputError } from '@saltworks/contract/errors';
import { fetchedBackboneKey, keysPrefixes, modelKey } from '@saltworks/contract/layout';
import { checkModel } from '../check/checked.ts';
import { readModelFile } from '../onnx/external.ts';
import { checkAddedName, entryOf, homeShelf, putEntry, removeEntry, type Store, storeShelf } from './added.ts';
import { download, type Progressing } from './download.ts';
import { type BackboneEntry, type BackboneSettings, placesOf } from './entries.ts';
import { FILE_DEFAULTS, KNOWN_BACKBONES } from './known.ts';
import { localFiles, MODEL, markOf, weightsOf } from './local.ts';
import { checkUrl, httpOrigin } from './origins.ts';
import type { Fetching } from './pull.ts';
import { findEntry, inspectFile, longSideOf } from './registry.ts';

/** What the file does not say. */
export interface Given extends Partial<BackboneSettings> {
  licence?: string;
  /** That the file must have. */
  sha256?: string;
}

type File = AddedBackbone['files'][number];

/**
 * Adds an entry. Its file is fetched, looked at by the tap, and hashed; everybody who uses the entry has to get these bytes.
 * A file of this machine stays where it is, for a home; for a store its bytes go there.
 *
 * @param fileOrUrl an ONNX file, or where one is fetched from
 * @returns the entry; fixed: why the file runs at its native size alone, if it does
 * @throws InvalidInputError if the name is unusable or stands for something else, the tap does not understand the
 *   file, or a setting does not fit it
 */
export async function addBackbone(
  name: string,
  fileOrUrl: string,
  given: Given,
  { to, ...fetching }: Fetching & Progressing & { to: 'home' | 'store' },
): Promise<BackboneEntry & { fixed?: string }> {
  checkAddedName(name);
  const { home, store } = fetching;
  if (to === 'store' && !store) throw new InvalidInputError('no store; expected one to add a backbone to');
  const found = isAddress(fileOrUrl)
    ? await fetched(name, fileOrUrl, given.sha256, fetching)
    : await local(fileOrUrl, given.sha256);
  try {
    const { patch, layers, heads, dim } = await inspectFile(found.path);
    const settings = settingsOf(given, { patch, layers });
    const { anySize, fixed } = await expectSound(found.path, settings);
    const entry: AddedBackbone = {
      ...{ version: 1, name, files: found.files },
      ...{ ...settings, layers, heads, dim },
      ...{ licence: given.licence ?? 'not stated', added: new Date().toISOString() },
    };
    if (to === 'home') await putEntry(homeShelf(home), entry);
    else await share(entry, store as Store);
    await found.place?.(entry);
    return { ...entryOf(entry, to), ...(anySize ? {} : { fixed: fixed ?? 'its size is fixed' }) };
  } finally {
    await found.place?.();
  }
}

/** @throws InvalidInputError if the self-check of the chosen layer fails */
async function expectSound(path: string, { layer, interpolation }: Pick<BackboneSettings, 'layer' | 'interpolation'>) {
  try {
    return (await checkModel(await readModelFile(path), [layer ?? 'last'], interpolation)).facts;
  } catch (error) {
    if (error instanceof InvalidInputError) error.message = `${path}: ${error.message}`;
    throw error;
  }
}

const isAddress = (text: string) => /^[a-z][a-z0-9+.-]+:\/\//i.test(text);

/** A file that is to be added. */
interface Found {
  path: string;
  files: File[];
  /** Moves files that were fetched to where the entry says, or drops them. */
  place?: (entry?: AddedBackbone) => Promise<void>;
}

/** Puts an entry into the store, and files of this machine with it. */
async function share(entry: AddedBackbone, store: Store): Promise<void> {
  const files: File[] = [];
  for (const { path, ...file } of entry.files) {
    if (path === undefined) {
      files.push(file);
      continue;
    }
    const object = modelKey(file.sha256);
    if ((await store.head(object))?.size !== file.bytes) await store.putStream(object, createReadStream(path));
    files.push({ ...file, object });
  }
  await putEntry(storeShelf(store), { ...entry, files });
}

/**
 * Removes an entry, and files that nothing else refers to. Its name keeps standing for the same keys: it can be given to the
 * same file again, never to another one. Of a known backbone the files go, and the hash of its first use.
 *
 * @throws InvalidInputError if it was not added there, or the store has keys of a known one, which another file would not give
 */
export async function removeBackbone(
  name: string,
  { home, store, from }: { home: string; store?: Store; from: 'home' | 'store' },
): Promise<void> {
  const known = KNOWN_BACKBONES.find((each) => each.name === name);
  if (known) return forget(known, { home, store: from === 'store' ? store : undefined });
  checkAddedName(name);
  const shelf = from === 'home' ? homeShelf(home) : storeShelf(store as Store);
  const entry = await removeEntry(shelf, name);
  for (const place of placesOf(entryOf(entry, from))) await rm(join(home, 'models', place), { force: true });
  if (from === 'home' || !store) return;
  const names = await shelf.names();
  const others = await Promise.all(names.map((other) => shelf.read(other)));
  const used = new Set(
    others.flatMap((other) => (other && !other.removed ? other.files.map(({ object }) => object) : [])),
  );
  for (const { object } of entry.files) if (object !== undefined && !used.has(object)) await store.delete(object);
}

/** @param places the home's files go, or the store's record */
async function forget(known: BackboneEntry, { home, store }: { home: string; store?: Store }): Promise<void> {
  const { name } = known;
  if (!store) {
    for (const place of [...placesOf(known), `${name}.json`]) await rm(join(home, 'models', place), { force: true });
    return;
  }
  for (const prefix of keysPrefixes(name)) {
    for await (const { key } of store.list(prefix)) {
      throw new InvalidInputError(`keys of ${name} are in the store (${key}); expected none, or another name`);
    }
  }
  await store.delete(fetchedBackboneKey(name));
}

/**
 * A name that all workers of the store know: that of an entry there, or of one that is put there now for a file or an entry of
 * the home. A file's name is its stem and the start of its hash.
 *
 * @throws InvalidInputError if there is no such backbone, or the tap does not understand the file
 */
export async function shareBackbone(nameOrFile: string, fetching: Fetching & { store: Store }): Promise<string> {
  const { home, store } = fetching;
  if (!nameOrFile.endsWith('.onnx')) {
    const entry = await findEntry(nameOrFile, fetching);
    const own = entry.where === 'home' ? await homeShelf(home).read(nameOrFile) : undefined;
    if (own) await share(own, store);
    return entry.name;
  }
  const files = await localFiles(nameOrFile);
  // The hash comes last: a stem may end like a setting of keys.
  const stem = basename(nameOrFile, '.onnx')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  const name = `${stem.slice(0, 51) || 'model'}-${markOf(files)}`;
  const there = await storeShelf(store).read(name);
  if (!there || there.removed) await addBackbone(name, nameOrFile, {}, { ...fetching, to: 'store' });
  return name;
}

/** A file of this machine stays where it is. */
async function local(given: string, sha256: string | undefined): Promise<Found> {
  const files = await localFiles(given);
  const [{ path, sha256: found }] = files;
  if (sha256 !== undefined && found !== sha256) {
    throw new InvalidInputError(`${given} has sha256 ${found}; expected ${sha256}`);
  }
  return { path, files };
}

/** A file from an address, and files beside it that hold its weights. */
async function fetched(
  name: string,
  address: string,
  sha256: string | undefined,
  { home, proxy, onProgress, signal }: Fetching & Progressing,
): Promise<Found> {
  const url = checkUrl(address);
  const models = join(home, 'models');
  const folder = join(models, `.add-${randomUUID()}`);
  const options = { partials: join(models, '.partial'), onProgress, signal };
  const files: File[] = [];
  const place = async (entry?: AddedBackbone) => {
    if (entry) {
      const target = join(models, placesOf(entryOf(entry, 'home'))[0]);
      if (files.length === 1) await rename(join(folder, MODEL), target);
      else {
        await rm(dirname(target), { recursive: true, force: true });
        await rename(folder, dirname(target));
      }
    }
    await rm(folder, { recursive: true, force: true });
  };
  const fetch = async (file: string, from: URL, wanted: { name: string; sha256?: string }) => {
    const held = await download(httpOrigin(from.href, proxy), join(folder, file), wanted, options);
    files.push({ name: file, ...held, url: from.href });
  };
  try {
    await fetch(MODEL, url, { name, sha256 });
    for (const file of await weightsOf(join(folder, MODEL)))
      await fetch(file, new URL(file, url), { name: `${name}: ${file}` });
  } catch (error) {
    await place();
    throw error;
  }
  return { path: join(folder, MODEL), files, place };
}

/** @throws InvalidInputError if a setting does not fit the file */
function settingsOf(given: Given, { patch, layers }: { patch: number; layers: number }) {
  const { longSide = longSideOf(patch), layer, facet, sigma = FILE_DEFAULTS.sigma } = given;
  const { mean = FILE_DEFAULTS.mean, std = FILE_DEFAULTS.std, interpolation = FILE_DEFAULTS.interpolation } = given;
  if (given.patch !== undefined && given.patch !== patch) {
    throw new InvalidInputError(`patch ${given.patch}; expected ${patch}, as the file has it`);
  }
  if (layer !== undefined && layer >= layers)
    throw new InvalidInputError(`layer ${layer}; expected 0 to ${layers - 1}`);
  if (longSide < patch) throw new InvalidInputError(`long side ${longSide}; expected ${patch} or more, a patch`);
  for (const value of std)
    if (!(value > 0)) throw new InvalidInputError(`std ${std.join(',')}; expected numbers above 0`);
  return {
    ...{ patch, longSide, mean: [...mean], std: [...std], interpolation, sigma },
    ...(layer === undefined ? {} : { layer }),
    ...(facet === undefined ? {} : { facet }),
  };
}
