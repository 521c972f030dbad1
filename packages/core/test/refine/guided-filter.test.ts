import { describe, expect, test } from 'vitest';
import type { RgbImage } from '../../src/image/image.ts';
import { colourWindows, guidedRows, windowMeans } from '../../src/refine/guided-filter.ts';
import { random } from '../golden.ts';

const next = random(3);
const picture = (width: number, height: number): RgbImage => ({
  data: Uint8Array.from({ length: 3 * width * height }, () => 256 * next()),
  width,
  height,
});

function atOwnSize(image: RgbImage, small: RgbImage, values: Float32Array, c: number, epsilon: number): number[] {
  const rows = guidedRows(colourWindows(small, { radius: 4, epsilon }, small.width / image.width), values, c, image);
  return Array.from({ length: image.height }, (_, y) => [...rows(y)]).flat();
}

describe('means of windows', () => {
  test.each([
    [11, 7, 2],
    [7, 11, 3],
    [4, 3, 9],
    [1, 1, 1],
  ])('%i × %i, radius %i, are as counted', (width, height, radius) => {
    const plane = Float32Array.from({ length: width * height }, () => next());
    windowMeans(plane, width, height, radius).forEach((mean, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      const within = plane.filter(
        (_, j) => Math.abs((j % width) - x) <= radius && Math.abs(Math.floor(j / width) - y) <= radius,
      );
      expect(mean).toBeCloseTo(within.reduce((sum, value) => sum + value, 0) / within.length, 5);
    });
  });
});

describe('a guided filter', () => {
  test('keeps what is the same everywhere, at any size', () => {
    const values = Float32Array.from({ length: 2 * 10 * 8 }, (_, i) => (i % 2 === 0 ? 0.25 : 0.75));
    atOwnSize(picture(20, 16), picture(10, 8), values, 2, 1e-3).forEach((value, i) => {
      expect(value).toBeCloseTo(values[i % 2], 5);
    });
  });

  test('keeps a linear function of colour', () => {
    const image = picture(12, 9);
    const values = Float32Array.from({ length: 12 * 9 }, (_, i) => {
      const [r, g, b] = image.data.subarray(3 * i, 3 * i + 3);
      return 0.2 + (0.3 * r - 0.1 * g + 0.2 * b) / 255;
    });
    atOwnSize(image, image, values, 1, 1e-9).forEach((value, i) => {
      expect(value).toBeCloseTo(values[i], 4);
    });
  });

  test('keeps sums: what labels have in all stays 1', () => {
    const values = Float32Array.from({ length: 3 * 60 }, () => next());
    for (let o = 0; o < values.length; o += 3) values[o + 2] = 1 - values[o] - values[o + 1];
    const found = atOwnSize(picture(20, 12), picture(10, 6), values, 3, 1e-3);
    for (let o = 0; o < found.length; o += 3) expect(found[o] + found[o + 1] + found[o + 2]).toBeCloseTo(1, 4);
  });

  test('puts an edge where the larger image has it', () => {
    // Dark up to column 20; the smaller image has the edge between its columns 9 and 10, within the blend of two columns.
    const column = (width: number, edge: number) => (_: number, i: number) =>
      Math.floor(i / 3) % width < edge ? 40 : 200;
    const image = { data: Uint8Array.from({ length: 3 * 40 * 16 }, column(40, 21)), width: 40, height: 16 };
    const small = { data: Uint8Array.from({ length: 3 * 20 * 8 }, column(20, 10)), width: 20, height: 8 };
    for (let y = 0; y < 8; y++) small.data.fill(120, 3 * (20 * y + 10), 3 * (20 * y + 11));
    const values = Float32Array.from({ length: 20 * 8 }, (_, i) => (i % 20 < 10 ? 1 : i % 20 === 10 ? 0.5 : 0));
    atOwnSize(image, small, values, 1, 1e-3).forEach((value, i) => {
      expect(value > 0.5).toBe(i % 40 < 21);
    });
  });
});
