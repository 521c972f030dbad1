import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeLines } from '@saltworks/contract/documents/document';
import { truth as truthDocument } from '@saltworks/contract/documents/truth';
import { InvalidInputError } from '@saltworks/contract/errors';
import { datasetKey, imageKey, scribblesKey, scribblesPrefix, shardKey, truthKey } from '@saltworks/contract/layout';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findDataset, listDatasets, readDataset, readImages, readShard } from '../../src/datasets/dataset.ts';
import { readTruth } from '../../src/datasets/truth.ts';
import { cocoSource } from '../../src/import/coco-source.ts';
import { importDataset } from '../../src/import/import.ts';
import { importScribbles } from '../../src/import/import-scribbles.ts';
import type { SourceFile } from '../../src/import/offers.ts';
import { folderSource, objectSource } from '../../src/import/sources.ts';
import { readDocument } from '../../src/objects/documents.ts';
import { fileStore } from '../../src/objects/files/file-store.ts';
import { ObjectMissingError, type ObjectStore } from '../../src/objects/store.ts';
import { collect } from '../bytes.ts';

let scratch: string;
let folder: string;
let root: string;
let store: ObjectStore;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'saltworks-dataset-'));
  folder = join(scratch, 'images');
  root = join(scratch, 'objects');
  mkdirSync(folder);
  store = fileStore(root);
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

function write(files: Record<string, string>, into = folder): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(into, name)), { recursive: true });
    writeFileSync(join(into, name), content);
  }
}

const importFolder = (name = 'd') => importDataset(store, name, folderSource(folder), { source: folder });
const imagesOf = async (name = 'd') => collect(readImages(store, await readDataset(store, name)));
const namesOf = async (name = 'd') => (await imagesOf(name)).map((image) => image.name);

/** `count` files without a folder, each with bytes of its own; `read` is called with every file that is read. */
async function* elsewhere(first: number, count: number, read = (_: string) => {}): AsyncGenerator<SourceFile> {
  for (let i = first; i < first + count; i++) {
    const name = `${String(i).padStart(6, '0')}.png`;
    yield {
      name,
      version: '1',
      url: `s3://elsewhere/${name}`,
      async read() {
        read(name);
        return new TextEncoder().encode(name);
      },
    };
  }
}

