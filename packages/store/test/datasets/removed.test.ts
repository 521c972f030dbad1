// Images that are taken out of a dataset: hidden, put back as they were, or gone for good; an import never brings them back by itself.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageKey, keysKey, removedKey, scribblesKey, thumbnailKey, truthKey } from '@saltworks/contract/layout';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDataset, readImages, readShard } from '../../src/datasets/dataset.ts';
import { listRemoved, putBack, removeForGood, takeOut } from '../../src/datasets/removed.ts';
import { importDataset } from '../../src/import/import.ts';
import type { Offer } from '../../src/import/offers.ts';
import { fileStore } from '../../src/objects/files/file-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';
import { collect } from '../bytes.ts';

let root: string;
let store: ObjectStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'saltworks-removed-'));
  store = fileStore(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const when = { at: '2026-11-30T12:00:00.000Z', goes: '2026-12-30T12:00:00.000Z' };
const sha = (text: string) => createHash('sha256').update(text).digest('hex');

/** Files by name; the bytes are the text. */
async function* offers(files: Record<string, string>): AsyncGenerator<Offer> {
  for (const [name, text] of Object.entries(files))
    yield { name, version: text, read: async () => new TextEncoder().encode(text) };
}
const bring = (name: string, files: Record<string, string>) =>
  importDataset(store, name, offers(files), { source: 'tests' });
const pans = { 'a.png': 'a', 'b.png': 'b', 'c.png': 'c', 'again/b.png': 'b' };

const current = async () =>
  (await collect(readImages(store, await readDataset(store, 'pans')))).map(({ id, names }) => [
    id,
    names.map(({ name }) => name),
  ]);
const out = async () => (await collect(listRemoved(store, 'pans'))).map(({ id, name, gone }) => [id, name, gone]);
const there = async (key: string) => (await store.head(key)) !== undefined;
const counts = async () => {
  const { images, former = 0, bytes } = await readDataset(store, 'pans');
  return { images, former, bytes };
};

beforeEach(() => bring('pans', pans));

test('an image that is taken out is no longer read, counts as a former version, and comes back with all its names', async () => {
  const before = await current();
  expect(before).toEqual([
    [1, ['a.png']],
    [2, ['b.png', 'again/b.png']],
    [3, ['c.png']],
  ]);
  expect(await takeOut(store, 'pans', new Map([[0, [2, 3]]]), when)).toBe(2);
  expect(await current()).toEqual([[1, ['a.png']]]);
  expect(await counts()).toEqual({ images: 1, former: 2, bytes: 1 });
  expect(await out()).toEqual([
    [2, 'b.png', false],
    [3, 'c.png', false],
  ]);
  // Out is out, whoever asks again.
  expect(await takeOut(store, 'pans', new Map([[0, [2, 3]]]), { ...when, at: 'later' })).toBe(0);
  expect((await collect(listRemoved(store, 'pans'))).map(({ at }) => at)).toEqual([when.at, when.at]);
  expect(await putBack(store, 'pans', [2])).toEqual({ images: 1, gone: 0 });
  expect(await putBack(store, 'pans', [2, 3])).toEqual({ images: 1, gone: 0 });
  expect(await current()).toEqual(before);
  expect(await counts()).toEqual({ images: 3, former: 0, bytes: 3 });
  expect(await there(removedKey('pans', 0))).toBe(false);
});

test('an import leaves its file out, says so, and counts as before; a changed file is another image', async () => {
  await takeOut(store, 'pans', new Map([[0, [2]]]), when);
  const report = await bring('pans', { ...pans, 'd.png': 'd' });
  expect(report).toMatchObject({ added: 1, unchanged: 2, left: { removed: 2 } });
  expect(await counts()).toEqual({ images: 3, former: 1, bytes: 3 });
  expect(await out()).toEqual([[2, 'b.png', false]]);
  await bring('pans', { 'b.png': 'other' });
  expect((await current()).at(-1)).toEqual([5, ['b.png']]);
  // Its old name is another image's by now.
  await expect(putBack(store, 'pans', [2])).rejects.toThrow(
    'image b.png was called b.png; expected no other image of this name by now',
  );
  expect(await out()).toEqual([[2, 'b.png', false]]);
});

test('a further name whose number went to another image comes back with a number of its own', async () => {
  await takeOut(store, 'pans', new Map([[0, [2]]]), when);
  await bring('pans', { 'd.png': 'd', 'e.png': 'e' });
  await putBack(store, 'pans', [2]);
  const numbers = (await collect(readImages(store, await readDataset(store, 'pans')))).flatMap(({ names }) =>
    names.map(({ id }) => id),
  );
  expect(new Set(numbers).size).toBe(numbers.length);
});

test('for good go its picture, keys, scribbles and known mask, but what another dataset has', async () => {
  await bring('pots', { 'c.png': 'c' });
  const of = (text: string) => [
    imageKey(sha(text), '.png'),
    keysKey('tiny', sha(text)),
    thumbnailKey(sha(text)),
    scribblesKey('pans', 0, sha(text), '.json'),
    truthKey('pans', sha(text), '.png'),
  ];
  for (const text of ['a', 'b', 'c']) for (const key of of(text).slice(1)) await store.put(key, text);
  await takeOut(store, 'pans', new Map([[0, [2, 3]]]), when);
  const gone = await collect(listRemoved(store, 'pans'));
  // Twice: a sweep that was killed begins anew.
  for (const _ of [1, 2]) await removeForGood(store, 'pans', gone);
  expect(await Promise.all(of('a').map(there))).toEqual([true, true, true, true, true]);
  expect(await Promise.all(of('b').map(there))).toEqual([false, false, false, false, false]);
  expect(await Promise.all(of('c').map(there))).toEqual([true, true, true, false, false]);
  expect(await out()).toEqual([
    [2, 'b.png', true],
    [3, 'c.png', true],
  ]);
  // Its file stays out, until somebody says that it may come; then its bytes do, too.
  expect((await bring('pans', pans)).left).toMatchObject({ removed: 3 });
  expect(await putBack(store, 'pans', [2])).toEqual({ images: 0, gone: 1 });
  expect(await current()).toEqual([[1, ['a.png']]]);
  expect(await bring('pans', pans)).toMatchObject({ added: 1, left: { removed: 1 } });
  expect((await current())[1]).toEqual([2, ['b.png', 'again/b.png']]);
  expect(await there(imageKey(sha('b'), '.png'))).toBe(true);
});

test('a removal that was killed between its two writes has taken nothing out, and can be done again', async () => {
  let puts = 0;
  const dying: ObjectStore = {
    ...store,
    get: store.get.bind(store),
    put: async (...args) => {
      if (++puts > 1) throw new Error('killed');
      return store.put(...args);
    },
  };
  await expect(takeOut(dying, 'pans', new Map([[0, [2]]]), when)).rejects.toThrow('killed');
  expect((await current()).length).toBe(3);
  expect(await out()).toEqual([]);
  expect((await bring('pans', pans)).left).not.toHaveProperty('removed');
  expect(await takeOut(store, 'pans', new Map([[0, [2]]]), when)).toBe(1);
  expect((await readShard(store, 'pans', 0)).length).toBe(2);
});
