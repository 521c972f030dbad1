/** Reads datasets: the document, a shard, or image by image, without ever holding them all. */
import {
  checkDatasetName,
  type Dataset,
  type DatasetImage,
  dataset as datasetDocument,
  datasetImage,
  type ImageName,
  type NamedImage,
  type ShardNames,
  shardNames,
} from '@saltworks/contract/documents/dataset';
import { parseDocument, parseLines } from '@saltworks/contract/documents/document';
import { InvalidInputError } from '@saltworks/contract/errors';
import { catalogPrefix, datasetKey, namesKey, shardKey } from '@saltworks/contract/layout';
import { sha256Of } from '../objects/canonical.ts';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';
import { expectInUse, expectThere } from './shelf.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** @throws InvalidInputError if there is no such dataset, or it was deleted */
export async function readDataset(store: ObjectStore, name: string, options?: CallOptions): Promise<Dataset> {
  const found = await findDataset(store, name, options);
  if (!found) throw new InvalidInputError(`no dataset ${name}; expected one that was imported (saltworks dataset ls)`);
  return found;
}

/** The same for a run over it. @throws InvalidInputError, also if it is archived */
export async function readInUse(store: ObjectStore, name: string, options?: CallOptions): Promise<Dataset> {
  const found = await readDataset(store, name, options);
  await expectInUse(store, name, options);
  return found;
}

/** @throws DatasetDeletedError if it was deleted */
export async function findDataset(
  store: ObjectStore,
  name: string,
  options?: CallOptions,
): Promise<Dataset | undefined> {
  checkDatasetName(name);
  const found = readDocument(store, datasetKey(name), datasetDocument, options);
  // Both at once: every reader of a dataset asks for both.
  await Promise.all([expectThere(store, name, options), found]);
  return found;
}

/** All datasets, by name: of the archive and deleted ones, too. */
export async function* listDatasets(store: ObjectStore, options?: CallOptions): AsyncGenerator<Dataset> {
  for await (const { key } of store.list(catalogPrefix, options)) {
    yield parseDocument(key, text(await store.get(key, options)), datasetDocument);
  }
}

/**
 * The images of one shard under their current names, without former versions. All readers of a dataset's images go through
 * here.
 *
 * @param former includes former versions, whose `names` are empty
 * @throws ObjectMissingError if there is no such shard
 */
export async function readShard(
  store: ObjectStore,
  dataset: string,
  shard: number,
  { former = false, ...options }: CallOptions & { former?: boolean } = {},
): Promise<NamedImage[]> {
  const key = shardKey(dataset, shard);
  const [lines, renamed] = await Promise.all([
    store.get(key, options),
    readDocument(store, namesKey(dataset, shard), shardNames, options),
  ]);
  const images = parseLines(key, text(lines), datasetImage).map((line) => named(line, renamed));
  return former ? images : images.filter(isCurrent);
}

function named(line: DatasetImage, renamed: ShardNames | undefined): NamedImage {
  const { id, name, version } = line;
  const names = renamed?.images[id] ?? [{ id, name, version }];
  const [shown] = drawnNames({ names });
  return { ...line, ...(shown && { name: shown.name, version: shown.version }), names };
}

/** The names under which an image was drawn on, else its first. Exports hold the image under these. */
export function drawnNames({ names }: Pick<NamedImage, 'names'>): ImageName[] {
  const drawn = names.filter((name) => name.drawn);
  return drawn.length > 0 ? drawn : names.slice(0, 1);
}

/** Whether an image still has a name; else it is a former version. */
export const isCurrent = ({ names }: NamedImage): boolean => names.length > 0;

/** A hash of the ids of a shard's former versions; undefined if it has none. */
export async function formerVersions(
  store: ObjectStore,
  dataset: string,
  shard: number,
  options?: CallOptions,
): Promise<string | undefined> {
  const renamed = await readDocument(store, namesKey(dataset, shard), shardNames, options);
  const ids = Object.keys(renamed?.images ?? {}).filter((id) => renamed?.images[id].length === 0);
  return ids.length === 0 ? undefined : sha256Of(ids.join()).slice(0, 16);
}

/** Every image of a dataset, a shard at a time. @param former includes former versions */
export async function* readImages(
  store: ObjectStore,
  dataset: Dataset,
  options?: CallOptions & { former?: boolean },
): AsyncGenerator<NamedImage> {
  for (let shard = 0; shard < dataset.shards; shard++) yield* await readShard(store, dataset.name, shard, options);
}
