import { describe, expect, test } from 'vitest';
import { Arena } from '../../../src/arena/arena.ts';
import type { RgbImage } from '../../../src/image/image.ts';
import { colourWindows, guidedRows } from '../../../src/refine/fast/guided-filter.ts';
import * as plain from '../../../src/refine/guided-filter.ts';
import { random } from '../../golden.ts';

const next = random(11);
const picture = (width: number, height: number): RgbImage => ({
  data: Uint8Array.from({ length: 3 * width * height }, () => 256 * next()),
  width,
  height,
});

/** Rows at the image's own size, several at once. */
function ours(image: RgbImage, small: RgbImage, values: Float32Array, stride: number, count: number, radius: number) {
  const arena = new Arena();
  const put = (image: RgbImage) => ({ ...image, pixels: arena.put(image.data) });
  const [full, sized] = [put(image), put(small)];
  const windows = colourWindows(arena, sized, { radius, epsilon: 1e-3 }, small.width / image.width);
  const grid = { data: arena.put(values), h: small.height, w: small.width, c: stride };
  const rows = guidedRows(arena, windows, grid, count, full);
  const bytes = 4 * image.width * count;
  const out = arena.reserve(bytes * image.height);
  for (let y = 0; y < image.height; y += 3) rows(y, Math.min(y + 3, image.height), out + y * bytes);
  return arena.floats(out, image.width * image.height * count);
}

function theirs(image: RgbImage, small: RgbImage, values: Float32Array, count: number, radius: number) {
  const windows = plain.colourWindows(small, { radius, epsilon: 1e-3 }, small.width / image.width);
  const rows = plain.guidedRows(windows, values, count, image);
  return Float32Array.from(Array.from({ length: image.height }, (_, y) => [...rows(y)]).flat());
}

describe('values are the twin’s', () => {
  test.each([
    { image: [40, 30], small: [20, 15], count: 4, radius: 6 },
    { image: [37, 21], small: [18, 10], count: 3, radius: 8 },
    { image: [21, 33], small: [21, 33], count: 1, radius: 2 },
    { image: [9, 40], small: [4, 20], count: 6, radius: 30 },
    { image: [1, 1], small: [1, 1], count: 2, radius: 1 },
  ])('$small to $image, $count labels, radius $radius', ({ image, small, count, radius }) => {
    const [full, sized] = [picture(image[0], image[1]), picture(small[0], small[1])];
    const n = small[0] * small[1];
    // Rows may hold more values than are wanted.
    const stride = count + 1;
    const values = Float32Array.from({ length: n * stride }, () => next());
    const wanted = Float32Array.from(
      { length: n * count },
      (_, i) => values[Math.floor(i / count) * stride + (i % count)],
    );
    const found = ours(full, sized, values, stride, count, radius);
    theirs(full, sized, wanted, count, radius).forEach((value, i) => {
      expect(Math.abs(found[i] - value)).toBeLessThan(1e-4);
    });
  });
});
