/** Datasets in a store: read as a whole, by shard, or image by image without ever holding them all. */
import { checkDatasetName, type Dataset, type DatasetImage, decodeLines } from '@saltworks/core/contract/dataset';
import { datasetKey, shardKey } from '@saltworks/core/contract/layout';
import { InvalidInputError } from '@saltworks/core/errors';
import type { CallOptions, ObjectStore } from './store.ts';
import { readJson } from './text.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** @throws InvalidInputError if there is no such dataset */
export async function readDataset(store: ObjectStore, name: string, options?: CallOptions): Promise<Dataset> {
  const found = await findDataset(store, name, options);
  if (!found) throw new InvalidInputError(`no dataset ${name}; expected one that was imported (saltworks dataset ls)`);
  return found;
}

export async function findDataset(
  store: ObjectStore,
  name: string,
  options?: CallOptions,
): Promise<Dataset | undefined> {
  checkDatasetName(name);
  return readJson(store, datasetKey(name), options);
}

/** All datasets, by name. */
export async function* listDatasets(store: ObjectStore, options?: CallOptions): AsyncGenerator<Dataset> {
  for await (const { key } of store.list('catalog/', options)) yield JSON.parse(text(await store.get(key, options)));
}

/** The images of one shard. @throws ObjectMissingError if there is no such shard */
export async function readShard(
  store: ObjectStore,
  dataset: string,
  shard: number,
  options?: CallOptions,
): Promise<DatasetImage[]> {
  return decodeLines(text(await store.get(shardKey(dataset, shard), options)));
}

/** Every image of a dataset, a shard at a time. */
export async function* readImages(
  store: ObjectStore,
  dataset: Dataset,
  options?: CallOptions,
): AsyncGenerator<DatasetImage> {
  for (let shard = 0; shard < dataset.shards; shard++) yield* await readShard(store, dataset.name, shard, options);
}
