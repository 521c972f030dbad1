import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeLines } from '@saltworks/contract/documents/document';
import { extractReportKey, namesPrefix, shardKey } from '@saltworks/contract/layout';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findDataset, readDataset, readImages } from '../../src/datasets/dataset.ts';
import { readFailures } from '../../src/datasets/failures.ts';
import { readTruth } from '../../src/datasets/truth.ts';
import { importDataset } from '../../src/import/import.ts';
import { fileStore } from '../../src/objects/files/file-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';
import { collect } from '../bytes.ts';

let scratch: string;
let store: ObjectStore;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'saltworks-names-'));
  store = fileStore(scratch);
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
const encode = (text: string) => new TextEncoder().encode(text);

interface File {
  content: string;
  /** Content of its known mask. */
  mask?: string;
  version?: string;
}

/** Files by name. A file's version is its content by default. @param read is called with every file that is read */
async function* offer(files: Record<string, string | File>, read = (_: string) => {}) {
  for (const [name, file] of Object.entries(files)) {
    const { content, mask, version = `${content} ${mask}` } = typeof file === 'string' ? { content: file } : file;
    yield {
      ...{ name, version },
      async read() {
        read(name);
        return encode(content);
      },
      ...(mask !== undefined && {
        truth: async () => ({ png: encode(mask), segments: [], categories: [], notes: [] }),
      }),
    };
  }
}

const bring = (files: Record<string, string | File>, { to = store, read = (_: string) => {} } = {}) =>
  importDataset(to, 'd', offer(files, read), { source: 's', concurrency: 1 });

/** Names of every image, and its content: one line an image. */
async function standing(): Promise<string[]> {
  const images = await collect(readImages(store, await readDataset(store, 'd')));
  const contents = await Promise.all(images.map(async ({ object }) => Buffer.from(await store.get(object)).toString()));
  return images.map(({ names }, i) => `${names.map(({ name }) => name).join('+')}=${contents[i]}`);
}

const everyId = async () => {
  const images = await collect(readImages(store, await readDataset(store, 'd'), { former: true }));
  return images.flatMap(({ id, names }) => [id, ...names.map((name) => name.id).filter((each) => each !== id)]);
};

