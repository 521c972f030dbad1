import { expect, test } from 'vitest';
import { stepOf, steps } from '../../src/annotate/tour.ts';

test('each step of the tour is done by drawing', () => {
  const drawn = (...segments: number[]) =>
    stepOf(segments.map((segment, n) => ({ n, segment, points: [[0, 0]], radius: 1 })));
  expect(drawn()).toBe(0);
  expect(drawn(0)).toBe(0);
  expect(drawn(1)).toBe(1);
  expect(drawn(1, 1)).toBe(1);
  expect(drawn(1, 0)).toBe(2);
  expect(drawn(1, 0, 1)).toBe(3);
  expect(steps).toHaveLength(4);
});
