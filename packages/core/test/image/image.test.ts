import { describe, expect, test } from 'vitest';
import { cellColours, normalise, orient, type RgbImage, resizeBicubic, workingSize } from '../../src/image/image.ts';
import { goldenJson } from '../golden.ts';

/** An image whose pixel (x, y) is [x, y, 0]. */
function coordinates(width: number, height: number): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set([x, y, 0], 3 * (y * width + x));
  return { data, width, height };
}

describe('orient', () => {
  // The sources of the upright image's top left and top right pixels, by the EXIF definition of each value.
  const corners: [number, [number, number], [number, number]][] = [
    [1, [0, 0], [4, 0]],
    [2, [4, 0], [0, 0]],
    [3, [4, 2], [0, 2]],
    [4, [0, 2], [4, 2]],
    [5, [0, 0], [0, 2]],
    [6, [0, 2], [0, 0]],
    [7, [4, 2], [4, 0]],
    [8, [4, 0], [4, 2]],
  ];
  test.each(corners)('orientation %i puts the right corners on top', (orientation, topLeft, topRight) => {
    const { data, width, height } = orient(coordinates(5, 3), orientation);
    expect([width, height]).toEqual(orientation >= 5 ? [3, 5] : [5, 3]);
    expect([...data.subarray(0, 2)]).toEqual(topLeft);
    expect([...data.subarray(3 * (width - 1), 3 * (width - 1) + 2)]).toEqual(topRight);
  });

  test('an invalid orientation leaves the image unchanged', () => {
    const image = coordinates(5, 3);
    for (const value of [0, 9, Number.NaN]) expect(orient(image, value)).toBe(image);
  });
});

describe('resizeBicubic', () => {
  const { width, height, image, cases } = goldenJson('resize.json');
  const source: RgbImage = { data: Uint8Array.from(image), width, height };
  test.each(cases as { width: number; height: number; image: number[] }[])(
    'equals Pillow at $width × $height',
    (golden) => {
      const out = resizeBicubic(source, golden.width, golden.height);
      // Pillow works with 22-bit fixed-point weights: a sum that falls on a half may round the other way.
      let off = 0;
      golden.image.forEach((value, i) => {
        const error = Math.abs(out.data[i] - value);
        expect(error).toBeLessThanOrEqual(1);
        off += error;
      });
      expect(off / golden.image.length).toBeLessThan(0.002);
    },
  );

  test('the same size is the same image', () => {
    expect(resizeBicubic(source, width, height)).toBe(source);
  });

  test('a constant image stays constant', () => {
    const flat = { data: new Uint8Array(3 * 20 * 10).fill(77), width: 20, height: 10 };
    for (const [w, h] of [
      [7, 31],
      [1, 1],
      [200, 3],
    ]) {
      expect(new Set(resizeBicubic(flat, w, h).data)).toEqual(new Set([77]));
    }
  });
});

test('the working size keeps the aspect ratio in whole patches', () => {
  expect(workingSize(640, 480, 14, 518)).toEqual({ width: 518, height: 392 });
  expect(workingSize(480, 640, 14, 518)).toEqual({ width: 392, height: 518 });
  expect(workingSize(3000, 10, 14, 518)).toEqual({ width: 518, height: 14 });
  expect(workingSize(100, 50, 16, 'native')).toEqual({ width: 96, height: 48 });
});

test('normalise gives planes of (value / 255 − mean) / std', () => {
  const image = { data: Uint8Array.from([0, 51, 255, 255, 102, 0]), width: 2, height: 1 };
  const out = normalise(image, [0.5, 0.2, 0], [0.5, 0.1, 1]);
  expect([...out].map((v) => Math.round(v * 1e5) / 1e5)).toEqual([-1, 1, 0, 2, 1, 0]);
});

describe('cellColours', () => {
  test('averages the pixels whose centres lie in the cell', () => {
    const colours = cellColours(coordinates(6, 4), 2, 3);
    expect([...colours.subarray(0, 6)]).toEqual([0.5, 0.5, 0, 2.5, 0.5, 0]);
    expect([...colours.subarray(9, 12)]).toEqual([0.5, 2.5, 0]);
  });
  test('a grid finer than the image repeats its pixels', () => {
    expect([...cellColours(coordinates(1, 1), 2, 2)]).toEqual(new Array(12).fill(0));
    expect(cellColours(coordinates(2, 1), 1, 4)[9]).toBe(1);
  });
});