describe('a folder', () => {
  test('becomes a dataset of every image below it, in the order of their names', async () => {
    write({ 'b.JPG': 'b', 'a.png': 'a', 'deep/er/z.webp': 'z', 'deep/a.tiff': 'da', 'notes.txt': 'no', png: 'no' });

    const report = await importFolder();
    expect(report).toMatchObject({ files: 4, added: 4, unchanged: 0, duplicates: 0, failed: [] });
    expect(report.dataset).toEqual(await readDataset(store, 'd'));
    expect(report.dataset).toMatchObject({ name: 'd', source: folder, images: 4, shards: 1, bytes: 5, categories: [] });
    const images = await imagesOf();
    expect(images.map(({ id, name, sha256, bytes }) => [id, name, sha256, bytes])).toEqual(
      [
        ['a.png', 'a'],
        ['b.JPG', 'b'],
        ['deep/a.tiff', 'da'],
        ['deep/er/z.webp', 'z'],
      ].map(([name, content], i) => [i + 1, name, sha256(content), content.length]),
    );
    expect(images[1].object).toBe(imageKey(sha256('b'), '.jpg'));
    for (const { object, sha256: sha } of images) {
      expect(sha256(Buffer.from(await store.get(object)).toString())).toBe(sha);
    }
  });

  test('follows links to pictures, wherever they lie, but no link to a folder', async () => {
    write({ 'cache/ab/cdef': 'blob', 'cache/more/b.png': 'b' }, scratch);
    write({ 'a.png': 'a', 'sub/c.png': 'c' });
    const link = (target: string, name: string) => symlinkSync(target, join(folder, name));
    link('../cache/ab/cdef', 'hub.jpg');
    link('hub.jpg', 'link to a link.jpg');
    link('sub/c.png', 'notes.txt');
    link(join(scratch, 'cache/more'), 'folder.png');
    link('..', 'up');
    link('.', 'sub/here');
    link('round.png', 'round.png');
    link('gone/a.png', 'gone.png');
    const report = await importFolder();
    expect(report).toMatchObject({ files: 4, added: 3, duplicates: 1, failed: [] });
    expect(report.left).toEqual({ hidden: 0, other: 1, linked_folders: 3, broken_links: 2 });
    expect(await namesOf()).toEqual(['a.png', 'hub.jpg', 'sub/c.png']);
    expect(await importFolder()).toMatchObject({ added: 0, duplicates: 1 });
    // Now the link leads elsewhere.
    unlinkSync(join(folder, 'hub.jpg'));
    link('../cache/more/b.png', 'hub.jpg');
    expect((await importFolder()).added).toBe(1);
  });

  test('has pictures of every ending that the decoder reads; other pictures are counted by ending', async () => {
    const read = 'jpg jpeg jpe jfif jif pjpeg png webp gif tif tiff avif bmp dib JFIF Bmp'.split(' ');
    write(Object.fromEntries(read.map((ending, i) => [`${i}.${ending}`, ending])));
    write({ 'a.heic': 'h', 'b.HEIC': 'h2', 'c.dng': 'd', 'd.jp2': 'j', 'e.svg': 's', 'f.txt': 't', 'g.tif.gz': 'z' });
    const report = await importFolder();
    expect(report).toMatchObject({ files: read.length, added: read.length });
    expect(report.left).toEqual({ hidden: 0, other: 2, '.heic': 2, '.dng': 1, '.jp2': 1, '.svg': 1 });
  });

  test('skips the folders of systems', async () => {
    write({ 'a.jpg': 'a', '__MACOSX/a.jpg': 'm', 'sub/@eaDir/b.jpg/SYNOPHOTO_THUMB_M.jpg': 's' });
    write({ '.ipynb_checkpoints/a-checkpoint.jpg': 'c', '$RECYCLE.BIN/x.png': 'r' });
    expect(await importFolder()).toMatchObject({ files: 1, left: { hidden: 4, other: 0 } });
  });

  test('skips and counts hidden files and files that are no pictures', async () => {
    write({ 'a.jpg': 'a', '._a.jpg': 'mac', '.hidden.png': 'h', 'sub/.x.tif': 'x', 'sub/b.bmp': 'b', 'notes.md': 'n' });
    write({ '.git/1.png': 'g', '.git/2.png': 'g2' });
    const report = await importFolder();
    expect(report).toMatchObject({ files: 2, added: 2, failed: [], left: { hidden: 4, other: 1 } });
    expect(await namesOf()).toEqual(['a.jpg', 'sub/b.bmp']);
  });

  test('without images is an empty dataset', async () => {
    expect((await importFolder()).dataset).toMatchObject({ images: 0, shards: 0, bytes: 0 });
    expect(await imagesOf()).toEqual([]);
  });

  test('with the same bytes twice gives one image, however often it is imported', async () => {
    write({ 'a.png': 'same', 'b.png': 'same', 'c.png': 'other' });
    for (const [added, unchanged] of [
      [2, 0],
      [0, 2],
      [0, 2],
    ]) {
      const report = await importFolder();
      expect(report).toMatchObject({ files: 3, added, unchanged, duplicates: 1 });
      expect(report.dataset).toMatchObject({ images: 2, duplicates: 1 });
    }
    expect(await namesOf()).toEqual(['a.png', 'c.png']);
  });

  test('imported again adds new and changed files, and leaves written shards as they are', async () => {
    write({ 'a.png': 'a', 'm.png': 'm' });
    await importFolder();
    const first = await store.get(shardKey('d', 0));
    write({ 'c.png': 'c', 'm.png': 'changed' });
    expect(await importFolder()).toMatchObject({ added: 2, unchanged: 1, replaced: 1, duplicates: 0 });
    expect(await store.get(shardKey('d', 0))).toEqual(first);
    expect((await imagesOf()).map(({ id, name }) => [id, name])).toEqual([
      [1, 'a.png'],
      [3, 'c.png'],
      [4, 'm.png'],
    ]);
    expect(await readDataset(store, 'd')).toMatchObject({ images: 3, former: 1, shards: 2, bytes: 9 });
  });

  test('counts a file that was only touched as unchanged', async () => {
    write({ 'a.png': 'a' });
    await importFolder();
    utimesSync(join(folder, 'a.png'), 1, 1);
    expect(await importFolder()).toMatchObject({ added: 0, unchanged: 1, duplicates: 0 });
  });

  test('loses a file during the import: that file fails alone', async () => {
    write({ 'a.png': 'a', 'b.png': 'b', 'c.png': 'c' });
    async function* vanishing() {
      for await (const file of folderSource(folder)) {
        yield file;
        // By now the folder is listed.
        if (file.name === 'a.png') unlinkSync(join(folder, 'b.png'));
      }
    }
    const report = await importDataset(store, 'd', vanishing(), { source: folder });
    expect(report).toMatchObject({ files: 3, added: 2, failed: [{ name: 'b.png' }] });
    expect(report.failed[0].reason).toMatch(/^ENOENT/);
  });
});

