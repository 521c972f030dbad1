import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { drawnNames, readDataset, readImages } from '../../src/datasets/dataset.ts';
import { Fingerprints } from '../../src/datasets/fingerprints.ts';
import { importDataset } from '../../src/import/import.ts';
import { importScribbles, notePictures } from '../../src/import/import-scribbles.ts';
import type { Offer } from '../../src/import/offers.ts';
import { folderSource } from '../../src/import/sources.ts';
import { fileStore } from '../../src/objects/files/file-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';
import { collect } from '../bytes.ts';

let scratch: string;
let folder: string;
let store: ObjectStore;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'saltworks-scribbles-'));
  folder = join(scratch, 'greys');
  mkdirSync(folder);
  store = fileStore(join(scratch, 'objects'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

function write(files: Record<string, string>, into = folder): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(into, name)), { recursive: true });
    writeFileSync(join(into, name), content);
  }
}

/** Imports a folder with the scribbles of another, as the command does. @returns notes about files that were not taken */
async function bring(scribbles = folder, change: (offer: Offer) => Offer = (offer) => offer) {
  const pictures = new Fingerprints();
  async function* changed() {
    for await (const offer of notePictures(folderSource(folder), pictures)) yield change(offer);
  }
  const { dataset } = await importDataset(store, 'd', changed(), { source: folder });
  const notes: { name: string; note: string }[] = [];
  const found = await importScribbles(store, dataset, scribbles, { pictures, onNote: (note) => notes.push(note) });
  return { found, notes };
}

/** Contents of all scribbles, by the content of their image. */
async function drawn(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { key } of await collect(store.list('datasets/d/scribbles/'))) {
    found[basename(key).slice(0, 4)] = Buffer.from(await store.get(key)).toString();
  }
  return found;
}
const of = (content: string) => createHash('sha256').update(content).digest('hex').slice(0, 4);

describe('a picture is never its own or another one’s scribbles', () => {
  test('when both lie in one folder', async () => {
    write({ 'g0.png': 'g0', 'g0.json': '{}', 'g1.png': 'g1' });
    expect(await bring()).toEqual({ found: 1, notes: [] });
    expect(await drawn()).toEqual({ [of('g0')]: '{}' });
    // The same holds the second time, when no file is read, and once the picture has changed.
    expect(await bring()).toEqual({ found: 1, notes: [] });
    write({ 'g1.png': 'g1 again' });
    expect(await bring()).toEqual({ found: 1, notes: [] });
    expect(await drawn()).toEqual({ [of('g0')]: '{}' });
  });

  test('when it is a duplicate, or lies beside a picture of its stem', async () => {
    write({ 'a.png': 'same', 'b.png': 'same', 'x.jpg': 'x1', 'x.png': 'x2', 'x.jpg.PNG': 'x3' });
    expect(await bring()).toEqual({ found: 0, notes: [] });
  });

  test('when it could not be imported, or is stored as other bytes than its file has', async () => {
    write({ 'x.jpg': 'x1', 'x.png': 'x2', 'y.png': 'y' });
    const failing = (offer: Offer): Offer =>
      'read' in offer && offer.name === 'x.png' ? { ...offer, read: () => Promise.reject(new Error('torn')) } : offer;
    expect(await bring(folder, failing)).toEqual({ found: 0, notes: [] });
    const otherwise = (offer: Offer): Offer =>
      'read' in offer ? { ...offer, read: async () => new TextEncoder().encode(`seen ${offer.name}`) } : offer;
    rmSync(join(scratch, 'objects'), { recursive: true });
    expect(await bring(folder, otherwise)).toEqual({ found: 0, notes: [] });
  });

  test('when it is a former version, or came with another import', async () => {
    write({ 'x.png': 'old' });
    await bring();
    write({ 'x.png': 'new' });
    const before = join(scratch, 'before');
    write({ 'x.png': 'old' }, before);
    expect(await bring(before)).toEqual({ found: 0, notes: [] });
    write({ 'y.jpg': 'y' });
    write({ 'y.png': 'new' }, before);
    expect(await bring(before)).toEqual({ found: 0, notes: [] });
  });

  test('when the folder is reached by a link', async () => {
    write({ 'x.jpg': 'x1', 'x.png': 'x2' });
    symlinkSync(folder, join(scratch, 'link'));
    const failing = (offer: Offer): Offer =>
      'read' in offer && offer.name === 'x.png' ? { ...offer, read: () => Promise.reject(new Error('torn')) } : offer;
    expect(await bring(join(scratch, 'link'), failing)).toEqual({ found: 0, notes: [] });
  });
});