describe('a changed file', () => {
  test('gives its name to a new image; the former version stays without a name', async () => {
    await bring({ 'a.png': 'A', 'b.png': 'B' });
    expect(await bring({ 'a.png': 'A2', 'b.png': 'B' })).toMatchObject({ added: 1, unchanged: 1, replaced: 1 });
    expect(await standing()).toEqual(['b.png=B', 'a.png=A2']);
    const dataset = await readDataset(store, 'd');
    expect(dataset).toMatchObject({ images: 2, former: 1, bytes: 3 });
    const all = await collect(readImages(store, dataset, { former: true }));
    expect(all.map(({ id, name, names }) => [id, name, names.length])).toEqual([
      [1, 'a.png', 0],
      [2, 'b.png', 1],
      [3, 'a.png', 1],
    ]);
    expect(Buffer.from(await store.get(all[0].object)).toString()).toBe('A');
    // A second time there is nothing to do, and nothing is read.
    const read: string[] = [];
    const again = await bring({ 'a.png': 'A2', 'b.png': 'B' }, { read: (name) => read.push(name) });
    expect(again).toMatchObject({ added: 0, unchanged: 2, replaced: 0 });
    expect(read).toEqual([]);
    expect(await readDataset(store, 'd')).toMatchObject({ images: 2, former: 1 });
  });

  test('that changes back is its first image again, with the same id', async () => {
    await bring({ 'a.png': 'A', 'b.png': 'B' });
    await bring({ 'a.png': 'A2' });
    expect(await bring({ 'a.png': 'A' })).toMatchObject({ added: 1, replaced: 1 });
    expect(await standing()).toEqual(['a.png=A', 'b.png=B']);
    expect(await readDataset(store, 'd')).toMatchObject({ images: 2, former: 1, bytes: 2, shards: 2 });
    expect((await collect(readImages(store, await readDataset(store, 'd'))))[0].id).toBe(1);
    expect(await bring({ 'a.png': 'A2' })).toMatchObject({ added: 1, replaced: 1 });
    expect(await standing()).toEqual(['b.png=B', 'a.png=A2']);
  });

  test('swapped with another: both keep their images', async () => {
    await bring({ 'a.png': 'A', 'b.png': 'B' });
    expect(await bring({ 'a.png': 'B', 'b.png': 'A' })).toMatchObject({ replaced: 2 });
    expect(await standing()).toEqual(['b.png=A', 'a.png=B']);
    expect(await readDataset(store, 'd')).toMatchObject({ images: 2, bytes: 2, shards: 1 });
    expect((await readDataset(store, 'd')).former).toBeUndefined();
    expect(new Set(await everyId()).size).toBe((await everyId()).length);
  });

  test('no longer counts as failed', async () => {
    await bring({ 'a.png': 'torn', 'b.png': 'B' });
    const failures = ['torn', 'B'].map((content) => ({
      ...{ sha256: sha256(content), name: 'x', reason: content, permanent: true },
    }));
    await store.put(extractReportKey('d', 'vits', 0), JSON.stringify({ images: 2, failures }));
    await bring({ 'a.png': 'whole' });
    const listed = await collect(readFailures(store, await readDataset(store, 'd')));
    expect(listed.map(({ reason }) => reason)).toEqual(['B']);
  });

  test('like many others is replaced shard by shard', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `${String(i).padStart(2, '0')}.png`);
    const as = (text: string) => Object.fromEntries(names.map((name) => [name, `${text} ${name}`]));
    await bring(as('one'));
    expect(await bring(as('two'))).toMatchObject({ added: 40, replaced: 40 });
    expect(await standing()).toEqual(names.map((name) => `${name}=two ${name}`));
    expect(await readDataset(store, 'd')).toMatchObject({ images: 40, former: 40, shards: 6 });
  });
});

describe('files of the same bytes', () => {
  test('are names of one image, each with its own number, and are not read again', async () => {
    const files = { 'a.png': 'same', 'b/x.png': 'same', 'c.png': 'other' };
    expect(await bring(files)).toMatchObject({ added: 2, duplicates: 1 });
    expect(await standing()).toEqual(['a.png+b/x.png=same', 'c.png=other']);
    const ids = await everyId();
    expect(new Set(ids).size).toBe(3);
    const read: string[] = [];
    expect(await bring(files, { read: (name) => read.push(name) })).toMatchObject({ unchanged: 2, duplicates: 1 });
    expect(read).toEqual([]);
    await bring({ ...files, 'd.png': 'new' });
    expect((await everyId()).slice(0, 3)).toEqual(ids);
    expect(new Set(await everyId()).size).toBe(4);
  });

  test('leave the image to the others when one of them changes', async () => {
    await bring({ 'a.png': 'same', 'b.png': 'same' });
    expect(await bring({ 'a.png': 'new', 'b.png': 'same' })).toMatchObject({ added: 1, replaced: 1 });
    expect(await standing()).toEqual(['b.png=same', 'a.png=new']);
    expect(await readDataset(store, 'd')).toMatchObject({ images: 2 });
    expect((await readDataset(store, 'd')).former).toBeUndefined();
    expect(await bring({ 'b.png': 'new' })).toMatchObject({ added: 0, replaced: 1, duplicates: 1 });
    expect(await standing()).toEqual(['a.png+b.png=new']);
    expect(await readDataset(store, 'd')).toMatchObject({ images: 1, former: 1 });
  });

  test('give their image the known mask that any of them has; of two different masks the first stays, and a note says so', async () => {
    const truth = async () => (await readTruth(store, { dataset: 'd', sha256: sha256('same') }))?.mask;
    await bring({ 'a.png': 'same', 'b.png': { content: 'same', mask: 'of b' } });
    expect(await truth()).toBe(sha256('of b'));
    const report = await bring({ 'a.png': { content: 'same', mask: 'of a' } });
    expect(report).toMatchObject({ truths: 0, notes: [{ name: 'a.png', note: expect.stringMatching('same bytes') }] });
    expect(await truth()).toBe(sha256('of b'));
    // Its own replaces it.
    expect(await bring({ 'b.png': { content: 'same', mask: 'newer of b' } })).toMatchObject({ truths: 1, notes: [] });
    expect(await truth()).toBe(sha256('newer of b'));
    // Once b.png is another picture's, a.png's is taken.
    await bring({ 'b.png': 'other' });
    expect(await bring({ 'a.png': { content: 'same', mask: 'newer of a' } })).toMatchObject({ truths: 1, notes: [] });
    expect(await truth()).toBe(sha256('newer of a'));
  });
});

