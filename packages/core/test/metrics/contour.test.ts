import { expect, test } from 'vitest';
import { closeGaps, outlineLengths } from '../../src/metrics/contour.ts';
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

test('gaps take the nearest segment, as far as they reach', () => {
  const truth = { ids: Uint32Array.of(1, 0, 0, 0, 0, 0, 2), width: 7, height: 1 };
  const ignore = Uint8Array.of(0, 1, 1, 1, 1, 1, 0);
  const closed = (reach: number) => closeGaps(truth, ignore, reach);
  expect([...closed(1).truth.ids]).toEqual([1, 1, 0, 0, 0, 2, 2]);
  expect([...closed(1).ignore]).toEqual([0, 0, 1, 1, 1, 0, 0]);
  expect([...closed(9).truth.ids]).toEqual([1, 1, 1, 1, 2, 2, 2]);
  expect([...closed(9).ignore]).toEqual([0, 0, 0, 0, 0, 0, 0]);
  expect([...truth.ids, ...ignore]).toEqual([1, 0, 0, 0, 0, 0, 2, 0, 1, 1, 1, 1, 1, 0]);
});

test('an outline has its length wherever it runs within a gap', () => {
  // A square of 12 pixels, and around it a strip of void, 4 pixels wide: each side takes half.
  const square = (left: number, right: number) =>
    Uint32Array.from({ length: 900 }, (_, i) => {
      const [x, y] = [i % 30, Math.floor(i / 30)];
      return Number(Math.min(x, y) >= left && Math.max(x, y) < right);
    });
  const [inner, outer] = [square(9, 21), square(5, 25)];
  const ignore = Uint8Array.from(outer, (id, i) => id - inner[i]);
  const { truth, ignore: rest } = closeGaps({ ids: inner, width: 30, height: 30 }, ignore, 4);
  expect(rest.includes(1)).toBe(false);
  expect(outlineLengths(truth).get(1)).toBe(4 * 16);
});
