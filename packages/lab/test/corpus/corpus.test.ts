import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@saltworks/backbone/image/decode';
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import { InvalidInputError } from '@saltworks/contract/errors';
import { encodeKeys } from '@saltworks/core/formats/keys';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measureCorpus } from '../../src/corpus/corpus.ts';
import { keepKeys } from '../../src/keys/cache.ts';
import { isDisc, size } from '../tiny-dataset.ts';

const folder = mkdtempSync(join(tmpdir(), 'saltworks-corpus-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keys = join(folder, 'keys');
/** Its keys are made here; its model is never opened. */
const spec: BackboneSpec = {
  ...{ id: 'stub', path: 'none.onnx', sha256: '', patch: 8, longSide: 96, mean: [], std: [] },
  ...{ interpolation: 'bicubic', sigma: 0.15 },
};
const names = ['a', 'b', 'c', 'd'];
const [width, height] = [size.width, size.height];

beforeAll(async () => {
  for (const part of ['images', 'labels', 'scribbles']) mkdirSync(join(folder, part));
  for (const [at, name] of names.entries()) {
    const pixels = (colour: (disc: boolean) => number[]) =>
      Uint8Array.from({ length: 3 * width * height }, (_, o) => {
        const i = Math.floor(o / 3);
        return colour(isDisc(at, i % width, Math.floor(i / width)))[o % 3];
      });
    const image = await encodePng(
      pixels((disc) => (disc ? [200, 60, 40] : [30, 90, 160])),
      { ...size, channels: 3 },
    );
    writeFileSync(join(folder, 'images', `${name}.png`), image);
    const labels = pixels((disc) => (disc ? [1, 1, 1] : [2, 2, 2]));
    writeFileSync(join(folder, 'labels', `${name}.png`), await encodePng(labels, { ...size, channels: 3 }));
    const stroke = (segment: number, x: number) => ({
      segment,
      radius: 2,
      points: [
        [x, 30],
        [x, 42],
      ],
    });
    const segments = [
      { id: 1, category: 'disc', isthing: true },
      { id: 2, category: 'ground', isthing: false },
    ];
    const drawing = { version: 1, image: size, segments, strokes: [stroke(1, 40 + 4 * at), stroke(2, 88)] };
    writeFileSync(join(folder, 'scribbles', `${name}.json`), JSON.stringify(drawing));
    // Keys: which share of a cell of 8 × 8 pixels is of the disc.
    const [h, w, d] = [height / 8, width / 8, 3];
    const data = new Float32Array(h * w * d);
    for (let i = 0; i < width * height; i++) {
      const [x, y] = [i % width, Math.floor(i / width)];
      const cell = Math.floor(y / 8) * w + Math.floor(x / 8);
      data[cell * d + (isDisc(at, x, y) ? 0 : 1)] += 1 / 64;
      data[cell * d + 2] = (cell % 3) / 10;
    }
    const sha256 = createHash('sha256').update(image).digest('hex');
    const origin = { backbone: 'stub', layer: 11, facet: 'key' as const, image: size, imageSha256: sha256 };
    await keepKeys(keys, { spec, installed: [] }, sha256, {}, encodeKeys({ data, h, w, d }, origin));
  }
  const index = { classes: ['disc', 'ground', 'never'], train: ['a', 'b', 'c'], test: ['d'] };
  writeFileSync(join(folder, 'index.json'), JSON.stringify(index));
});

const measure = (sizes: number[], of = folder) =>
  measureCorpus({ folder: of, sizes, spec, preset: 'best', seed: 0, keys });

test('strokes on some images teach another one, the same in every run', async () => {
  const report = await measure([1, 2]);
  expect(report).toMatchObject({ version: 1, backbone: 'stub', test: 1, choices: 3 });
  expect(report.figures.map(({ images }) => images)).toEqual([1, 2]);
  for (const { right, miou, iou } of report.figures) {
    expect(right).toBeGreaterThan(0.95);
    expect(miou).toBeCloseTo(((iou.disc ?? 0) + (iou.ground ?? 0)) / 2, 6);
    expect(iou.never).toBeNull();
  }
  expect(await measure([1, 2])).toEqual(report);
});

test('the corpus beside strokes is measured, too: trusted if images left out agree, and not from one image', async () => {
  const [one, three] = (await measure([1, 3])).figures.map(({ strokes }) => strokes!);
  expect(one).toMatchObject({ images: 1, trust: 0 });
  expect(one.heard).toEqual(one.alone);
  expect(three.alone).toEqual(one.alone);
  expect(three.trust).toBe(1);
  expect(three.heard.right).toBeGreaterThan(0.95);
});

test('a folder of another form, or too few images, are refused', async () => {
  await expect(measure([1], keys)).rejects.toThrow(
    new InvalidInputError(`no index.json in ${keys}; expected one with classes, train and test (docs/eval.md)`),
  );
  await expect(measure([4])).rejects.toThrow(new InvalidInputError('--train 4 of 3 images; expected fewer'));
});
