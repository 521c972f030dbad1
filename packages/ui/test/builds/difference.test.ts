import { expect, test } from 'vitest';
import { byAmount } from '../../src/builds/amounts.ts';
import { differenceOf } from '../../src/builds/difference.ts';

test('a changed pixel is lost, gained or of another segment', () => {
  const { kinds, counts } = differenceOf(Uint32Array.of(0, 1, 1, 0, 2), Uint32Array.of(0, 1, 0, 3, 1));
  expect([...kinds]).toEqual([0, 0, 1, 2, 3]);
  expect(counts).toEqual({ lost: 1, gained: 1, other: 1 });
});

test('steps of the histogram count every image once', () => {
  const histogram = Array.from({ length: 101 }, (_, i) => i + 1);
  const steps = byAmount(histogram);
  expect(steps.map(({ value }) => value).reduce((a, b) => a + b)).toBe(histogram.reduce((a, b) => a + b));
  expect(steps.slice(0, 3)).toEqual([
    { name: 'unchanged', value: 1 },
    { name: 'up to 1 %', value: 2 },
    { name: '1 – 2 %', value: 3 },
  ]);
});
