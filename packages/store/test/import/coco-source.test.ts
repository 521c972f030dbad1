import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { truthKey } from '@saltworks/contract/layout';
import { compressCounts } from '@saltworks/core/formats/coco/rle';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findDataset, readDataset, readImages } from '../../src/datasets/dataset.ts';
import { readTruth } from '../../src/datasets/truth.ts';
import { cocoSource } from '../../src/import/coco-source.ts';
import { type ImportOptions, importDataset } from '../../src/import/import.ts';
import { fileStore } from '../../src/objects/files/file-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';
import { collect } from '../bytes.ts';

const [width, height] = [32, 24];
let folder: string;
let store: ObjectStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saltworks-coco-'));
  store = fileStore(join(folder, '.objects'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

function write(files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** Files hold texts in these tests, which begin with the size of the picture that they stand for. */
const look: ImportOptions['look'] = async (bytes) => {
  const [, w, h] = /^(\d+)x(\d+)/.exec(Buffer.from(bytes).toString()) ?? [];
  return w === undefined ? undefined : { width: Number(w), height: Number(h), notes: [] };
};

async function importCoco(
  document: unknown,
  name = 'coco.json',
  { images, ...options }: Partial<ImportOptions> & { images?: string } = {},
) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  const content = document instanceof Uint8Array || typeof document === 'string' ? document : JSON.stringify(document);
  writeFileSync(path, content);
  const { files, categories } = await cocoSource(path, { images });
  return importDataset(store, 'd', files, { source: path, categories, look, ...options });
}

const namesOf = async () => (await collect(readImages(store, await readDataset(store, 'd')))).map(({ name }) => name);
const truthOf = (content: string) => readTruth(store, { dataset: 'd', sha256: sha256(content) });
async function idsOf(content: string): Promise<number[]> {
  const png = await store.get(truthKey('d', sha256(content), '.png'));
  const data = await sharp(png).raw().toBuffer();
  return Array.from({ length: data.length / 3 }, (_, i) => data[3 * i] + 256 * data[3 * i + 1]);
}

const picture = `${width}x${height} a`;
const box = [[8, 6, 24, 6, 24, 18, 8, 18]];
const coco = (changes: { image?: object; annotation?: object; annotations?: object[] } = {}) => ({
  images: [{ id: 1, file_name: 'a.jpg', width, height, ...changes.image }],
  annotations: changes.annotations ?? [
    {
      id: 1,
      image_id: 1,
      category_id: 1,
      segmentation: box,
      area: 192,
      bbox: [8, 6, 16, 12],
      iscrowd: 0,
      ...changes.annotation,
    },
  ],
  categories: [{ id: 1, name: 'ball' }],
});

describe('instances', () => {
  test('become the known mask of their image, with their categories', async () => {
    write({ 'a.jpg': picture });
    const report = await importCoco(coco());
    expect(report).toMatchObject({ added: 1, truths: 1, notes: [], failed: [] });
    expect(await truthOf(picture)).toEqual({
      version: 1,
      mask: expect.stringMatching(/^[0-9a-f]{64}$/),
      segments_info: [{ id: 1, category_id: 1, area: 192, bbox: [8, 6, 16, 12], iscrowd: 0 }],
      categories: [{ id: 1, name: 'ball', isthing: 1 }],
    });
    const ids = await idsOf(picture);
    expect(ids).toHaveLength(width * height);
    ids.forEach((id, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      expect(id).toBe(x >= 8 && x < 24 && y >= 6 && y < 18 ? 1 : 0);
    });
  });

  test('as run lengths, listed or compressed, give the same mask', async () => {
    write({ 'a.jpg': picture });
    const counts = [8 * height + 6, ...Array.from({ length: 31 }, () => 12), 8 * height - 6 + 12];
    counts[counts.length - 1] = width * height - counts.slice(0, -1).reduce((sum, count) => sum + count, 0);
    await importCoco(coco());
    const expected = await idsOf(picture);
    for (const written of [counts, compressCounts(counts)]) {
      await importCoco(coco({ annotation: { segmentation: { size: [height, width], counts: written } } }));
      expect(await idsOf(picture)).toEqual(expected);
    }
  });

  test('drawn anew replace the known mask, and the image stays', async () => {
    write({ 'a.jpg': picture });
    await importCoco({ ...coco(), annotations: [] });
    expect(await truthOf(picture)).toBeUndefined();
    expect(await importCoco(coco())).toMatchObject({ added: 0, unchanged: 1, truths: 1 });
    expect(await truthOf(picture)).toBeDefined();
    expect(await namesOf()).toEqual(['a.jpg']);
  });

  test('that are unchanged are not read again', async () => {
    write({ 'a.jpg': picture });
    await importCoco(coco());
    const never: ImportOptions['look'] = () => Promise.reject(new Error('expected nothing to be read'));
    expect(await importCoco(coco(), undefined, { look: never })).toMatchObject({ unchanged: 1, failed: [] });
  });

  test('of a category that the document lacks are named, and the rest is imported', async () => {
    write({ 'a.jpg': picture });
    const other = { id: 5, image_id: 1, category_id: 99, segmentation: box };
    const report = await importCoco(coco({ annotations: [other, ...coco().annotations] }));
    expect(report).toMatchObject({ added: 1, truths: 1 });
    expect(report.notes).toEqual([
      { name: 'a.jpg', note: 'annotation 5 has category 99, which is not in the document; it is left out' },
    ]);
    const none = await importCoco(coco({ annotations: [other] }));
    expect(none).toMatchObject({ truths: 0, failed: [] });
  });

  test('of an image that the document lacks are named', async () => {
    write({ 'a.jpg': picture });
    const { notes } = await importCoco(
      coco({ annotations: [{ id: 4, image_id: 9, category_id: 1, segmentation: box }] }),
    );
    expect(notes).toEqual([{ name: 'coco.json', note: 'annotation 4 is of image 9, which is not in the document' }]);
    const more = await importCoco(coco({ annotations: [4, 5, 6].map((id) => ({ id, image_id: 9, category_id: 1 })) }));
    expect(more.notes[0].note).toBe('annotation 4 and 2 more are of image 9, which is not in the document');
  });

  test('of another size than the file are not taken, and a note names both sizes', async () => {
    write({ 'a.jpg': picture });
    const report = await importCoco(coco({ image: { width: 10 } }));
    expect(report).toMatchObject({ added: 1, truths: 0 });
    expect(report.notes).toEqual([
      { name: 'a.jpg', note: 'the document says 10 × 24 pixels, the file 32 × 24; the mask is not taken' },
    ]);
    expect(await truthOf(picture)).toBeUndefined();
  });

  test('take the size of the file if the document gives none', async () => {
    write({ 'a.jpg': picture });
    expect(await importCoco(coco({ image: { width: undefined, height: null } }))).toMatchObject({
      truths: 1,
      notes: [],
    });
  });
});

describe('panoptic masks', () => {
  const panoptic = (category_id: number) => ({
    ...coco(),
    annotations: [{ image_id: 1, file_name: 'sub\\a.png', segments_info: [{ id: 5, category_id }] }],
  });

  test('of another size than the file are not taken', async () => {
    write({ 'a.jpg': picture, 'coco/sub/a.png': '24x32 mask' });
    const report = await importCoco(panoptic(1));
    expect(report).toMatchObject({ added: 1, truths: 0 });
    expect(report.notes[0].note).toBe('its known mask has 24 × 32 pixels, the file 32 × 24; the mask is not taken');
  });

  test('drawn anew replace the known mask, and the image stays', async () => {
    write({ 'a.jpg': picture, 'coco/sub/a.png': `${width}x${height} mask` });
    await importCoco({ ...panoptic(1), annotations: [] });
    expect(await truthOf(picture)).toBeUndefined();
    expect(await importCoco(panoptic(1))).toMatchObject({ unchanged: 1, truths: 1 });
    write({ 'coco/sub/a.png': `${width}x${height} another mask` });
    expect(await importCoco(panoptic(1))).toMatchObject({ unchanged: 1, truths: 1 });
    const png = await store.get(truthKey('d', sha256(picture), '.png'));
    expect(Buffer.from(png).toString()).toBe(`${width}x${height} another mask`);
  });

  test('lose segments whose category the document lacks, and a note says so', async () => {
    write({ 'a.jpg': picture, 'coco/sub/a.png': `${width}x${height} mask` });
    const report = await importCoco(panoptic(7));
    expect(report).toMatchObject({ truths: 1 });
    expect(report.notes[0].note).toBe('segment 5 has category 7, which is not in the document; it is left out');
    expect((await truthOf(picture))?.segments_info).toEqual([]);
  });
});

describe('paths', () => {
  test('with backslashes are found as Windows means them if no file has the very name', async () => {
    write({ 'sub/b.jpg': 'b', 'images/deep/er/c.jpg': 'c', 'odd\\name.jpg': 'odd', 'odd/name.jpg': 'not this' });
    const names = ['sub\\b.jpg', 'deep\\er\\c.jpg', 'odd\\name.jpg'];
    const report = await importCoco({ images: names.map((file_name, id) => ({ id, file_name })) });
    expect(report).toMatchObject({ added: 3, failed: [] });
    expect(await namesOf()).toEqual(['sub/b.jpg', 'deep/er/c.jpg', 'odd\\name.jpg']);
  });

  test('are plain in the dataset', async () => {
    write({ 'a.jpg': 'a', 'images/sub/b.jpg': 'b', 'c.jpg': 'c' });
    const names = ['./a.jpg', 'sub//.\\b.jpg', 'sub/../c.jpg'];
    const report = await importCoco({ images: names.map((file_name, id) => ({ id, file_name })) });
    expect(report).toMatchObject({ added: 3, failed: [] });
    expect(await namesOf()).toEqual(['a.jpg', 'sub/b.jpg', 'c.jpg']);
  });

  test('are found whether accents are encoded apart from their letters or with them', async () => {
    write({ ['é.jpg'.normalize('NFD')]: 'a', ['ü.jpg'.normalize('NFC')]: 'b' });
    const names = ['é.jpg'.normalize('NFC'), 'ü.jpg'.normalize('NFD')];
    expect(await importCoco({ images: names.map((file_name, id) => ({ id, file_name })) })).toMatchObject({ added: 2 });
  });

  test('lead to a lookalike only if no folder has the very name', async () => {
    const [together, apart] = ['é.jpg'.normalize('NFC'), 'é.jpg'.normalize('NFD')];
    write({ [apart]: 'lookalike', [`images/${together}`]: 'the very name', [`ü/${apart}`]: 'in a folder' });
    const names = [together, `${'ü'.normalize('NFD')}/${together}`];
    expect(await importCoco({ images: names.map((file_name, id) => ({ id, file_name })) })).toMatchObject({ added: 2 });
    expect(await namesOf()).toEqual([together, `ü/${apart}`]);
  });

  test.each([
    ['..\\x.jpg', 'leads out of'],
    ['a\\..\\..\\x.jpg', 'leads out of'],
    ['a/..\\..\\x.jpg', 'leads out of'],
    ['\\x.jpg', 'is an absolute path'],
    ['\\\\host\\x.jpg', 'is an absolute path'],
    ['C:\\x.jpg', 'is an absolute path'],
    ['..', 'leads out of'],
    ['.', 'no such file'],
  ])('never lead out of the folder: %s fails alone', async (file_name, why) => {
    write({ 'x.jpg': 'outside', 'in/a.jpg': picture });
    const report = await importCoco({ ...coco(), images: [{ id: 2, file_name }, ...coco().images] }, 'in/coco.json');
    expect(report).toMatchObject({ added: 1, truths: 1, failed: [{ name: file_name }] });
    expect(report.failed[0].reason).toContain(why);
  });

  test('of masks that lead out of the folder leave the image without a known mask', async () => {
    write({ 'a.jpg': picture, 'coco/a.png': `${width}x${height} mask` });
    const annotations = [{ image_id: 1, file_name: '/coco/a.png', segments_info: [{ id: 5, category_id: 1 }] }];
    const report = await importCoco({ ...coco(), annotations });
    expect(report).toMatchObject({ added: 1, truths: 0, failed: [] });
    expect(report.notes[0].note).toMatch(/^its known mask: \/coco\/a.png is an absolute path; .*; it is not taken$/);
  });
});

describe('folders', () => {
  const listing = (...names: string[]) => ({
    ...coco(),
    images: names.map((file_name, i) => ({ id: i + 1, file_name })),
  });

  test.each([
    ['annotations/x.json', 'a.jpg', 'images/a.jpg', 'a.jpg'],
    ['annotations/instances_val2017.json', 'a.jpg', 'val2017/a.jpg', 'a.jpg'],
    ['annotations/person_keypoints_val2017.json', 'a.jpg', 'images/val2017/a.jpg', 'a.jpg'],
    ['annotations/instances_val2017.json', 'val2017/a.jpg', 'val2017/a.jpg', 'val2017/a.jpg'],
    ['annotations/train.json', 'a.jpg', 'train/a.jpg', 'a.jpg'],
    ['annotations/train.json', 'a.jpg', 'a.jpg', 'a.jpg'],
    ['annotations/x.json', '../images/a.jpg', 'images/a.jpg', 'a.jpg'],
    ['annotations/x_train.json', '../images/train/sub/a.jpg', 'images/train/sub/a.jpg', 'sub/a.jpg'],
    ['annotations/x.json', '../a.jpg', 'a.jpg', 'a.jpg'],
    ['annotations/x.json', '..\\other\\a.jpg', 'other/a.jpg', 'other/a.jpg'],
    ['instances_val2017.json', 'a.jpg', 'val2017/a.jpg', 'a.jpg'],
  ])('as published: of %s, %s is %s', async (path, file_name, file, name) => {
    write({ [`set/${file}`]: picture });
    expect(await importCoco(listing(file_name), `set/${path}`)).toMatchObject({ added: 1, truths: 1, failed: [] });
    expect(await namesOf()).toEqual([name]);
  });

  test('of panoptic PNGs as published', async () => {
    for (const masks of ['annotations/panoptic_val2017', 'panoptic_val2017']) {
      write({ 'set/val2017/a.png': picture, [`set/${masks}/a.png`]: `${width}x${height} mask` });
      const segments_info = [{ id: 5, category_id: 1 }];
      const document = { ...listing('a.png'), annotations: [{ image_id: 1, file_name: 'a.png', segments_info }] };
      const report = await importCoco(document, 'set/annotations/panoptic_val2017.json');
      expect(report).toMatchObject({ truths: 1, failed: [], notes: [] });
      expect(await namesOf()).toEqual(['a.png']);
      rmSync(join(folder, 'set'), { recursive: true });
    }
  });

  test('of masks are not searched for images, although their files share names', async () => {
    write({ 'set/panoptic/a.png': picture });
    const annotations = [{ image_id: 1, file_name: 'a.png', segments_info: [] }];
    const report = await importCoco({ ...listing('a.png'), annotations }, 'set/annotations/panoptic.json');
    expect(report).toMatchObject({ added: 0, failed: [{ name: 'a.png' }] });
  });

  test('above the document are not searched, unless it lies in annotations', async () => {
    write({ 'set/images/a.jpg': picture, 'outside/a.jpg': picture });
    const names = ['a.jpg', '../images/a.jpg'];
    expect((await importCoco(listing(...names), 'set/labels/x.json')).failed).toHaveLength(2);
    const { added, failed } = await importCoco(listing('../../outside/a.jpg'), 'set/annotations/x.json');
    expect({ added, failed }).toMatchObject({
      added: 0,
      failed: [{ reason: expect.stringContaining('leads out of') }],
    });
  });

  test('that give two files one name fail the second', async () => {
    write({ 'set/images/b/a.jpg': 'a', 'set/b/a.jpg': 'another' });
    const names = ['../images/b/a.jpg', '../b/a.jpg', '..//images/b/a.jpg'];
    const { added, unchanged, failed } = await importCoco(listing(...names), 'set/annotations/x.json');
    expect({ added, unchanged, failed }).toEqual({
      ...{ added: 1, unchanged: 0 },
      failed: [{ name: '../b/a.jpg', reason: expect.stringMatching(/would be b\/a.jpg, as .*images.b.a.jpg is; /) }],
    });
  });

  test('named by the caller are the only ones searched', async () => {
    write({ 'far/pics/a.jpg': picture, 'far/pics/sub/b.jpg': 'b', 'far/c.jpg': 'c', 'set/d.jpg': 'd' });
    const names = ['a.jpg', 'pics/sub/b.jpg', '../far/pics/a.jpg', '../c.jpg', '../far/c.jpg', 'd.jpg'];
    const images = join(folder, 'far/pics');
    const report = await importCoco(listing(...names), 'set/x.json', { images });
    expect(await namesOf()).toEqual(['a.jpg', 'pics/sub/b.jpg']);
    expect(report.failed.map(({ name }) => name)).toEqual(['../c.jpg', '../far/c.jpg', 'd.jpg']);
    expect(report.failed[2].reason).toBe(`d.jpg: no such file in ${images}`);
  });
});

describe('entries', () => {
  test('of one picture are joined', async () => {
    write({ 'a.jpg': picture });
    const [first] = coco().images;
    const [one] = coco().annotations;
    const other = { ...one, id: 2, image_id: 2, segmentation: [[0, 0, 4, 0, 4, 4, 0, 4]] };
    const images = [first, { ...first, id: 2, file_name: './a.jpg' }];
    expect(await importCoco({ ...coco(), images, annotations: [one, other] })).toMatchObject({ added: 1, files: 1 });
    expect((await truthOf(picture))?.segments_info.map(({ area }) => area)).toEqual([192, 16]);
  });

  test('of two pictures with one id leave both without a mask', async () => {
    write({ 'a.jpg': picture, 'b.jpg': `${picture} too` });
    const [first] = coco().images;
    const { added, truths, notes } = await importCoco({ ...coco(), images: [first, { ...first, file_name: 'b.jpg' }] });
    expect({ added, truths }).toEqual({ added: 2, truths: 0 });
    const note = "its id 1 is another image's, too; no known mask is taken";
    expect(notes).toEqual(['a.jpg', 'b.jpg'].map((name) => ({ name, note })));
  });
});

describe('categories', () => {
  test('from 0 are numbered from 1, in the masks, too', async () => {
    write({ 'a.jpg': picture, 'b.jpg': `${picture} b`, 'coco/b.png': `${width}x${height} mask` });
    const categories = ['ball', 'sky'].map((name, id) => ({ id, name }));
    const report = await importCoco({
      images: ['a.jpg', 'b.jpg'].map((file_name, id) => ({ id, file_name })),
      annotations: [
        { id: 1, image_id: 0, category_id: '1', segmentation: box },
        { id: 2, image_id: 0, category_id: 2, segmentation: box },
        {
          id: 3,
          image_id: '1',
          file_name: 'b.png',
          segments_info: [0, 1, 2].map((id) => ({ id: id + 5, category_id: id })),
        },
      ],
      categories,
    });
    expect(report).toMatchObject({ truths: 2, dataset: { categories: [{ id: 1 }, { id: 2 }] } });
    expect(report.notes).toEqual([
      { name: 'coco.json', note: 'category ids count from 1 here: 0 is now 1 (ball), 1 is now 2 (sky)' },
      { name: 'a.jpg', note: 'annotation 2 has category 2, which is not in the document; it is left out' },
      { name: 'b.jpg', note: 'segment 7 has category 2, which is not in the document; it is left out' },
    ]);
    expect(await truthOf(picture)).toMatchObject({
      segments_info: [{ id: 1, category_id: 2 }],
      categories: [{ id: 2, name: 'sky' }],
    });
    expect((await truthOf(`${picture} b`))?.segments_info).toEqual([
      { id: 5, category_id: 1 },
      { id: 6, category_id: 2 },
    ]);
  });

  test.each([
    [[{ id: 1 }], 'coco.json: category 1 is {"id":1}; expected a name'],
    [[{ name: 'x' }], 'coco.json: category 1 is {"name":"x"}; expected an id'],
    [
      ['a', 'b'].map((name) => ({ id: 3, name })),
      'coco.json: categories "a" and "b" have the id 3; expected ids that differ',
    ],
  ])('that no export could name are refused: %j', async (categories, message) => {
    write({ 'a.jpg': picture });
    await expect(importCoco({ ...coco(), categories })).rejects.toThrow(message);
    expect(await findDataset(store, 'd')).toBeUndefined();
  });
});

describe('JSON', () => {
  test('that cannot be read is refused in one line, and so is a pipe', async () => {
    await expect(cocoSource(folder)).rejects.toThrow(/no regular file.*; expected a COCO document$/);
    await expect(cocoSource(join(folder, 'gone.json'))).rejects.toThrow(
      /gone.json: ENOENT.*; expected a COCO document$/,
    );
    await expect(cocoSource('/dev/null')).rejects.toThrow(InvalidInputError);
  });

  const bytes = (text: string, encoding: 'utf8' | 'utf16le') => new Uint8Array(Buffer.from(text, encoding));
  test('with a byte-order mark, or in UTF-16, is read', async () => {
    write({ 'a.jpg': picture });
    const text = `\ufeff${JSON.stringify(coco())}`;
    for (const document of [bytes(text, 'utf8'), bytes(text, 'utf16le')]) {
      expect(await importCoco(document)).toMatchObject({ files: 1, failed: [] });
    }
    expect(await truthOf(picture)).toBeDefined();
  });

  test('with NaN in unused places is read', async () => {
    write({ 'a.jpg': picture });
    const text = JSON.stringify(coco()).replace('"area":192', '"area":NaN').replace('"bbox":[8', '"bbox":[-Infinity');
    expect(await importCoco(text)).toMatchObject({ truths: 1, notes: [] });
    const broken = JSON.stringify(coco()).replace('[[8,6', '[[NaN,6');
    expect((await importCoco(broken)).notes[0].note).toMatch(/annotation 1 has a polygon of \[null,6/);
  });
});
