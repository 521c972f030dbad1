import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import type { DatasetImage } from '@saltworks/contract/documents/dataset';
import { truthKey } from '@saltworks/contract/layout';
import { readDataset, readImages } from '@saltworks/store/datasets/dataset';
import { cocoSource } from '@saltworks/store/import/coco-source';
import { importDataset } from '@saltworks/store/import/import';
import { folderSource } from '@saltworks/store/import/sources';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { lookAt, throughWindow } from '@saltworks/worker/pictures';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseWindow } from '../src/options.ts';

let scratch: string;
let folder: string;
let store: ReturnType<typeof fileStore>;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'saltworks-pictures-'));
  folder = join(scratch, 'in');
  mkdirSync(folder);
  store = fileStore(join(scratch, 'objects'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const raw = { width: 20, height: 10, channels: 3 } as const;
const ramp = (most: number) => Uint16Array.from({ length: 600 }, (_, i) => Math.round((i / 599) * most));
const deep = (most: number) => sharp(ramp(most), { raw }).toColourspace('rgb16').png().toBuffer();
const shallow = () => sharp(Uint8Array.from(ramp(255)), { raw });

async function imagesOf(name: string): Promise<DatasetImage[]> {
  const images: DatasetImage[] = [];
  for await (const image of readImages(store, await readDataset(store, name))) images.push(image);
  return images;
}

describe('a folder imported through a window', () => {
  const importThrough = async (text: string) => {
    const window = parseWindow(text);
    return importDataset(store, 'd', throughWindow(folderSource(folder), window), {
      source: folder,
      look: lookAt({ window }),
    });
  };

  test('stores images as seen through it, and 8-bit images unchanged', async () => {
    const jpeg = await shallow().jpeg().toBuffer();
    writeFileSync(join(folder, 'a.jpg'), jpeg);
    writeFileSync(join(folder, 'b.png'), await deep(4000));
    await importThrough('1000,2000');
    const [a, b] = await imagesOf('d');
    expect(Buffer.compare(await store.get(a.object), jpeg)).toBe(0);
    expect(b.object).toMatch(/\.png$/);
    const { data, window } = await decodeImage(await store.get(b.object));
    expect(window).toBeUndefined();
    const seen = Array.from(ramp(4000), (v) => Math.round(Math.min(Math.max((v - 1000) / 1000, 0), 1) * 255));
    expect(data.every((value, i) => Math.abs(value - seen[i]) <= 1)).toBe(true);
  });

  test('is unchanged the second time; another window gives the name another image', async () => {
    writeFileSync(join(folder, 'b.png'), await deep(4000));
    expect(await importThrough('1000,2000')).toMatchObject({ added: 1 });
    expect(await importThrough('1000,2000')).toMatchObject({ added: 0, unchanged: 1 });
    const [one] = await imagesOf('d');
    expect(await importThrough('0,4000')).toMatchObject({ added: 1, replaced: 1 });
    const images = await imagesOf('d');
    expect(images).toHaveLength(1);
    expect(images[0].sha256).not.toBe(one.sha256);
  });
});

test('the known mask of a sideways image has the upright image’s size', async () => {
  const jpeg = await shallow().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  writeFileSync(join(folder, 'a.jpg'), jpeg);
  const importAs = async (width: number, height: number) => {
    const path = join(folder, 'coco.json');
    const segmentation = [[1, 1, 5, 1, 5, 5, 1, 5]];
    const document = {
      images: [{ id: 1, file_name: 'a.jpg', width, height }],
      annotations: [{ id: 1, image_id: 1, category_id: 1, segmentation }],
      categories: [{ id: 1, name: 'ball' }],
    };
    writeFileSync(path, JSON.stringify(document));
    const { files, categories } = await cocoSource(path);
    const name = `of-${width}`;
    const report = await importDataset(store, name, files, { source: path, categories, look: lookAt({}) });
    const [{ sha256 }] = await imagesOf(name);
    return { report, mask: await store.head(truthKey(name, sha256, '.png')) };
  };
  expect(await importAs(10, 20)).toMatchObject({ report: { truths: 1, notes: [] }, mask: {} });
  const { report, mask } = await importAs(20, 10);
  expect(mask).toBeUndefined();
  expect(report.notes[0].note).toBe('the document says 20 × 10 pixels, the file 10 × 20; the mask is not taken');
});

test('so has the panoptic PNG of a sideways image', async () => {
  writeFileSync(join(folder, 'a.jpg'), await shallow().withMetadata({ orientation: 6 }).jpeg().toBuffer());
  const path = join(folder, 'coco.json');
  const annotations = [{ image_id: 1, file_name: 'a.png', segments_info: [{ id: 1, category_id: 1 }] }];
  const categories = [{ id: 1, name: 'ball' }];
  writeFileSync(path, JSON.stringify({ images: [{ id: 1, file_name: 'a.jpg' }], annotations, categories }));
  mkdirSync(join(folder, 'coco'));
  const importMask = async (width: number, height: number) => {
    const png = sharp(new Uint8Array(3 * width * height).fill(1), { raw: { width, height, channels: 3 } }).png();
    writeFileSync(join(folder, 'coco/a.png'), await png.toBuffer());
    const source = await cocoSource(path);
    return importDataset(store, 'd', source.files, { source: path, categories: source.categories, look: lookAt({}) });
  };
  const { truths, notes } = await importMask(20, 10);
  expect({ truths, notes }).toEqual({
    truths: 0,
    notes: [{ name: 'a.jpg', note: 'its known mask has 20 × 10 pixels, the file 10 × 20; the mask is not taken' }],
  });
  expect(await importMask(10, 20)).toMatchObject({ truths: 1, notes: [] });
});

test('a file that is not an image is imported, and refused on use', async () => {
  writeFileSync(join(folder, 'bad.png'), 'no image');
  const report = await importDataset(store, 'd', folderSource(folder), { source: folder, look: lookAt({}) });
  expect(report).toMatchObject({ added: 1, failed: [], notes: [] });
});

test.each(['', '1', '1,2,3', '2,1', '1,1', 'a,b', '1,', ',1', 'NaN,1', '0,Infinity'])('%j is not a window', (text) => {
  expect(() => parseWindow(text)).toThrow('Expected LOW,HIGH');
});
test.each([
  ['0,4095', 0, 4095],
  ['-1024, 3071', -1024, 3071],
  ['1e-3,0.5', 0.001, 0.5],
])('%j is a window', (text, low, high) => expect(parseWindow(text)).toEqual({ low, high }));
