/** Sets of keys of a dataset: what there is, and how a set is removed. Datasets that share images share their keys. */
import type { KeySetInfo } from '@saltworks/contract/api/keys';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { keySet, type Lineage } from '@saltworks/contract/documents/key-sets';
import { extractReport } from '@saltworks/contract/documents/reports';
import { defaultCodec, facets } from '@saltworks/contract/kinds';
import {
  extractReportKey,
  indexKey,
  indexReportKey,
  keySetKey,
  keysKey,
  keysReportsPrefix,
  reportsPrefix,
} from '@saltworks/contract/layout';
import { inOrder } from '../in-order.ts';
import { readDocument } from '../objects/documents.ts';
import { folderNames } from '../objects/folder-names.ts';
import { type CallOptions, ObjectMissingError, type ObjectStore } from '../objects/store.ts';
import { listDatasets, readImages, readShard } from './dataset.ts';
import { Fingerprints } from './fingerprints.ts';
import { readKeysHeader } from './keys-header.ts';

/** A set of keys as the store knows it. */
export type StoredKeys = Omit<KeySetInfo, 'campaigns'>;

/** Calls to the store side by side, images of which a set's bytes are estimated, and shards that one removal goes through. */
const [atOnce, sampled, shardsAPart] = [16, 16, 64];

/** The sets of keys that a dataset has, by id. Each costs a read of its reports: one a shard. */
export async function* keySetsOf(
  store: ObjectStore,
  { name }: Pick<Dataset, 'name'>,
  options?: CallOptions,
): AsyncGenerator<StoredKeys> {
  const ids: string[] = [];
  for await (const id of folderNames(store, reportsPrefix(name, 'extracted'), options)) ids.push(id);
  for (const id of ids.sort()) {
    const { images, failed } = await countKeys(store, name, id, options);
    const sample = await sampleOf(store, name, id, options);
    const made = await madeWith(store, id, options);
    yield {
      id,
      made: made ?? sample.find(({ origin }) => origin !== null)?.origin ?? null,
      ...{ images, failed },
      bytes:
        sample.length > 0
          ? Math.round((images * sample.reduce((sum, { size }) => sum + size, 0)) / sample.length)
          : null,
    };
  }
}

/** Images of a dataset that have keys of an id from a run, and those that could have none: a read a shard. */
export async function countKeys(
  store: ObjectStore,
  dataset: string,
  id: string,
  options?: CallOptions,
): Promise<{ images: number; failed: number }> {
  let [images, failed] = [0, 0];
  const reports = store.list(keysReportsPrefix(dataset, id), options);
  const read = ({ key }: { key: string }) => readDocument(store, key, extractReport, options);
  for await (const report of inOrder(reports, atOnce, read)) {
    failed += report?.failures.length ?? 0;
    images += (report?.images ?? 0) - (report?.failures.length ?? 0);
  }
  return { images, failed };
}

/** What the keys of an id were made with; undefined where an earlier version made them. @param keys the id */
export async function lineageOf(store: ObjectStore, keys: string, options?: CallOptions): Promise<Lineage | undefined> {
  const known = await readDocument(store, keySetKey(keys), keySet, options);
  if (!known) return undefined;
  const { version: _, ...lineage } = known;
  return lineage;
}

async function madeWith(store: ObjectStore, keys: string, options?: CallOptions): Promise<StoredKeys['made']> {
  const known = await lineageOf(store, keys, options);
  if (!known) return null;
  const { backbone, layer, facet, long_side: longSide = null, codec, sha256 } = known;
  return { backbone, layer, facet, longSide, codec, sha256 };
}

/** Size and origin of the keys of the dataset's first images, those that have some. */
async function sampleOf(store: ObjectStore, dataset: string, keys: string, options?: CallOptions) {
  const found: { size: number; origin: StoredKeys['made'] }[] = [];
  const images = await readShard(store, dataset, 0, options).catch((error) => {
    if (error instanceof ObjectMissingError) return [];
    throw error;
  });
  const read = async ({ sha256 }: { sha256: string }) => {
    const key = keysKey(keys, sha256);
    const size = (await store.head(key, options))?.size;
    return size === undefined ? undefined : { size, origin: await originOf(store, key, options) };
  };
  for await (const one of inOrder(images.slice(0, sampled), atOnce, read)) if (one) found.push(one);
  return found;
}

/** What a keys file says of itself; null where it is broken. */
async function originOf(store: ObjectStore, key: string, options?: CallOptions): Promise<StoredKeys['made']> {
  const header = await readKeysHeader(store, key, options).catch(() => undefined);
  const { backbone, layer, facet, codec = defaultCodec } = header?.metadata ?? {};
  const known = facets.find((each) => each === facet);
  if (backbone === undefined || known === undefined) return null;
  return { backbone, layer: Number(layer), facet: known, longSide: null, codec, sha256: null };
}

/**
 * Removes a part of a dataset's set of keys: reports first, so that nobody takes the keys for there. Keys of images that
 * another dataset with this set also has stay. A removal that broke off is begun anew.
 *
 * @param keys id of the set
 * @param from the first shard of this part
 * @returns how many images lost their keys, how many bytes these took, and where the next part begins; null at the end
 */
export async function removeKeys(
  store: ObjectStore,
  dataset: Dataset,
  keys: string,
  { from = 0, ...options }: CallOptions & { from?: number } = {},
): Promise<{ removed: number; bytes: number; next: number | null }> {
  const others = await othersWith(store, dataset, keys, options);
  const end = Math.min(dataset.shards, from + shardsAPart);
  let [removed, bytes] = [0, 0];
  for (let shard = from; shard < end; shard++) {
    for (const key of [extractReportKey, indexReportKey, indexKey]) {
      await store.delete(key(dataset.name, keys, shard), options);
    }
    const images = await readShard(store, dataset.name, shard, { ...options, former: true });
    const remove = async ({ sha256 }: { sha256: string }) => {
      if (others.images.has(Buffer.from(sha256, 'hex'))) return;
      const there = await store.head(keysKey(keys, sha256), options);
      if (!there) return;
      await store.delete(keysKey(keys, sha256), options);
      removed++;
      bytes += there.size;
    };
    for await (const _ of inOrder(images, atOnce, remove));
  }
  if (end < dataset.shards) return { removed, bytes, next: end };
  if (others.datasets === 0) await store.delete(keySetKey(keys), options);
  return { removed, bytes, next: null };
}

/** Other datasets that have a set of keys, and their images. */
async function othersWith(store: ObjectStore, { name }: Dataset, keys: string, options?: CallOptions) {
  const images = new Fingerprints();
  let datasets = 0;
  for await (const other of listDatasets(store, options)) {
    if (other.name === name || !(await hasKeys(store, other.name, keys, options))) continue;
    datasets++;
    for await (const { sha256 } of readImages(store, other, options)) images.add(Buffer.from(sha256, 'hex'));
  }
  return { datasets, images };
}

/** Whether a dataset has keys of this id. */
export async function hasKeys(
  store: ObjectStore,
  dataset: string,
  keys: string,
  options?: CallOptions,
): Promise<boolean> {
  for await (const _ of store.list(keysReportsPrefix(dataset, keys), options)) return true;
  return false;
}
