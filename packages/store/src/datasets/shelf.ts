/** Datasets that are put away: into the archive, where they are only read, or deleted, until they go for good. */
import { type DatasetPlace, datasetPlace } from '@saltworks/contract/documents/dataset';
import { InvalidInputError } from '@saltworks/contract/errors';
import { datasetPlaceKey, placedDatasetOf, shelfPrefix } from '@saltworks/contract/layout';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

export type Place = Omit<DatasetPlace, 'version'>;

/** Of a dataset in use. */
export const inUse: Place = { archived: null, deleted: null };

/** It is in the archive, where nothing is added to it, or deleted. */
export class DatasetAwayError extends InvalidInputError {}

/** Nobody uses it, until it is restored. */
export class DatasetDeletedError extends DatasetAwayError {}

/** In which list a dataset is. */
export const listOf = ({ archived, deleted }: Place): 'current' | 'archived' | 'deleted' =>
  deleted ? 'deleted' : archived ? 'archived' : 'current';

export async function placeOf(store: ObjectStore, dataset: string, options?: CallOptions): Promise<Place> {
  const { archived, deleted } = (await readDocument(store, datasetPlaceKey(dataset), datasetPlace, options)) ?? inUse;
  return { archived, deleted };
}

export async function setPlace(store: ObjectStore, dataset: string, { archived, deleted }: Place): Promise<void> {
  const key = datasetPlaceKey(dataset);
  if (archived === null && deleted === null) return store.delete(key);
  await store.put(key, JSON.stringify({ version: 1, archived, deleted } satisfies DatasetPlace));
}

/** Places of all datasets that are put away, by name. */
export async function readPlaces(store: ObjectStore, options?: CallOptions): Promise<Map<string, Place>> {
  const places = new Map<string, Place>();
  for await (const { key } of store.list(shelfPrefix, options)) {
    const name = placedDatasetOf(key);
    if (name !== undefined) places.set(name, await placeOf(store, name, options));
  }
  return places;
}

/** @throws DatasetDeletedError */
export async function expectThere(store: ObjectStore, dataset: string, options?: CallOptions): Promise<Place> {
  const place = await placeOf(store, dataset, options);
  if (!place.deleted) return place;
  const { goes } = place.deleted;
  const back = goes > new Date().toISOString() ? ` (saltworks dataset restore ${dataset}, until ${goes})` : '';
  throw new DatasetDeletedError(`dataset ${dataset} is deleted; expected one in use${back}`);
}

/** @throws DatasetAwayError of a dataset that is put away: nothing is added to it, and no run goes over it */
export async function expectInUse(store: ObjectStore, dataset: string, options?: CallOptions): Promise<void> {
  const { archived } = await expectThere(store, dataset, options);
  if (archived === null) return;
  throw new DatasetAwayError(
    `dataset ${dataset} is archived; expected it to be taken out of the archive (saltworks dataset unarchive ${dataset})`,
  );
}
