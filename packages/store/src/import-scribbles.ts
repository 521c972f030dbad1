/** Scribbles drawn elsewhere, brought to the images of a dataset. */
import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Dataset } from '@saltworks/core/contract/dataset';
import { scribblesKey } from '@saltworks/core/contract/layout';
import { readShard } from './dataset.ts';
import type { CallOptions, ObjectStore } from './store.ts';

/**
 * For each image of a dataset takes NAME.json or NAME.png from a folder, where NAME is the image's path below its
 * source without extension. What they say is checked when they are used: one bad file fails alone.
 *
 * @returns how many images have scribbles there
 */
export async function importScribbles(
  store: ObjectStore,
  { name, shards }: Dataset,
  folder: string,
  options?: CallOptions,
): Promise<number> {
  let found = 0;
  for (let shard = 0; shard < shards; shard++) {
    for (const image of await readShard(store, name, shard, options)) {
      const stem = image.name.slice(0, image.name.length - extname(image.name).length);
      for (const extension of ['.json', '.png'] as const) {
        const path = join(folder, `${stem}${extension}`);
        if (!(await stat(path).catch(() => undefined))?.isFile()) continue;
        await store.put(scribblesKey(name, shard, image.sha256, extension), await readFile(path), options);
        // An image has one drawing: that of another format was an earlier one.
        const other = extension === '.json' ? '.png' : '.json';
        await store.delete(scribblesKey(name, shard, image.sha256, other), options);
        found++;
        break;
      }
    }
  }
  return found;
}
