/**
 * Images that were taken out of their dataset. They are former versions until they are put back: no run, export or campaign sees them. Their
 * pictures go for good after a while; what is left then tells imports not to bring them back.
 */
import {
  dataset as datasetDocument,
  type ImageName,
  type NamedImage,
  type RemovedImages,
  removedImages,
  shardNames,
} from '@saltworks/contract/documents/dataset';
import { InvalidInputError } from '@saltworks/contract/errors';
import {
  datasetKey,
  namesKey,
  removedKey,
  removedPrefix,
  scribblesKey,
  shardOf,
  truthKey,
} from '@saltworks/contract/layout';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';
import { isCurrent, readDataset, readShard } from './dataset.ts';
import { ImageNames } from './image-names.ts';
import { removeImages, removeObjects } from './remove.ts';

export interface RemovedImage extends Pick<NamedImage, 'id' | 'sha256' | 'name' | 'bytes'> {
  shard: number;
  names: ImageName[];
  at: string;
  goes: string;
  gone: boolean;
}

/**
 * Takes images out. One that is out stays as it is. Done again after it was killed, it does the rest. To be called `whileSweeping`, so
 * that no import changes names meanwhile.
 *
 * @param images by shard: their ids
 * @returns how many were in the dataset before
 */
export async function takeOut(
  store: ObjectStore,
  dataset: string,
  images: ReadonlyMap<number, readonly number[]>,
  { at, goes, ...options }: CallOptions & { at: string; goes: string },
): Promise<number> {
  const out: NamedImage[] = [];
  for (const [shard, ids] of images) {
    const wanted = new Set(ids);
    const all = await readShard(store, dataset, shard, options);
    const going = all.filter(({ id }) => wanted.has(id));
    if (going.length === 0) continue;
    const removed = await removedOf(store, dataset, shard, options);
    for (const { id, names } of going) removed.images[id] = { names, at, goes };
    // First what names they had: killed in between, they are there still.
    await store.put(removedKey(dataset, shard), JSON.stringify(removed), options);
    await rename(store, dataset, shard, new Map(going.map(({ id }) => [id, []])), options);
    out.push(...going);
  }
  await count(store, dataset, out, -1, options);
  return out.length;
}

/**
 * Puts images back under their names. Of one whose picture is gone nothing comes back, but its file may be imported again. To be called
 * `whileSweeping`.
 *
 * @returns how many are back, and how many were gone
 * @throws InvalidInputError if another image has a name of one by now: nothing was changed then
 */
export async function putBack(
  store: ObjectStore,
  dataset: string,
  ids: readonly number[],
  options: CallOptions = {},
): Promise<{ images: number; gone: number }> {
  const wanted = new Set(ids);
  const back = new Map<number, RemovedImage[]>();
  for await (const image of listRemoved(store, dataset, options))
    if (wanted.has(image.id)) back.set(image.shard, [...(back.get(image.shard) ?? []), image]);
  const names = await namesOf(store, dataset, options);
  for (const { name, names: former, gone } of [...back.values()].flat()) {
    const taken = gone ? undefined : former.find((each) => names.holder(each.name) !== undefined);
    if (taken)
      throw new InvalidInputError(
        `image ${name} was called ${taken.name}; expected no other image of this name by now`,
      );
  }
  const all: RemovedImage[] = [];
  let gone = 0;
  for (const [shard, images] of back) {
    const there = images.filter((image) => !image.gone);
    // Numbers of further names may be those of other images by now.
    const given = (image: RemovedImage) =>
      image.names.map((each) => (each.id === image.id ? each : { ...each, id: ++names.lastId }));
    await rename(store, dataset, shard, new Map(there.map((image) => [image.id, given(image)])), options);
    await forget(store, dataset, shard, images, options);
    all.push(...there);
    gone += images.length - there.length;
  }
  await count(store, dataset, all, 1, options);
  return { images: all.length, gone };
}

/** All that are out, by shard and number. @param from the first shard */
export async function* listRemoved(
  store: ObjectStore,
  dataset: string,
  { from = 0, ...options }: CallOptions & { from?: number } = {},
): AsyncGenerator<RemovedImage> {
  for await (const { key } of store.list(removedPrefix(dataset), options)) {
    const shard = shardOf(key);
    if (shard < from) continue;
    const { images: removed } = await removedOf(store, dataset, shard, options);
    for (const image of await readShard(store, dataset, shard, { ...options, former: true })) {
      const note = removed[image.id];
      // One that has a name again is back: an import was told so, or a removal was killed.
      if (!note || isCurrent(image)) continue;
      const { id, sha256, bytes } = image;
      const name = note.names[0]?.name ?? image.name;
      yield {
        ...{
          id,
          sha256,
          bytes,
          shard,
          name,
          names: note.names,
          at: note.at,
          goes: note.goes,
          gone: note.gone ?? false,
        },
      };
    }
  }
}

