import { expect, test } from 'vitest';
import { outlineLengths } from '../../src/metrics/contour.ts';
import { randomMask } from './random-mask.ts';

test('a square within the image has four sides; one in its corner has two', () => {
  const square = (left: number) =>
    outlineLengths({
      ids: Uint32Array.from({ length: 100 }, (_, i) => Number(within(i, left))),
      width: 10,
      height: 10,
    });
  const within = (i: number, left: number) =>
    i % 10 >= left && i % 10 < left + 4 && Math.floor(i / 10) >= left && Math.floor(i / 10) < left + 4;
  expect(Object.fromEntries(square(3))).toEqual({ 0: 16, 1: 16 });
  expect(Object.fromEntries(square(0))).toEqual({ 0: 8, 1: 8 });
});

test('a segment that is everywhere has no outline', () => {
  expect(outlineLengths(randomMask(8, 8, 1)).size).toBe(0);
});

test('sides of ignored pixels do not count', () => {
  const ids = Uint32Array.of(1, 2, 2, 1);
  expect(Object.fromEntries(outlineLengths({ ids, width: 4, height: 1 }))).toEqual({ 1: 2, 2: 2 });
  expect(Object.fromEntries(outlineLengths({ ids, width: 4, height: 1 }, Uint8Array.of(1, 0, 0, 0)))).toEqual({
    1: 1,
    2: 1,
  });
});
