import { expect, test } from 'vitest';
import { distance, rounded, thinned } from '../../src/annotate/strokes.ts';

test('from a point to a line, and beyond its ends to the ends', () => {
  expect(distance([1, 1], [0, 0], [2, 0])).toBe(1);
  expect(distance([-3, 4], [0, 0], [2, 0])).toBe(5);
  expect(distance([3, 4], [0, 0], [0, 0])).toBe(5);
});

test('a long stroke keeps its ends and loses points evenly', () => {
  const points = Array.from({ length: 5001 }, (_, i): [number, number] => [i, 0]);
  const fewer = thinned(points);
  expect(fewer).toHaveLength(2000);
  expect([fewer[0], fewer.at(-1)]).toEqual([points[0], points.at(-1)]);
  const steps = fewer.slice(1).map(([x], i) => x - fewer[i][0]);
  expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1);
  expect(thinned(points.slice(0, 2000))).toEqual(points.slice(0, 2000));
});

test('places are told to an eighth of a pixel', () => {
  expect(rounded({ x: 1.06, y: 2.07 })).toEqual([1, 2.125]);
});
