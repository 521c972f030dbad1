/** Hashes of known backbones whose table does not say them: recorded at first use, in the home and in the store, enforced since. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FetchedBackbone, fetchedBackbone } from '@saltworks/contract/documents/backbones';
import { parseDocument } from '@saltworks/contract/documents/document';
import { InvalidInputError } from '@saltworks/contract/errors';
import { fetchedBackboneKey } from '@saltworks/contract/layout';
import type { Store } from './added.ts';

const pathOf = (name: string, home: string) => join(home, 'models', `${name}.json`);

/** What this home fetched under a known backbone's name, if the record is there. */
export async function readFetched(name: string, home: string): Promise<FetchedBackbone | undefined> {
  const path = pathOf(name, home);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  return text === undefined ? undefined : parseDocument(path, text, fetchedBackbone);
}

/** What the first one of all who share the store fetched under the name. */
export async function readShared(name: string, store: Store): Promise<FetchedBackbone | undefined> {
  const key = fetchedBackboneKey(name);
  if (!(await store.head(key))) return undefined;
  return parseDocument(key, new TextDecoder().decode(await store.get(key)), fetchedBackbone);
}

export async function recordInHome(record: FetchedBackbone, home: string): Promise<void> {
  const path = pathOf(record.name, home);
  await mkdir(join(home, 'models'), { recursive: true });
  const partial = join(home, 'models', `.${randomUUID()}.partial`);
  await writeFile(partial, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(partial, path);
}

/** @throws InvalidInputError if the store's name stands for another file */
export async function recordInStore(record: FetchedBackbone, store: Store): Promise<void> {
  if (await store.putIfAbsent(fetchedBackboneKey(record.name), JSON.stringify(record))) return;
  const shared = await readShared(record.name, store);
  if (shared) expectSame(record, shared);
}

/** @throws InvalidInputError unless both are of the same bytes */
export function expectSame(record: FetchedBackbone, first: FetchedBackbone): void {
  for (const [i, { name, sha256 }] of first.files.entries()) {
    const found = record.files[i]?.sha256;
    if (found === sha256) continue;
    throw new InvalidInputError(
      `${record.name}: ${name} has sha256 ${found}; expected ${sha256}, as at first use (${first.source}, ${first.fetched.slice(0, 10)})`,
    );
  }
}
