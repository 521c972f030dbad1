/** Writes a dataset while an import adds to it: objects of images, shards, names, and the dataset's document. */
import { extname } from 'node:path';
import type { Dataset, DatasetImage } from '@saltworks/contract/documents/dataset';
import { encodeLines } from '@saltworks/contract/documents/document';
import { datasetKey, imageKey, shardKey } from '@saltworks/contract/layout';
import { readShard } from '../datasets/dataset.ts';
import { ImageNames } from '../datasets/image-names.ts';
import { removedFrom } from '../datasets/removed.ts';
import { type CallOptions, ObjectMissingError, type ObjectStore } from '../objects/store.ts';
import type { Loaded } from './load.ts';

/** Changed names that are held until they are written together. */
const mostPending = 1024;

export class DatasetWriter {
  readonly dataset: Dataset;
  readonly names = new ImageNames();
  readonly #store: ObjectStore;
  readonly #options: CallOptions;
  readonly #isNew: boolean;
  readonly #counts: { readonly duplicates: number };
  /** Of the shard that is not full yet. */
  #lines: DatasetImage[] = [];

  /**
   * @param dataset its document, without a shard counted
   * @param isNew whether the store has no document of it
   * @param counts the import's, for the dataset's document
   */
  constructor(
    store: ObjectStore,
    dataset: Dataset,
    isNew: boolean,
    counts: { readonly duplicates: number },
    options: CallOptions,
  ) {
    this.dataset = dataset;
    this.#store = store;
    this.#isNew = isNew;
    this.#counts = counts;
    this.#options = options;
  }

  /**
   * Reads the shards after those that the dataset counts already: they hold the images of earlier imports, killed ones
   * included.
   *
   * @returns whether there were any
   */
  async recall(): Promise<boolean> {
    const { name, shards } = this.dataset;
    for (; ; this.dataset.shards++) {
      try {
        const images = await readShard(this.#store, name, this.dataset.shards, { ...this.#options, former: true });
        this.names.recall(images);
        this.names.takeOut(await removedFrom(this.#store, name, this.dataset.shards, images, this.#options));
      } catch (error) {
        if (!(error instanceof ObjectMissingError)) throw error;
        return this.dataset.shards > shards;
      }
    }
  }

  /** Stores an image and adds its line. @param sha256 of its bytes, hex */
  async add(id: number, { file, bytes, extension }: Loaded, sha256: string): Promise<void> {
    const here = imageKey(sha256, extension ?? extname(file.name).toLowerCase());
    const object = extension === undefined && file.url ? file.url : here;
    if (object === here) await this.#store.putIfAbsent(object, bytes, this.#options);
    this.#lines.push({ id, sha256, name: file.name, object, bytes: bytes.length, version: file.version });
  }

  /** Stores the bytes of an earlier image that is back: they may have gone since. */
  async bringBack(id: number, { bytes }: Loaded): Promise<void> {
    const shard = this.names.shardOf(id);
    if (shard === undefined) return;
    const images = await readShard(this.#store, this.dataset.name, shard, { ...this.#options, former: true });
    const object = images.find((image) => image.id === id)?.object;
    if (object !== undefined && !object.includes('://')) await this.#store.putIfAbsent(object, bytes, this.#options);
  }

  /** Writes a full shard, or many changed names. To be called after every file. */
  async writeIfDue(): Promise<void> {
    const { pending } = this.names;
    if (this.#lines.length === shardSize(this.dataset.shards)) await this.#finishShard();
    else if (pending > 0 && pending % mostPending === 0) await this.#writeNames();
  }

  /** Writes everything that is not written yet. */
  async finish(): Promise<void> {
    await this.#finishShard();
    // Shards that another import wrote meanwhile count as well, or they would be lost until the next import.
    do {
      await this.names.write(this.#store, this.dataset.name, this.#options);
      await this.#writeDocument();
    } while (await this.recall());
  }

  /** @throws Error if another import writes to the same dataset */
  async #finishShard(): Promise<void> {
    const lines = this.#lines;
    if (lines.length > 0) {
      const { name, shards } = this.dataset;
      const created = await this.#store.putIfAbsent(shardKey(name, shards), encodeLines(lines), this.#options);
      if (!created) throw new Error(`dataset ${name} grew meanwhile; expected no other import of it`);
      this.dataset.shards++;
      this.names.stored(lines);
      this.#lines = [];
    }
    await this.#writeNames();
  }

  async #writeNames(): Promise<void> {
    const changed = await this.names.write(this.#store, this.dataset.name, this.#options);
    // So a reader misses a changed picture for moments only.
    if (changed && !this.#isNew) await this.#writeDocument();
  }

  async #writeDocument(): Promise<void> {
    const { images, bytes, former } = this.names;
    const { duplicates } = this.#counts;
    Object.assign(this.dataset, { images, bytes, duplicates, updated: new Date().toISOString() });
    if (former > 0) this.dataset.former = former;
    else delete this.dataset.former;
    await this.#store.put(datasetKey(this.dataset.name), JSON.stringify(this.dataset), this.#options);
  }
}

/**
 * Images of the next shard, which one worker handles at a time: few at first, so that workers share a small dataset and it
 * shows its progress; more later, so that a million images are a few thousand shards.
 */
const shardSize = (shards: number): number => (shards < 64 ? 16 : shards < 1024 ? 64 : 256);
