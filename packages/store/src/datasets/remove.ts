/** Removes what a store holds of a dataset, as far as no other dataset has it: images with all that is made of them, then the rest. */
import type { NamedImage } from '@saltworks/contract/documents/dataset';
import {
  allKeysPrefix,
  bakeoffsPrefix,
  buildsPrefix,
  datasetKey,
  datasetPrefix,
  datasetsPrefix,
  evaluationsPrefix,
  exportsPrefix,
  imageOfKnown,
  keySetKey,
  keysKey,
  knownPrefix,
  prelabelsPrefix,
  reportsPrefix,
  searchesPrefix,
  shardOf,
  shardsPrefix,
  thumbnailKey,
  viewKeys,
} from '@saltworks/contract/layout';
import { inOrder } from '../in-order.ts';
import { folderNames } from '../objects/folder-names.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';
import { readShard } from './dataset.ts';
import { Fingerprints } from './fingerprints.ts';
import { hasKeys } from './key-sets.ts';

/** Calls to the store side by side. */
const atOnce = 16;

export async function removeObjects(
  store: ObjectStore,
  keys: Iterable<string> | AsyncIterable<string>,
  options?: CallOptions,
): Promise<void> {
  for await (const _ of inOrder(keys, atOnce, (key) => store.delete(key, options)));
}

export async function removeBelow(store: ObjectStore, prefix: string, options?: CallOptions): Promise<void> {
  // A page at a time: what is listed is not what is removed meanwhile.
  let keys: string[] = [];
  for await (const { key } of store.list(prefix, options)) {
    if (keys.push(key) < aPage) continue;
    await removeObjects(store, keys, options);
    keys = [];
  }
  await removeObjects(store, keys, options);
}
const aPage = 1_000;

/**
 * Removes the images that no other dataset has, of those that were deleted neither: bytes that lie in this store, keys, views and
 * known masks as regions; and, where all go, sets of keys that no other dataset has. May be done again. To be called
 * `whileSweeping`.
 *
 * @param only hashes of those that go; default all
 */
export async function removeImages(
  store: ObjectStore,
  dataset: string,
  { only, ...options }: CallOptions & { only?: ReadonlySet<string> } = {},
): Promise<void> {
  const others: string[] = [];
  for await (const name of folderNames(store, datasetsPrefix, options)) if (name !== dataset) others.push(name);
  const shared = new Fingerprints();
  for (const other of others)
    for await (const { sha256 } of storedImages(store, other, options)) shared.add(Buffer.from(sha256, 'hex'));
  const sets: string[] = [];
  for await (const set of folderNames(store, allKeysPrefix, options)) sets.push(set);
  const own: string[] = [];
  for await (const set of folderNames(store, reportsPrefix(dataset, 'extracted'), options))
    if (!only && !(await anyHasKeys(store, others, set, options))) own.push(set);

  const gone = new Fingerprints();
  async function* objects() {
    for await (const { sha256, object } of storedImages(store, dataset, options)) {
      if (only && !only.has(sha256)) continue;
      const digest = Buffer.from(sha256, 'hex');
      if (shared.has(digest)) {
        for (const set of own) yield keysKey(set, sha256);
        continue;
      }
      gone.add(digest);
      for (const set of sets) yield keysKey(set, sha256);
      yield* [...viewKeys(sha256), thumbnailKey(sha256)];
      // What lies in another bucket is not ours.
      if (!object.includes('://')) yield object;
    }
  }
  await removeObjects(store, objects(), options);
  await removeObjects(store, own.map(keySetKey), options);
  if (gone.size === 0) return;
  for await (const { key } of store.list(knownPrefix, options)) {
    const image = imageOfKnown(key);
    if (image !== undefined && gone.has(Buffer.from(image, 'hex'))) await store.delete(key, options);
  }
}

/** Images of all shards that are there, whether or not the dataset's document counts them: of an import that was killed, too. */
async function* storedImages(store: ObjectStore, dataset: string, options?: CallOptions): AsyncGenerator<NamedImage> {
  for await (const { key } of store.list(shardsPrefix(dataset), options))
    yield* await readShard(store, dataset, shardOf(key), { ...options, former: true });
}

async function anyHasKeys(store: ObjectStore, datasets: readonly string[], keys: string, options?: CallOptions) {
  for (const name of datasets) if (await hasKeys(store, name, keys, options)) return true;
  return false;
}

/** Removes everything else that is kept under a dataset's name. Its shards last, so that another try finds its images. */
export async function removeDataset(store: ObjectStore, dataset: string, options?: CallOptions): Promise<void> {
  const subject = { kind: 'dataset', name: dataset } as const;
  for (const prefix of [
    exportsPrefix(dataset),
    searchesPrefix(dataset),
    evaluationsPrefix(dataset),
    prelabelsPrefix(dataset),
    buildsPrefix(subject),
    bakeoffsPrefix(subject),
  ])
    await removeBelow(store, prefix, options);
  const shards = shardsPrefix(dataset);
  for await (const { key } of store.list(datasetPrefix(dataset), options))
    if (!key.startsWith(shards)) await store.delete(key, options);
  await removeBelow(store, shards, options);
  await store.delete(datasetKey(dataset), options);
}
