/** The images of datasets by their numbers. Shards change only with an import, so the last ones read are remembered. */
import type { Dataset, NamedImage } from '@saltworks/contract/documents/dataset';
import { findDataset, readShard } from '@saltworks/store/datasets/dataset';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { LRUCache } from 'lru-cache';
import { NotFoundError } from '../errors.ts';

/** Shards that are remembered, of a few hundred lines each. */
const remembered = 64;

/** The state of a dataset: `updated` changes with every import. */
export type Stand = Pick<Dataset, 'name' | 'shards' | 'updated'>;

export interface Shards {
  /** The images of a shard, former versions included, which have no names. @throws ObjectMissingError if there is no such shard */
  read(dataset: Stand, shard: number): Promise<NamedImage[]>;
  /** The shard of the first image whose number is at least this; undefined after the last. */
  find(dataset: Stand, image: number): Promise<number | undefined>;
  /** @throws NotFoundError if there is no such image or dataset */
  image(dataset: string, image: number): Promise<{ image: NamedImage; shard: number }>;
}

export function openShards(store: ObjectStore): Shards {
  const known = new LRUCache<string, Promise<NamedImage[]>>({ max: remembered });

  function read({ name, updated }: Stand, shard: number): Promise<NamedImage[]> {
    const key = `${name}/${shard}/${updated}`;
    const found = known.get(key);
    if (found) return found;
    const reading = readShard(store, name, shard, { former: true });
    known.set(key, reading);
    reading.catch(() => known.delete(key));
    return reading;
  }

  async function find(dataset: Stand, image: number): Promise<number | undefined> {
    const { shards } = dataset;
    let [from, to] = [0, shards];
    let probe = Math.min(fullShards(image), shards - 1);
    while (from < to) {
      const images = await read(dataset, probe);
      if (image > images[images.length - 1].id) from = probe + 1;
      else if (image < images[0].id) to = probe;
      else return probe;
      probe = (from + to) >> 1;
    }
    return from < shards ? from : undefined;
  }

  return {
    read,
    find,
    async image(name, number) {
      const dataset = await findDataset(store, name);
      const shard = dataset && (await find(dataset, number));
      const images = shard === undefined ? [] : await read(dataset as Dataset, shard);
      const image = images.find(({ id }) => id === number);
      if (shard === undefined || !image) throw new NotFoundError('no such image');
      return { image, shard };
    },
  };
}

/** The shard of an image if every import filled its shards (`shardSize` of the store's import): a good first guess. */
function fullShards(image: number): number {
  const before = image - 1;
  if (before < 64 * 16) return Math.max(0, Math.floor(before / 16));
  if (before < 64 * 16 + 960 * 64) return 64 + Math.floor((before - 64 * 16) / 64);
  return 1024 + Math.floor((before - 64 * 16 - 960 * 64) / 256);
}
