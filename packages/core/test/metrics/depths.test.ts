import { expect, test } from 'vitest';
import type { Mask } from '../../src/mask/mask.ts';
import { depths } from '../../src/metrics/depths.ts';
import { randomMask } from './random-mask.ts';

/** The distance to the nearest pixel of another segment, all pixels tried, those around the image among them. */
function nearest({ ids, width, height }: Mask, i: number): number {
  const [x, y] = [i % width, Math.floor(i / width)];
  let least = Number.POSITIVE_INFINITY;
  for (let v = -1; v <= height; v++) {
    for (let u = -1; u <= width; u++) {
      const within = u >= 0 && v >= 0 && u < width && v < height;
      if (within && ids[v * width + u] === ids[i]) continue;
      least = Math.min(least, Math.max(Math.abs(u - x), Math.abs(v - y)));
    }
  }
  return least;
}

const rings: Mask = {
  ids: Uint32Array.from({ length: 19 * 15 }, (_, i) => Number(Math.hypot((i % 19) - 8, Math.floor(i / 19) - 7) < 6)),
  width: 19,
  height: 15,
};

test.each([
  ['blocks', randomMask(17, 13, 3)],
  ['a disc', rings],
  ['one segment', randomMask(9, 14, 1)],
  ['a line', randomMask(9, 1, 2)],
  ['a pixel', randomMask(1, 1, 1)],
])('depths in %s are distances to the nearest pixel of another segment', (_, mask) => {
  const expected = [...mask.ids.keys()].map((i) => nearest(mask, i));
  expect([...depths(mask)]).toEqual(expected);
  expect([...depths(mask, 3)]).toEqual(expected.map((depth) => Math.min(3, depth)));
});
