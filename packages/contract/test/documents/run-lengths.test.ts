import { expect, test } from 'vitest';
import { decodeRuns, encodeRuns } from '../../src/documents/run-lengths.ts';

test('runs of labels decode to the labels', () => {
  const labels = Int32Array.from([2, 2, 2, 0, 1, 1]);
  const runs = encodeRuns(labels);
  expect(runs).toEqual([2, 3, 0, 1, 1, 2]);
  expect(decodeRuns({ h: 2, w: 3, labels: [0, 5, 9], runs })).toEqual(labels);
  expect(encodeRuns([])).toEqual([]);
  for (const wrong of [
    [2, 3],
    [2, 3, 0, 4],
    [3, 6],
    [0, 0, 0, 6],
    [0, -1, 0, 7],
  ]) {
    expect(() => decodeRuns({ h: 2, w: 3, labels: [0, 5, 9], runs: wrong })).toThrow('expected 2 × 3');
  }
});