test('of two images with one name, which earlier imports could make, the next import leaves the name to the later', async () => {
  const line = (id: number, content: string) => {
    const sha = sha256(content);
    return { id, sha256: sha, name: 'a.png', object: `o${id}`, bytes: 1, version: content };
  };
  await store.put(shardKey('d', 0), encodeLines([line(1, 'A')]));
  await store.put(shardKey('d', 1), encodeLines([line(2, 'A2')]));
  for (const object of ['o1', 'o2']) await store.put(object, object);
  expect(await importDataset(store, 'd', offer({}), { source: 's' })).toMatchObject({
    dataset: { images: 1, former: 1 },
  });
  expect(await standing()).toEqual(['a.png=o2']);
});

describe('names that differ only in the encoding of accents', () => {
  const [composed, apart] = ['\u00e9.png', 'e\u0301.png'];

  test('are one name: an image imported under one spelling is found under the other', async () => {
    await bring({ [composed]: 'E' });
    expect(await bring({ [apart]: 'E' })).toMatchObject({ added: 0, unchanged: 1, duplicates: 0 });
    expect(await bring({ [apart]: 'E2' })).toMatchObject({ added: 1, replaced: 1 });
    expect(await standing()).toEqual([`${apart}=E2`]);
  });

  test('of two files: the second is refused, spelled out, unless its bytes are the same', async () => {
    expect(await bring({ [apart]: 'E', [composed]: 'other' })).toMatchObject({
      added: 1,
      failed: [{ name: composed, reason: expect.stringMatching(/^\\u\{e9\}\.png: another file's name differs only/) }],
    });
    expect(await bring({ [apart]: 'E', [composed]: 'E' })).toMatchObject({ failed: [], unchanged: 2 });
    expect(await standing()).toEqual([`${apart}=E`]);
  });
});

test('an import that dies at any write and runs again leaves the same dataset as one that did not die', async () => {
  const before = { 'a.png': 'A', 'b.png': 'B', 'c.png': 'C', 'd.png': 'A' };
  const after = { 'a.png': 'B', 'b.png': 'A', 'c.png': 'C2', 'd.png': 'D', 'e.png': 'A' };
  await bring(before);
  await bring(after);
  const expected = await standing();
  const dataset = await readDataset(store, 'd');
  for (let writes = 0; ; writes++) {
    rmSync(scratch, { recursive: true });
    store = fileStore(scratch);
    await bring(before);
    let left = writes;
    const count = () => {
      if (left-- === 0) throw new Error('died');
    };
    const dying: ObjectStore = {
      ...store,
      async put(...given) {
        count();
        return store.put(...given);
      },
      async putIfAbsent(...given) {
        count();
        return store.putIfAbsent(...given);
      },
    };
    const died = await bring(after, { to: dying }).then(
      () => false,
      (error: Error) => error.message === 'died',
    );
    // No name ever has two current images.
    const names = (await standing()).flatMap((line) => line.split('=')[0].split('+'));
    expect(new Set(names).size).toBe(names.length);
    await bring(after);
    expect(await standing()).toEqual(expected);
    const { updated: _, duplicates: __, ...found } = await readDataset(store, 'd');
    expect(dataset).toMatchObject(found);
    expect(new Set(await everyId()).size).toBe((await everyId()).length);
    if (!died) break;
  }
  expect(await collect(store.list(namesPrefix('d')))).not.toEqual([]);
  expect(await findDataset(store, 'd')).toBeDefined();
});
