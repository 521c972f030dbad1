import { expect, test } from 'vitest';
import { counted, duration, percent, size } from '../../src/plots/figures.ts';

test('numbers are formatted for people', () => {
  expect([counted(1, 'image'), counted(1_234_567, 'image'), counted(2, 'class', 'classes')]).toEqual([
    '1 image',
    '1,234,567 images',
    '2 classes',
  ]);
  expect([0, 0.004, 0.41, 1].map(percent)).toEqual(['0 %', '0.4 %', '41 %', '100 %']);
  expect([0, 4.25, 59.4, 90, 3_725].map(duration)).toEqual(['0 s', '4.3 s', '59 s', '2 min', '1 h 2 min']);
  expect([0, 999, 83_120_000, 312e9, 5e15].map(size)).toEqual(['0 B', '999 B', '83.1 MB', '312.0 GB', '5000.0 TB']);
});
