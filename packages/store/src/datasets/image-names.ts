/**
 * Names of a dataset's images, and their changes during an import. A name has one image: the one with the bytes of its file.
 * An image has any number of names: several if files have the same bytes, none if its file changed since.
 */
import { createHash } from 'node:crypto';
import { type DatasetImage, type ImageName, type NamedImage, shardNames } from '@saltworks/contract/documents/dataset';
import { namesKey } from '@saltworks/contract/layout';
import { asSeen } from '@saltworks/core/formats/spelling';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';
import { isCurrent, readShard } from './dataset.ts';
import { FingerprintMap, Fingerprints } from './fingerprints.ts';

/** A file's name and version. */
type Named = Pick<DatasetImage, 'name' | 'version'>;

/** A name that an image loses, or one that it gains. */
type Change = { image: number } & ({ lost: string } | { gained: Named });

/** The place of a file in the dataset. */
export interface Placed {
  /** The image's id. */
  image: number;
  /**
   * Whether its bytes are those of no image; of the image that its name had before; of an image with other names; of a
   * former version.
   */
  as: 'new' | 'unchanged' | 'further' | 'again';
  /** Whether its name was another image's. */
  replaced: boolean;
}

/** Takes a few bytes for each image, so that memory holds hundreds of millions. */
export class ImageNames {
  /** Images with a name, and their bytes. */
  images = 0;
  bytes = 0;
  /** Former versions. */
  former = 0;
  /** The last number that was given to an image or a name. */
  lastId = 0;
  /** Ids of images by name, and by their bytes. */
  #holders = new FingerprintMap();
  #contents = new FingerprintMap();
  /** Digests of image, name and version. */
  #versions = new Fingerprints();
  /** Names that are not their image's first. */
  #further = new Fingerprints();
  /** Numbers of names, of images that do not have exactly one. */
  #counts = new Map<number, number>();
  /** The first id of each shard, and the last of all. */
  #firsts: number[] = [];
  #lastStored = 0;
  #changes: Change[] = [];
  /** Images that were taken out. */
  readonly #out = new Set<number>();

  /** Notes the images of the next stored shard. A name that an earlier image has, too, goes to the later one. */
  recall(images: readonly NamedImage[]): void {
    this.stored(images);
    for (const image of images) {
      const { id, sha256, names, bytes } = image;
      this.#contents.set(Buffer.from(sha256, 'hex'), id);
      if (isCurrent(image)) {
        this.images++;
        this.bytes += bytes;
      } else this.former++;
      this.#count(id, names.length - 1);
      names.forEach(({ id: number, name, version }, i) => {
        const key = digest(asSeen(name));
        const holder = this.#holders.get(key);
        if (holder !== undefined && holder !== id) this.#lose(holder, name);
        this.#holders.set(key, id);
        this.#versions.add(versionDigest(id, { name, version }));
        if (i > 0) this.#further.add(key);
        this.lastId = Math.max(this.lastId, number);
      });
      this.lastId = Math.max(this.lastId, id);
    }
  }

  /** Notes images that were taken out: their files are not theirs again until they are put back. */
  takeOut(images: Iterable<number>): void {
    for (const image of images) this.#out.add(image);
  }

  /** Whether the image with these bytes was taken out. @param sha256 of them */
  isOut(sha256: Uint8Array): boolean {
    const image = this.#out.size > 0 ? this.#contents.get(sha256) : undefined;
    return image !== undefined && this.#out.has(image);
  }

  /** The image that has a name. */
  holder = (name: string): number | undefined => this.#holders.get(digest(asSeen(name)));

  /** Whether the dataset has a file in this version. */
  knows(file: Named): boolean {
    const holder = this.#holders.get(digest(asSeen(file.name)));
    return holder !== undefined && this.#versions.has(versionDigest(holder, file));
  }

  /** Whether an image has this name, but not as its first. */
  isFurther = (name: string): boolean => this.#further.has(digest(asSeen(name)));

  /** Whether two names belong to one image. */
  areOne(a: string, b: string): boolean {
    const holder = this.#holders.get(digest(asSeen(a)));
    return holder !== undefined && holder === this.#holders.get(digest(asSeen(b)));
  }

  /** Whether a name's image has these bytes. @param sha256 of them */
  hold(name: string, sha256: Uint8Array): boolean {
    const holder = this.#holders.get(digest(asSeen(name)));
    return holder !== undefined && holder === this.#contents.get(sha256);
  }

