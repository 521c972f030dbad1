/** Scribbles drawn elsewhere, brought to the images of a dataset. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Dataset } from '@saltworks/core/contract/dataset';
import { scribblesKey } from '@saltworks/core/contract/layout';
import { withoutExtension } from '@saltworks/core/stems';
import { readImages, readShard } from './dataset.ts';
import { Fingerprints } from './fingerprints.ts';
import type { CallOptions, ObjectStore } from './store.ts';

/**
 * An image's scribbles in a folder: `x.jpg.json` or `x.jpg.png` for x.jpg alone, else `x.json` or `x.png`, which are also
 * x.png's and x.tif's.
 *
 * @param name path of the image below its source
 * @param isPicture whether a PNG that is found is itself one of the images: images and scribbles may share a folder
 */
export async function findScribbles(
  folder: string,
  name: string,
  isPicture: (path: string) => boolean | Promise<boolean>,
): Promise<string | undefined> {
  for (const stem of [name, withoutExtension(name)]) {
    for (const extension of ['.json', '.png']) {
      const path = join(folder, `${stem}${extension}`);
      if (!(await stat(path).catch(() => undefined))?.isFile()) continue;
      if (extension === '.json' || !(await isPicture(path))) return path;
    }
  }
  return undefined;
}

/**
 * Takes the scribbles that a folder has for images of a dataset. What they say is checked when they are used: one bad
 * file fails alone.
 *
 * @returns how many images have scribbles there
 */
export async function importScribbles(
  store: ObjectStore,
  dataset: Dataset,
  folder: string,
  options?: CallOptions,
): Promise<number> {
  const { name, shards } = dataset;
  let images: Promise<Fingerprints> | undefined;
  const isPicture = async (path: string) => {
    images ??= contentsOf(store, dataset, options);
    return (await images).has(
      createHash('sha256')
        .update(await readFile(path))
        .digest(),
    );
  };
  let found = 0;
  for (let shard = 0; shard < shards; shard++) {
    for (const image of await readShard(store, name, shard, options)) {
      const path = await findScribbles(folder, image.name, isPicture);
      if (path === undefined) continue;
      const [extension, other] =
        extname(path) === '.json' ? (['.json', '.png'] as const) : (['.png', '.json'] as const);
      await store.put(scribblesKey(name, shard, image.sha256, extension), await readFile(path), options);
      // An image has one drawing: that of another format was an earlier one.
      await store.delete(scribblesKey(name, shard, image.sha256, other), options);
      found++;
    }
  }
  return found;
}

async function contentsOf(store: ObjectStore, dataset: Dataset, options?: CallOptions): Promise<Fingerprints> {
  const contents = new Fingerprints();
  for await (const { sha256 } of readImages(store, dataset, options)) contents.add(Buffer.from(sha256, 'hex'));
  return contents;
}
