import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Category } from '@saltworks/contract/categories';
import type { ExportFormat } from '@saltworks/contract/export-formats';
import { exportFormats } from '@saltworks/core/formats/export';
import { documentText, type ExportImage } from '@saltworks/core/formats/exporter';
import { encodePanopticPng } from '@saltworks/core/formats/panoptic-png';
import { type Mask, segmentsInfo } from '@saltworks/core/mask/mask';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { python } from '../test/python-packages.ts';
import { readers } from './readers.ts';
import { root } from './saltworks.ts';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-readers-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const categories: Category[] = [
  { id: 3, name: 'duck', isthing: 1 },
  { id: 1, name: 'deep water, "#1"', isthing: 0 },
  { id: 17, name: 'naïve "boat" 🙂', isthing: 1 },
  { id: 2, name: 'shore', isthing: 0 },
  { id: 20, name: 'shore', isthing: 1 },
  { id: 21, name: 'duck', isthing: 0 },
];
/** The class names that every format must use: readers look them up by name. */
const names: Record<number, string> = { 20: 'shore-thing', 21: 'duck-stuff' };

/** VOC reserves a name that none of these is. */
const called = (name: string) => ({ name, voc: name });

/** Rings, discs, specks and blotches with ids up to 2²⁴ − 1, out to the borders. */
function scene(width: number, height: number, ids: readonly number[]): Mask {
  const mask = new Uint32Array(width * height);
  ids.forEach((id, k) => {
    const [cx, cy] = [(width * ((k * 5) % 7)) / 6, (height * ((k * 3) % 5)) / 4];
    const radius = 4 + ((k * 11) % 23);
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        const distance = Math.hypot(x - cx, y - cy);
        const ring = k % 2 === 0 ? distance < radius : distance < radius && distance > radius / 2;
        const speck = (x * 7919 + y * 104_729 + k * 31) % 997 === 0;
        if (ring || speck) mask[i] = id;
      }
    }
  });
  return { ids: mask, width, height };
}

function imageOf(id: number, stem: string, mask: Mask): ExportImage {
  const segments = segmentsInfo(mask, [], []).map((segment, i) => ({
    ...segment,
    category_id: categories[i % categories.length].id,
  }));
  return { id, fileName: `${stem}.jpg`, stem, mask, segments };
}

const many = Array.from({ length: 250 }, (_, i) => (i + 1) * 67_000);
const images = [
  imageOf(1, 'pond', scene(97, 61, [1, 2, 255, 256, 257, 65_535, 65_536, 0xffffff, 7, 8])),
  imageOf(2, 'empty', scene(40, 30, [])),
  imageOf(3, 'day 2/one', { ids: Uint32Array.of(9), width: 1, height: 1 }),
  imageOf(4, 'day 2/many', {
    ids: Uint32Array.from({ length: 50 * 40 }, (_, i) => many[i] ?? 0),
    width: 50,
    height: 40,
  }),
  imageOf(70_000_000, 'whole', { ids: new Uint32Array(33 * 20).fill(4), width: 33, height: 20 }),
  imageOf(70_000_001, 'tall', scene(37, 211, [300, 5, 6, 100_000])),
];

const write = (path: string, content: Uint8Array | string) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};

/** A grey picture of an image's size. */
function pictureOf({ mask: { width, height, ids } }: ExportImage) {
  const pixels = { data: new Uint8Array(3 * ids.length).fill(127), width, height };
  return { bytes: encodePanopticPng({ ids, width, height }), pixels };
}

async function exportAll(format: ExportFormat) {
  const { image, documents, pack } = exportFormats[format]({ name: 'Pond', date: '2026-01-02T03:04:05Z', categories });
  const results = images.map((each) => image({ ...each, picture: pictureOf(each) }));
  if (pack) {
    const { path, bytes } = pack(
      results.map(({ row }) => row),
      { shard: 0, part: 0 },
    );
    write(join(scratch, format, path), bytes);
  }
  for (const { path, bytes } of results.flatMap(({ files }) => files)) write(join(scratch, format, path), bytes);
  for (const document of documents) {
    const pieces: string[] = [];
    for await (const piece of documentText(document, (list) => results.flatMap(({ lines }) => lines[list]))) {
      pieces.push(piece);
    }
    write(join(scratch, format, document.path), pieces.join(''));
  }
}

describe('exports, read by the packages of their formats', () => {
  let missing: string | undefined;
  let folder: string;
  beforeAll(async () => {
    ({ folder, missing } = readers());
    if (missing) console.warn(`skipped, the readers cannot be installed: ${missing}`);
    const truth = images.map(({ id, stem, mask: { ids, width, height }, segments }) => ({
      ...{ id, stem, width, height, segments },
      ids: [...ids],
    }));
    const named = categories.map(({ id, name, isthing }) => ({ id, isthing, ...called(names[id] ?? name) }));
    write(join(scratch, 'truth.json'), JSON.stringify({ name: 'Pond', categories: named, images: truth }));
    for (const format of Object.keys(exportFormats) as ExportFormat[]) await exportAll(format);
  });

  test('equal the exported masks', (context) => {
    if (missing) context.skip(missing);
    const env = { ...process.env, PYTHONPATH: folder };
    const run = spawnSync(python, [join(root, 'e2e/readers.py'), scratch], { env, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    const segments = images.reduce((sum, { segments }) => sum + segments.length, 0);
    expect(JSON.parse(run.stdout)).toEqual({
      'coco-panoptic': { images: images.length, pq: 1, categories: categories.length },
      'coco-instances': { annotations: expect.any(Number) },
      voc: { images: images.length, labels: categories.length + 1 },
      'yolo-seg': { polygons: segments, pixels_in_holes: expect.any(Number) },
      labelme: { shapes: segments },
      cvat: { masks: segments },
      'label-studio': { regions: segments },
      png: { images: images.length },
      'png-per-class': { images: images.length },
      cityscapes: { segments },
      datumaro: { masks: segments },
      fiftyone: { detections: segments },
      'hugging-face': { segments },
      overlays: { images: images.length },
    });
  });
});