describe('shards', () => {
  test('hold 16 images at first, 64 later', async () => {
    const { dataset } = await importDataset(store, 'd', elsewhere(0, 1200), { source: 's' });
    const sizes: number[] = [];
    for (let shard = 0; shard < dataset.shards; shard++) sizes.push((await readShard(store, 'd', shard)).length);
    expect(sizes).toEqual([...Array(64).fill(16), 64, 64, 48]);
    expect((await imagesOf()).map(({ id }) => id)).toEqual(Array.from({ length: 1200 }, (_, i) => i + 1));
    expect((await imagesOf())[7].object).toBe('s3://elsewhere/000007.png');
    await expect(readShard(store, 'd', dataset.shards)).rejects.toThrow(ObjectMissingError);
  });

  test('hold 256 images in a large dataset', async () => {
    mkdirSync(dirname(join(root, shardKey('d', 0))), { recursive: true });
    for (let shard = 0; shard < 1024; shard++) {
      const name = `old-${shard}.png`;
      const line = { id: shard + 1, sha256: sha256(name), name, object: 's3://elsewhere/o', bytes: 1, version: '1' };
      writeFileSync(join(root, shardKey('d', shard)), encodeLines([line]));
    }
    const { dataset } = await importDataset(store, 'd', elsewhere(0, 300), { source: 's' });
    expect(dataset).toMatchObject({ images: 1324, shards: 1026 });
    expect((await readShard(store, 'd', 1024)).length).toBe(256);
    expect((await readShard(store, 'd', 1025)).map(({ id }) => id)).toEqual(
      Array.from({ length: 44 }, (_, i) => 1281 + i),
    );
  });
});