  /** Gives a name to the image with its file's bytes. The caller stores a new image. */
  place(file: Named, { sha256, bytes }: { sha256: Uint8Array; bytes: number }): Placed {
    const key = digest(asSeen(file.name));
    const holder = this.#holders.get(key);
    const known = this.#contents.get(sha256);
    const image = known ?? ++this.lastId;
    this.#versions.add(versionDigest(image, file));
    if (known !== undefined && known === holder) return { image, as: 'unchanged', replaced: false };
    if (holder !== undefined) this.#lose(holder, file.name);
    this.#holders.set(key, image);
    const replaced = holder !== undefined;
    if (known === undefined) {
      this.images++;
      this.bytes += bytes;
      this.#contents.set(sha256, image);
      return { image, as: 'new', replaced };
    }
    this.#changes.push({ image, gained: { name: file.name, version: file.version } });
    const as = this.#count(image, 1) > 1 ? 'further' : 'again';
    if (as === 'further') this.#further.add(key);
    return { image, as, replaced };
  }

  /** Changes that are not written yet. */
  get pending(): number {
    return this.#changes.length;
  }

  /** Notes that a shard was written. */
  stored(lines: readonly DatasetImage[]): void {
    this.#firsts.push(lines[0].id);
    this.#lastStored = lines[lines.length - 1].id;
  }

  /**
   * Writes the changes of stored images.
   *
   * @returns whether there were any
   */
  async write(store: ObjectStore, dataset: string, options?: CallOptions): Promise<boolean> {
    const ready = this.#changes.filter(({ image }) => image <= this.#lastStored);
    this.#changes = this.#changes.filter(({ image }) => image > this.#lastStored);
    // An image loses a name before another gains it: if the import is killed in between, no image has the name until the next
    // import reads its file again, and no name ever has two images.
    for (const kind of ['lost', 'gained']) {
      const shards = new Map<number, Change[]>();
      for (const change of ready.filter((change) => kind in change)) {
        const shard = this.#shardOf(change.image);
        const own = shards.get(shard);
        if (own) own.push(change);
        else shards.set(shard, [change]);
      }
      for (const [shard, changes] of shards) await this.#change(store, dataset, shard, changes, options);
    }
    return ready.length > 0;
  }

  async #change(store: ObjectStore, dataset: string, shard: number, changes: Change[], options?: CallOptions) {
    const images = await readShard(store, dataset, shard, { ...options, former: true });
    const key = namesKey(dataset, shard);
    const document = (await readDocument(store, key, shardNames, options)) ?? { version: 1, images: {} };
    for (const image of images) {
      const own = changes.filter((change) => change.image === image.id);
      if (own.length === 0) continue;
      const now = this.#namesAfter(image, own);
      document.images[image.id] = now;
      const step = Number(now.length > 0) - Number(isCurrent(image));
      this.images += step;
      this.bytes += step * image.bytes;
      this.former -= step;
    }
    await store.put(key, JSON.stringify(document), options);
  }

  #namesAfter({ id, names }: NamedImage, changes: readonly Change[]): ImageName[] {
    const lost = new Set(changes.map((change) => ('lost' in change ? asSeen(change.lost) : undefined)));
    const now = names.filter(({ name }) => !lost.has(asSeen(name)));
    for (const change of changes) {
      if (!('gained' in change)) continue;
      const isFree = now.every((each) => each.id !== id);
      now.push({ id: isFree ? id : ++this.lastId, ...change.gained });
    }
    return now;
  }

  #lose(image: number, name: string): void {
    this.#changes.push({ image, lost: name });
    this.#count(image, -1);
  }

  #count(image: number, by: number): number {
    const count = (this.#counts.get(image) ?? 1) + by;
    if (count === 1) this.#counts.delete(image);
    else this.#counts.set(image, count);
    return count;
  }

  /** The stored shard of an image; undefined of one that is not stored yet. */
  shardOf = (image: number): number | undefined => (image > this.#lastStored ? undefined : this.#shardOf(image));

  #shardOf(image: number): number {
    let [from, to] = [0, this.#firsts.length];
    while (to - from > 1) {
      const middle = (from + to) >> 1;
      if (this.#firsts[middle] <= image) from = middle;
      else to = middle;
    }
    return from;
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest();
const versionDigest = (image: number, { name, version }: Named) => digest(`${image}\n${asSeen(name)}\n${version}`);