describe('files of the same bytes', () => {
  const scribbles = () => join(scratch, 'drawn');

  test('have the scribbles of the first of them that has any', async () => {
    write({ 'a/x.png': 'same', 'b/x.png': 'same' });
    write({ 'b/x.json': 'of b' }, scribbles());
    expect(await bring(scribbles())).toEqual({ found: 1, notes: [] });
    expect(await drawn()).toEqual({ [of('same')]: 'of b' });
  });

  test('are exported under the names that were drawn on, else under the first', async () => {
    const exported = async () => {
      const images = await collect(readImages(store, await readDataset(store, 'd')));
      return images.map((image) => [image.name, drawnNames(image).map(({ name }) => name)]);
    };
    write({ 'a.png': 'same' });
    write({ 'a.json': '{}' }, scribbles());
    await bring(scribbles());
    write({ 'b.png': 'same', 'c.png': 'same', 'x.png': 'twins', 'y.png': 'twins' });
    await bring(join(scratch, 'none'));
    expect(await exported()).toEqual([
      ['a.png', ['a.png']],
      ['x.png', ['x.png']],
    ]);
    // Scribbles from the time when a.png was alone belong to it.
    const more = join(scratch, 'more');
    write({ 'b.json': '{}', 'y.json': '{}' }, more);
    await bring(more);
    expect(await exported()).toEqual([
      ['a.png', ['a.png', 'b.png']],
      ['y.png', ['y.png']],
    ]);
    await bring(scribbles());
    expect(await exported()).toEqual([
      ['a.png', ['a.png', 'b.png']],
      ['y.png', ['y.png']],
    ]);
    // That stays when names come and go.
    write({ 'c.png': 'other', 'z.png': 'twins' });
    await bring(more);
    expect(await exported()).toEqual([
      ['a.png', ['a.png', 'b.png']],
      ['y.png', ['y.png']],
      ['c.png', ['c.png']],
    ]);
  });

  test('have the first scribbles if two differ, and a note says so', async () => {
    write({ 'a/x.png': 'same', 'b/x.png': 'same' });
    write({ 'a/x.json': 'of a', 'b/x.json': 'of b' }, scribbles());
    expect(await bring(scribbles())).toEqual({
      found: 1,
      notes: [{ name: 'b/x.json', note: 'b/x.png has the bytes of a/x.png, whose scribbles are taken' }],
    });
    expect(await drawn()).toEqual({ [of('same')]: 'of a' });
    write({ 'b/x.json': 'of a' }, scribbles());
    expect(await bring(scribbles())).toEqual({ found: 1, notes: [] });
  });
});

test('a changed picture has its own scribbles; the former version keeps those drawn on it', async () => {
  write({ 'a.png': 'one' });
  const [first, second] = [join(scratch, '1'), join(scratch, '2')];
  write({ 'a.json': 'on one' }, first);
  write({ 'a.json': 'on two' }, second);
  await bring(first);
  write({ 'a.png': 'two two' });
  expect(await bring(second)).toEqual({ found: 1, notes: [] });
  expect(await drawn()).toEqual({ [of('one')]: 'on one', [of('two two')]: 'on two' });
  expect(await readDataset(store, 'd')).toMatchObject({ images: 1, former: 1 });
});

test('names of images and scribbles match, however accents are encoded', async () => {
  const [composed, apart] = ['\u00e9', 'e\u0301'];
  write({ [`${composed}.png`]: '1', [`${apart}/${composed}.jpg`]: '2', [`x${apart}\u1ec7.png`]: '3' });
  const scribbles = join(scratch, 'drawn');
  write(
    { [`${apart}.json`]: 'on 1', [`${composed}/${apart}.png`]: 'on 2', [`x${composed}e\u0323\u0302.json`]: 'on 3' },
    scribbles,
  );
  expect(await bring(scribbles)).toEqual({ found: 3, notes: [] });
  expect(await drawn()).toEqual({ [of('1')]: 'on 1', [of('2')]: 'on 2', [of('3')]: 'on 3' });
});