/** Ids of a shard's images that are out. @param images of the shard, former versions included */
export async function removedFrom(
  store: ObjectStore,
  dataset: string,
  shard: number,
  images: readonly NamedImage[],
  options?: CallOptions,
): Promise<number[]> {
  if (images.every(isCurrent)) return [];
  const { images: removed } = await removedOf(store, dataset, shard, options);
  return images.filter((image) => removed[image.id] && !isCurrent(image)).map(({ id }) => id);
}

/**
 * Removes for good what is kept of images that are out: their pictures, unless another dataset has them, with keys, scribbles and known
 * masks. May be done again. To be called `whileSweeping`.
 */
export async function removeForGood(
  store: ObjectStore,
  dataset: string,
  images: readonly RemovedImage[],
  options?: CallOptions,
): Promise<void> {
  await removeImages(store, dataset, { ...options, only: new Set(images.map(({ sha256 }) => sha256)) });
  const own = images.flatMap(({ shard, sha256 }) => [
    ...(['.json', '.png'] as const).map((extension) => scribblesKey(dataset, shard, sha256, extension)),
    ...(['.png', '.json'] as const).map((extension) => truthKey(dataset, sha256, extension)),
  ]);
  await removeObjects(store, own, options);
  for (const shard of new Set(images.map((image) => image.shard))) {
    const removed = await removedOf(store, dataset, shard, options);
    for (const { id } of images.filter((image) => image.shard === shard))
      if (removed.images[id]) removed.images[id].gone = true;
    await store.put(removedKey(dataset, shard), JSON.stringify(removed), options);
  }
}

const removedOf = async (
  store: ObjectStore,
  dataset: string,
  shard: number,
  options?: CallOptions,
): Promise<RemovedImages> =>
  (await readDocument(store, removedKey(dataset, shard), removedImages, options)) ?? { version: 1, images: {} };

async function forget(
  store: ObjectStore,
  dataset: string,
  shard: number,
  images: readonly Pick<RemovedImage, 'id'>[],
  options: CallOptions,
): Promise<void> {
  const removed = await removedOf(store, dataset, shard, options);
  for (const { id } of images) delete removed.images[id];
  if (Object.keys(removed.images).length === 0) await store.delete(removedKey(dataset, shard), options);
  else await store.put(removedKey(dataset, shard), JSON.stringify(removed), options);
}

async function rename(
  store: ObjectStore,
  dataset: string,
  shard: number,
  names: ReadonlyMap<number, ImageName[]>,
  options: CallOptions,
): Promise<void> {
  if (names.size === 0) return;
  const key = namesKey(dataset, shard);
  const document = (await readDocument(store, key, shardNames, options)) ?? { version: 1, images: {} };
  for (const [image, now] of names) document.images[image] = now;
  await store.put(key, JSON.stringify(document), options);
}

/** The dataset's own figures; the next import counts them anew. @param by 1 of images that came, −1 of those that went */
async function count(
  store: ObjectStore,
  dataset: string,
  images: readonly Pick<NamedImage, 'bytes'>[],
  by: 1 | -1,
  options: CallOptions,
): Promise<void> {
  const found = await readDocument(store, datasetKey(dataset), datasetDocument, options);
  if (!found) return;
  const former = (found.former ?? 0) - by * images.length;
  const { former: _, ...rest } = found;
  const now = {
    ...rest,
    images: found.images + by * images.length,
    bytes: found.bytes + by * images.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(former > 0 && { former }),
    // Readers that remember shards, and campaigns, look again.
    updated: new Date().toISOString(),
  };
  await store.put(datasetKey(dataset), JSON.stringify(now), options);
}

async function namesOf(store: ObjectStore, dataset: string, options: CallOptions): Promise<ImageNames> {
  const names = new ImageNames();
  const { shards } = await readDataset(store, dataset, options);
  for (let shard = 0; shard < shards; shard++)
    names.recall(await readShard(store, dataset, shard, { ...options, former: true }));
  return names;
}