describe('an import that was killed', () => {
  test('resumes: finished shards stay, and their files are not read again', async () => {
    async function* dying() {
      yield* elsewhere(0, 40);
      throw new Error('killed');
    }
    await expect(importDataset(store, 'd', dying(), { source: 's' })).rejects.toThrow('killed');
    expect(await findDataset(store, 'd')).toBeUndefined();

    const read: string[] = [];
    const report = await importDataset(
      store,
      'd',
      elsewhere(0, 50, (name) => read.push(name)),
      { source: 's' },
    );
    expect(report).toMatchObject({ files: 50, added: 18, unchanged: 32 });
    expect(report.dataset).toMatchObject({ images: 50, shards: 4 });
    expect(read.sort()).toEqual((await namesOf()).slice(32));
    expect((await imagesOf()).map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test('leaves, once it has resumed, the same dataset as an import that was not, whenever it died', async () => {
    write(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${String(i).padStart(3, '0')}.png`, `${i % 37}`])));
    await importFolder('undisturbed');
    const expected = (await imagesOf('undisturbed')).map(({ id, sha256, name }) => ({ id, sha256, name }));
    for (const after of [1, 15, 16, 17, 37]) {
      const stop = new AbortController();
      const dying = importDataset(store, `killed-${after}`, folderSource(folder), {
        source: folder,
        signal: stop.signal,
        onProgress: ({ files }) => files === after && stop.abort(new Error('stopped')),
      });
      await expect(dying).rejects.toThrow('stopped');
      await importFolder(`killed-${after}`);
      const found = await imagesOf(`killed-${after}`);
      expect(found.map(({ id, sha256, name }) => ({ id, sha256, name }))).toEqual(expected);
    }
  });
});

describe('two imports at once', () => {
  test('fail one of them with a message; run again, it adds the missing files', async () => {
    let begin = () => {};
    const both = new Promise<void>((resolve) => {
      begin = resolve;
    });
    let waiting = 0;
    async function* together(first: number, count: number) {
      if (++waiting === 2) begin();
      await both;
      yield* elsewhere(first, count);
    }
    const results = await Promise.allSettled([
      importDataset(store, 'd', together(0, 40), { source: 'one' }),
      importDataset(store, 'd', together(30, 40), { source: 'two' }),
    ]);
    const failed = results.filter((result) => result.status === 'rejected');
    expect(failed).toHaveLength(1);
    expect(failed[0].reason.message).toBe('dataset d grew meanwhile; expected no other import of it');
    expect(await namesOf()).toHaveLength(40);

    await importDataset(store, 'd', elsewhere(0, 40), { source: 'one' });
    await importDataset(store, 'd', elsewhere(30, 40), { source: 'two' });
    const names = await namesOf();
    expect(names).toHaveLength(70);
    expect(new Set(names).size).toBe(70);
    expect(await readDataset(store, 'd')).toMatchObject({ images: 70 });
  });

  test('keep the images of one, even if the other has nothing to add', async () => {
    await importDataset(store, 'd', elsewhere(0, 3), { source: 'one' });
    async function* slow() {
      yield* elsewhere(0, 3);
      await importDataset(store, 'd', elsewhere(3, 20), { source: 'two' });
    }
    await importDataset(store, 'd', slow(), { source: 'one' });
    expect(await readDataset(store, 'd')).toMatchObject({ images: 23, shards: 3 });
    expect(await namesOf()).toHaveLength(23);
  });
});

describe('objects of a store', () => {
  test('become a dataset in place, in the order of their keys', async () => {
    for (const key of ['b/2.png', 'a.jpg', 'b/1.PNG', 'b/readme.md']) await store.put(key, key);
    const [target, url] = [fileStore(join(scratch, 'target')), 's3://bucket/photos'];
    const offers = await collect(objectSource(store, url));
    const files = offers.filter((offer) => 'read' in offer);
    expect(offers.length - files.length).toBe(1);
    expect(files.map(({ name, url }) => [name, url])).toEqual([
      ['a.jpg', 's3://bucket/photos/a.jpg'],
      ['b/1.PNG', 's3://bucket/photos/b/1.PNG'],
      ['b/2.png', 's3://bucket/photos/b/2.png'],
    ]);
    const { dataset } = await importDataset(target, 'd', objectSource(store, `${url}/`), { source: url });
    const images = await collect(readImages(target, dataset));
    expect(images.map(({ object }) => object)).toEqual(files.map(({ url }) => url));
    expect(await collect(target.list('images/'))).toEqual([]);

    for (const key of ['._a.jpg', '__MACOSX/b.jpg', 'b/.c.png', 'd.heic']) await store.put(`more/${key}`, key);
    expect(await importDataset(target, 'd', objectSource(store, url), { source: url })).toMatchObject({
      ...{ added: 0, unchanged: 3 },
      left: { hidden: 3, other: 1, '.heic': 1 },
    });

    // An object that is written again is a new version; with new bytes it is a new image of its name.
    await store.put('a.jpg', 'new');
    expect(await importDataset(target, 'd', objectSource(store, url), { source: url })).toMatchObject({
      added: 1,
      unchanged: 2,
    });
  });
});

describe('a COCO document', () => {
  const importCoco = async (document: unknown, name = 'coco.json') => {
    const path = join(scratch, name);
    writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document));
    const { files, categories } = await cocoSource(path);
    return importDataset(store, 'd', files, { source: path, categories });
  };

  test('gives its images, wherever they lie beside it, and its categories', async () => {
    write({ 'here.png': 'here', 'images/deep/there.png': 'there' }, scratch);
    const report = await importCoco({
      images: [
        { id: 3, file_name: 'here.png' },
        { id: 9, file_name: 'deep/there.png' },
        { id: 1, file_name: 'nowhere.png' },
      ],
      categories: [
        { id: 1, name: 'person', supercategory: 'alive' },
        { id: 7, name: 'sky', isthing: 0 },
      ],
    });
    expect(report).toMatchObject({ added: 2, failed: [{ name: 'nowhere.png' }] });
    expect(report.failed[0].reason).toBe('nowhere.png: no such file beside coco.json or in images/');
    expect(await namesOf()).toEqual(['here.png', 'deep/there.png']);
    expect((await readDataset(store, 'd')).categories).toEqual([
      { id: 1, name: 'person', isthing: 1 },
      { id: 7, name: 'sky', isthing: 0 },
    ]);
    // A later import of a folder, without categories, keeps them.
    await importFolder();
    expect((await readDataset(store, 'd')).categories).toHaveLength(2);
  });

  test('keeps its panoptic masks; a missing mask fails its image alone', async () => {
    write({ 'images/a.png': 'a', 'images/b.png': 'b', 'images/c.png': 'c', 'coco/a.png': 'mask of a' }, scratch);
    const report = await importCoco({
      images: ['a', 'b', 'c'].map((name, id) => ({ id, file_name: `${name}.png` })),
      annotations: [
        { image_id: 0, file_name: 'a.png', segments_info: [{ id: 5, category_id: 1 }] },
        { image_id: 1, file_name: 'gone.png', segments_info: [] },
        { image_id: 2, file_name: '../../outside.png', segments_info: [] },
      ],
      categories: [
        { id: 1, name: 'cat' },
        { id: 2, name: 'dog' },
      ],
    });
    expect(report).toMatchObject({ added: 2, failed: [{ name: 'b.png' }] });
    expect(await namesOf()).toEqual(['a.png', 'c.png']);
    expect(Buffer.from(await store.get(truthKey('d', sha256('a'), '.png'))).toString()).toBe('mask of a');
    const truth = {
      version: 1,
      segments_info: [{ id: 5, category_id: 1 }],
      categories: [{ id: 1, name: 'cat', isthing: 1 }],
      mask: sha256('mask of a'),
    };
    expect(await readDocument(store, truthKey('d', sha256('a'), '.json'), truthDocument)).toEqual(truth);
    // It holds its own categories, since a later import may number them differently.
    await importCoco({ images: [], categories: [{ id: 1, name: 'horse' }] });
    expect(await readTruth(store, { dataset: 'd', sha256: sha256('a') })).toEqual(truth);
    expect(await store.head(truthKey('d', sha256('c'), '.png'))).toBeUndefined();
  });

  test('stored masks without categories take those of the dataset', async () => {
    write({ 'images/a.png': 'a', 'coco/a.png': 'mask of a' }, scratch);
    await importCoco({
      images: [{ id: 0, file_name: 'a.png' }],
      annotations: [{ image_id: 0, file_name: 'a.png', segments_info: [{ id: 5, category_id: 1 }] }],
      categories: [{ id: 1, name: 'cat' }],
    });
    await store.put(truthKey('d', sha256('a'), '.json'), '{"segments_info":[{"id":5,"category_id":1}]}');
    expect(await readTruth(store, { dataset: 'd', sha256: sha256('a') })).toMatchObject({
      segments_info: [{ id: 5, category_id: 1 }],
      categories: [{ id: 1, name: 'cat' }],
    });
    expect(await readTruth(store, { dataset: 'd', sha256: sha256('b') })).toBeUndefined();
  });

  test.each(['../x.png', '/etc/passwd', 'a/../../x.png', 'a\\..\\..\\x.png', '', 7, null, undefined])(
    'file_name %j fails alone',
    async (name) => {
      write({ 'x.png': 'x', 'sub/in.png': 'in' }, scratch);
      mkdirSync(join(scratch, 'sub'), { recursive: true });
      const images = [
        { id: 1, file_name: name },
        { id: 2, file_name: 'in.png' },
      ];
      const { added, failed } = await importCoco({ images }, 'sub/coco.json');
      expect({ added, failed }).toEqual({
        added: 1,
        failed: [
          {
            name: typeof name === 'string' && name !== '' ? name : 'image 1',
            reason: expect.stringMatching(/; expected a path below it|; expected one below|; expected a relative path/),
          },
        ],
      });
      expect(await namesOf()).toEqual(['in.png']);
    },
  );

  test.each(['', '[]', 'null', '{}', '{"images":{}}', '{"images":[null]}', '{"images":[],"annotations":3}', 'x'])(
    '%j is refused as no COCO document',
    async (text) => {
      await expect(importCoco(text)).rejects.toThrow(/expected a COCO document/);
    },
  );

  const shared = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));
  test.skipIf(!existsSync(join(shared, 'panoptic.json')))('of the development set: images, masks, truth', async () => {
    const document = JSON.parse(readFileSync(join(shared, 'panoptic.json'), 'utf8'));
    const images = document.images.slice(0, 3);
    const annotations = document.annotations.filter(({ image_id }: { image_id: number }) =>
      images.some(({ id }: { id: number }) => id === image_id),
    );
    mkdirSync(join(scratch, 'coco'));
    for (const { file_name } of images) copyFileSync(join(shared, 'images', file_name), join(folder, file_name));
    for (const { file_name } of annotations) {
      copyFileSync(join(shared, 'panoptic', file_name), join(scratch, 'coco', file_name));
    }
    const report = await importCoco({ images, annotations, categories: document.categories });
    expect(report).toMatchObject({ added: 3, failed: [] });
    for (const { sha256: sha, name } of await imagesOf()) {
      const { id } = images.find(({ file_name }: { file_name: string }) => file_name === name);
      const annotation = annotations.find(({ image_id }: { image_id: number }) => image_id === id);
      const mask = readFileSync(join(shared, 'panoptic', annotation.file_name));
      expect(mask.equals(await store.get(truthKey('d', sha, '.png')))).toBe(true);
      const truth = JSON.parse(Buffer.from(await store.get(truthKey('d', sha, '.json'))).toString());
      expect(truth.segments_info).toEqual(annotation.segments_info);
    }
  });
});

describe('scribbles', () => {
  let drawn: string;
  beforeEach(() => {
    drawn = join(scratch, 'drawn');
    write({ 'a.png': 'a', 'deep/b.jpg': 'b', 'c.png': 'c' });
  });

  test('belong to the images they are named after', async () => {
    write({ 'a.json': '{"a":1}', 'deep/b.png': 'strokes', 'b.json': 'of nobody', 'c.txt': 'of nobody' }, drawn);
    const { dataset } = await importFolder();
    expect(await importScribbles(store, dataset, drawn)).toBe(2);
    const found = await collect(store.list(scribblesPrefix('d', 0)));
    expect(found.map(({ key }) => key).sort()).toEqual(
      [scribblesKey('d', 0, sha256('a'), '.json'), scribblesKey('d', 0, sha256('b'), '.png')].sort(),
    );
    expect(Buffer.from(await store.get(scribblesKey('d', 0, sha256('b'), '.png'))).toString()).toBe('strokes');
  });

  test('of x serve x.jpg and x.png, unless one of these has its own', async () => {
    write({ 'x.jpg': 'x1', 'x.png': 'x2', 'y.jpg': 'y1', 'y.png': 'y2' });
    write({ 'x.json': 'both', 'y.json': 'the other', 'y.jpg.json': 'one', 'x.png.png': 'strokes of one' }, drawn);
    const { dataset } = await importFolder();
    expect(await importScribbles(store, dataset, drawn)).toBe(4);
    for (const [image, extension, content] of [
      ['x1', '.json', 'both'],
      ['x2', '.png', 'strokes of one'],
      ['y1', '.json', 'one'],
      ['y2', '.json', 'the other'],
    ] as const) {
      const stored = await store.get(scribblesKey('d', 0, sha256(image), extension));
      expect(Buffer.from(stored).toString()).toBe(content);
    }
  });

  test('are no pictures of the dataset when both lie in one folder', async () => {
    write({ 'x.jpg': 'x1', 'x.png': 'x2', 'x.jpg.png': 'x3', 'z.png': 'z', 'z.json': '{}' });
    const { dataset } = await importFolder();
    expect(await importScribbles(store, dataset, folder)).toBe(1);
    expect((await collect(store.list(scribblesPrefix('d', 0)))).map(({ key }) => basename(key))).toEqual([
      `${sha256('z')}.json`,
    ]);
  });

  test('that are new replace the earlier ones, whatever their format', async () => {
    const { dataset } = await importFolder();
    write({ 'a.png': 'strokes' }, drawn);
    await importScribbles(store, dataset, drawn);
    // If both are there, the JSON document is taken.
    write({ 'a.json': '{}' }, drawn);
    expect(await importScribbles(store, dataset, drawn)).toBe(1);
    const found = await collect(store.list(scribblesPrefix('d', 0)));
    expect(found.map(({ key }) => basename(key))).toEqual([`${sha256('a')}.json`]);
  });
});

describe('names', () => {
  test.each(['', 'Upper', '.hidden', '..', '-dash', 'a/b', 'a b', 'dot.', 'ü', 'x'.repeat(65), 'a\n'])(
    '%j names no dataset',
    async (name) => {
      await expect(importFolder(name)).rejects.toThrow(InvalidInputError);
      await expect(readDataset(store, name)).rejects.toThrow(InvalidInputError);
      expect(existsSync(join(root, 'datasets'))).toBe(false);
    },
  );

  test('an error names the missing dataset', async () => {
    await expect(readDataset(store, 'nothing')).rejects.toThrow('no dataset nothing; expected one that was imported');
  });

  test('datasets are listed by name', async () => {
    for (const name of ['b', 'a.1', '0']) await importFolder(name);
    expect((await collect(listDatasets(store))).map(({ name }) => name)).toEqual(['0', 'a.1', 'b']);
    expect((await collect(store.list('catalog/'))).map(({ key }) => key)).toEqual(['0', 'a.1', 'b'].map(datasetKey));
  });
});
