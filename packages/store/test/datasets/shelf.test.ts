// Datasets in the archive and deleted ones, and what goes of a store with one: never what another dataset has.
import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeLines } from '@saltworks/contract/documents/document';
import {
  datasetKey,
  exportFileKey,
  extractReportKey,
  imageKey,
  importMarkKey,
  keySetKey,
  keysKey,
  knownRegionsKey,
  searchQueryKey,
  shardKey,
  sweepMarkKey,
  thumbnailKey,
  truthKey,
  viewKey,
} from '@saltworks/contract/layout';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findDataset, listDatasets, readDataset, readInUse } from '../../src/datasets/dataset.ts';
import { whileImporting, whileSweeping } from '../../src/datasets/marks.ts';
import { removeDataset, removeImages } from '../../src/datasets/remove.ts';
import { inUse, listOf, placeOf, readPlaces, setPlace } from '../../src/datasets/shelf.ts';
import { importDataset } from '../../src/import/import.ts';
import type { Offer } from '../../src/import/offers.ts';
import { fileStore } from '../../src/objects/files/file-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';
import { collect } from '../bytes.ts';

let root: string;
let store: ObjectStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'saltworks-dataset-shelf-'));
  store = fileStore(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const archived = '2026-11-30T12:00:00.000Z';
const later = new Date(Date.now() + 86_400_000).toISOString();
const hash = (i: number) => i.toString(16).padStart(8, '0').repeat(8);
const all = async () => (await collect(store.list(''))).map(({ key }) => key);

async function* offers(...texts: string[]): AsyncGenerator<Offer> {
  for (const text of texts)
    yield { name: `${text}.png`, version: '1', read: async () => new TextEncoder().encode(text) };
}
const bring = (name: string, ...texts: string[]) => importDataset(store, name, offers(...texts), { source: 'tests' });

test('a dataset in the archive is read, and takes no import and no run; out of it, it is as it was', async () => {
  await bring('pans', 'a');
  expect(await placeOf(store, 'pans')).toEqual(inUse);
  await setPlace(store, 'pans', { archived, deleted: null });
  expect(listOf(await placeOf(store, 'pans'))).toBe('archived');
  expect((await readDataset(store, 'pans')).images).toBe(1);
  const refused = /^dataset pans is archived; expected it to be taken out of the archive/;
  await expect(bring('pans', 'b')).rejects.toThrow(refused);
  await expect(readInUse(store, 'pans')).rejects.toThrow(refused);
  await setPlace(store, 'pans', inUse);
  expect(await readPlaces(store)).toEqual(new Map());
  expect((await bring('pans', 'a', 'b')).dataset.images).toBe(2);
  expect((await all()).filter((key) => /^(shelf|importing)\//.test(key))).toEqual([]);
});

test('a deleted one is refused everywhere, says until when it can be restored, and is among all that the store holds', async () => {
  await bring('pans', 'a');
  await setPlace(store, 'pans', { archived: null, deleted: { at: archived, goes: later } });
  const refused = `dataset pans is deleted; expected one in use (saltworks dataset restore pans, until ${later})`;
  for (const use of [findDataset, readDataset, readInUse]) await expect(use(store, 'pans')).rejects.toThrow(refused);
  await expect(bring('pans', 'b')).rejects.toThrow(refused);
  expect((await collect(listDatasets(store))).map(({ name }) => name)).toEqual(['pans']);
  expect(await readPlaces(store)).toEqual(
    new Map([['pans', { archived: null, deleted: { at: archived, goes: later } }]]),
  );
  // Once it goes nothing is promised.
  await setPlace(store, 'pans', { archived: null, deleted: { at: archived, goes: archived } });
  await expect(readDataset(store, 'pans')).rejects.toThrow(/expected one in use$/);
});

test('imports and sweeps keep out of each other’s way; marks of processes that died keep nobody', async () => {
  const said: string[] = [];
  const sweep = () =>
    whileSweeping(store, async () => {
      said.push('swept');
      return true;
    });
  await whileImporting(store, async () => {
    expect(await sweep()).toBeUndefined();
  });
  expect(said).toEqual([]);
  // An import that begins meanwhile waits, and a second sweep does nothing.
  const importing = await whileSweeping(store, async () => {
    const waits = whileImporting(store, async () => void said.push('imported'));
    expect(await sweep()).toBeUndefined();
    await new Promise((done) => setTimeout(done, 50));
    said.push('removed');
    return { waits };
  });
  await importing?.waits;
  expect(said).toEqual(['removed', 'imported']);
  expect(await all()).toEqual([]);
  const longAgo = new Date(Date.now() - 3_600_000);
  for (const key of [importMarkKey('dead'), sweepMarkKey]) {
    await store.put(key, '');
    utimesSync(join(root, key), longAgo, longAgo);
  }
  await whileImporting(store, async () => void said.push('again'));
  expect(await sweep()).toBeUndefined();
  expect(await sweep()).toBe(true);
  expect(said.slice(2)).toEqual(['again', 'swept']);
  expect(await all()).toEqual([]);
});

test('an import that waits is given up with its signal', async () => {
  await store.put(sweepMarkKey, '');
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  const options = { source: 'tests', signal };
  await expect(importDataset(store, 'pans', offers('a'), options)).rejects.toThrow('enough');
  expect(await all()).toEqual([sweepMarkKey]);
});

/** What an import and runs leave of these images: one of them lies elsewhere. */
async function putDataset(name: string, images: number[], sets: string[]) {
  const object = (i: number) => (i === 4 ? 's3://elsewhere/4.png' : imageKey(hash(i), '.png'));
  const lines = images.map((i) => ({
    id: i,
    sha256: hash(i),
    name: `${i}.png`,
    object: object(i),
    bytes: 1,
    version: '1',
  }));
  for (const [shard, part] of [lines.slice(0, 2), lines.slice(2)].entries())
    await store.put(shardKey(name, shard), encodeLines(part));
  const counts = { images: images.length, duplicates: 0, shards: 2, bytes: 1 };
  await store.put(
    datasetKey(name),
    JSON.stringify({ version: 1, name, source: '', ...counts, categories: [], updated: '' }),
  );
  for (const i of images) {
    if (i !== 4) await store.put(object(i), 'pixels');
    for (const key of [viewKey(hash(i)), thumbnailKey(hash(i)), truthKey(name, hash(i), '.png')])
      await store.put(key, '');
    await store.put(knownRegionsKey({ sha256: hash(i), known: '0123456789abcdef' }), '{}');
    for (const set of sets) await store.put(keysKey(set, hash(i)), 'keys');
  }
  for (const set of sets) {
    await store.put(keySetKey(set), '{}');
    for (const shard of [0, 1])
      await store.put(extractReportKey(name, set, shard), JSON.stringify({ images: 2, failures: [] }));
  }
  await store.put(exportFileKey(name, 'x', 'a.txt'), 'a');
  await store.put(searchQueryKey(name, '0123456789abcdef'), '{}');
}

test('what two datasets share by content stays with the other one, whenever the removal broke off', async () => {
  await putDataset('ponds', [3, 4, 5], ['tiny', 'tiny+int8']);
  const ponds = await all();
  await putDataset('pans', [1, 2, 3, 4], ['tiny', 'large-layer3']);
  // Keys that a trial left, of no set that the dataset has.
  await store.put(keysKey('tried', hash(1)), 'keys');
  await store.put(keysKey('tried', hash(5)), 'keys');
  const whole = await all();
  const kept = [...ponds, keysKey('tried', hash(5))].sort();
  for (let most = 1; ; most += 7) {
    let left = most;
    const breaking: ObjectStore = {
      ...store,
      async delete(key, options) {
        if (left-- <= 0) throw new Error('killed');
        await store.delete(key, options);
      },
    };
    const remove = async () => {
      await removeImages(breaking, 'pans');
      await removeDataset(breaking, 'pans');
    };
    const done = await remove().then(
      () => true,
      ({ message }: Error) => {
        expect(message).toBe('killed');
        return false;
      },
    );
    const there = await all();
    for (const key of kept) expect(there).toContain(key);
    for (const key of there) expect(whole).toContain(key);
    if (done) break;
  }
  expect(await all()).toEqual(kept);
  // The image of a set that the other dataset has not keeps its bytes, and loses its keys with the set.
  expect(whole).toContain(keysKey('large-layer3', hash(3)));
});
