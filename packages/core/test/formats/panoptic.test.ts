import { describe, expect, test } from 'vitest';
import { uncertaintyOf } from '../../src/formats/panoptic.ts';

describe('the uncertainty of a mask', () => {
  const of = (labels: number[], ...rows: number[][]) => uncertaintyOf({ labels, data: Float32Array.from(rows.flat()) });

  test('is 0 if every node is certain, and 1 if none is', () => {
    expect(of([0, 1], [1, 0], [0, 1])).toBe(0);
    expect(of([0, 1], [0.5, 0.5], [0.5, 0.5])).toBe(1);
    // Nodes without scores.
    expect(of([0, 1], [0, 0])).toBe(1);
  });

  test('is the mean of 1 less the margin of the two best labels', () => {
    expect(of([0, 3, 9], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.25, 0.5, 0.25])).toBeCloseTo((0.7 + 0.3 + 0.75) / 3, 4);
  });

  test('has four decimals', () => {
    expect(of([0, 1], [2 / 3, 1 / 3])).toBe(0.6667);
  });
});
