import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeLines } from '@saltworks/contract/documents/document';
import { datasetKey, extractReportKey, keySetKey, keysKey, shardKey } from '@saltworks/contract/layout';
import { encodeKeys } from '@saltworks/core/formats/keys';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDataset } from '../../src/datasets/dataset.ts';
import { hasKeys, keySetsOf, removeKeys } from '../../src/datasets/key-sets.ts';
import { fileStore } from '../../src/objects/files/file-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';
import { collect } from '../bytes.ts';

let root: string;
let store: ObjectStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'saltworks-key-sets-'));
  store = fileStore(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const hash = (i: number) => i.toString(16).padStart(8, '0').repeat(8);

/** A dataset of these images, two a shard. */
async function putDataset(name: string, images: number[]) {
  const shards = Math.ceil(images.length / 2);
  for (let shard = 0; shard < shards; shard++) {
    const lines = images.slice(2 * shard, 2 * shard + 2).map((i) => ({ id: i, sha256: hash(i), name: `${i}.png` }));
    await store.put(
      shardKey(name, shard),
      encodeLines(lines.map((line) => ({ ...line, object: `o${line.id}`, bytes: 1, version: '1' }))),
    );
  }
  const counts = { images: images.length, duplicates: 0, shards, bytes: 1 };
  const document = { version: 1, name, source: '', ...counts, categories: [], updated: '' };
  await store.put(datasetKey(name), JSON.stringify(document));
  return readDataset(store, name);
}

/** Keys of these images, as a run over the dataset leaves them; of `failed` there are none. */
async function putKeys(dataset: string, id: string, images: number[], failed: number[] = []) {
  for (let shard = 0; 2 * shard < images.length; shard++) {
    const own = images.slice(2 * shard, 2 * shard + 2);
    const failures = own
      .filter((i) => failed.includes(i))
      .map((i) => ({ sha256: hash(i), name: `${i}.png`, reason: 'torn', permanent: true }));
    await store.put(extractReportKey(dataset, id, shard), JSON.stringify({ images: own.length, failures }));
  }
  for (const i of images.filter((i) => !failed.includes(i))) {
    const origin = { backbone: 'tiny', layer: 3, facet: 'value', image: { width: 8, height: 8 } } as const;
    const keys = { data: new Float32Array(4), h: 2, w: 2, d: 1 };
    await store.put(keysKey(id, hash(i)), encodeKeys(keys, { ...origin, imageSha256: hash(i) }));
  }
}

const keys = async (id: string) =>
  (await collect(store.list(`keys/${id}/`))).map(({ key }) => Number.parseInt(key.slice(-20, -12), 16));

test('sets of a dataset lie side by side, each with its lineage and the number of images that have keys', async () => {
  const pans = await putDataset('pans', [1, 2, 3, 4, 5]);
  const made = { backbone: 'tiny', sha256: 'ab', layer: 11, facet: 'key', long_side: 154, codec: 'int8' };
  await store.put(keySetKey('tiny-154px'), JSON.stringify({ version: 1, ...made }));
  await putKeys('pans', 'tiny-154px', [1, 2, 3, 4, 5], [2]);
  // Of an earlier version: only the files know.
  await putKeys('pans', 'tiny-layer3-value', [1, 2]);
  const { size } = (await store.head(keysKey('tiny-154px', hash(1))))!;
  expect(await collect(keySetsOf(store, pans))).toEqual([
    {
      id: 'tiny-154px',
      made: { backbone: 'tiny', sha256: 'ab', layer: 11, facet: 'key', longSide: 154, codec: 'int8' },
      ...{ images: 4, failed: 1, bytes: 4 * size },
    },
    {
      id: 'tiny-layer3-value',
      made: { backbone: 'tiny', sha256: null, layer: 3, facet: 'value', longSide: null, codec: 'float16' },
      ...{ images: 2, failed: 0, bytes: 2 * size },
    },
  ]);
});

test('a removed set leaves the other sets, and the keys of images that another dataset has in the same set', async () => {
  const pans = await putDataset('pans', [1, 2, 3, 4, 5]);
  const ponds = await putDataset('ponds', [4, 6]);
  await putDataset('pots', [5]);
  await store.put(keySetKey('tiny'), '{}');
  await putKeys('pans', 'tiny', [1, 2, 3, 4, 5]);
  await putKeys('pans', 'tiny-value', [1, 2, 3, 4, 5]);
  await putKeys('ponds', 'tiny', [4, 6]);
  expect(await removeKeys(store, pans, 'tiny')).toMatchObject({ removed: 4, next: null });
  expect(await keys('tiny')).toEqual([4, 6]);
  expect(await keys('tiny-value')).toEqual([1, 2, 3, 4, 5]);
  expect(await hasKeys(store, 'pans', 'tiny')).toBe(false);
  expect(await hasKeys(store, 'pans', 'tiny-value')).toBe(true);
  expect(await store.head(keySetKey('tiny'))).toBeDefined();
  // Nobody has it any more: its lineage goes, too.
  expect(await removeKeys(store, ponds, 'tiny')).toMatchObject({ removed: 2, next: null });
  expect(await store.head(keySetKey('tiny'))).toBe(undefined);
});

test('a large set is removed part by part, and again from the beginning if that broke off', async () => {
  const images = Array.from({ length: 200 }, (_, i) => i + 1);
  const pans = await putDataset('pans', images);
  await putKeys('pans', 'tiny', images);
  expect(await removeKeys(store, pans, 'tiny')).toMatchObject({ removed: 128, next: 64 });
  expect(await removeKeys(store, pans, 'tiny')).toMatchObject({ removed: 0, next: 64 });
  expect(await removeKeys(store, pans, 'tiny', { from: 64 })).toMatchObject({ removed: 72, next: null });
  expect(await keys('tiny')).toEqual([]);
});
