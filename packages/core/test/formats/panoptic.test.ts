import { describe, expect, test } from 'vitest';
import { uncertaintyOf } from '../../src/formats/panoptic.ts';

describe('the uncertainty of a mask', () => {
  const of = (labels: number[], ...rows: number[][]) => uncertaintyOf({ labels, data: Float32Array.from(rows.flat()) });

  test('is 0 if every node is certain, and 1 if none has scores', () => {
    expect(of([0, 1], [1, 0], [0, 1])).toBe(0);
    expect(of([0, 1], [0, 0])).toBe(1);
    // The background alone.
    expect(of([0], [1], [1])).toBe(0);
  });

  test('is 1 less the mean of the expected IoUs', () => {
    // Label 0 is best at the first node, 9 at the second, 3 at the third.
    const ious = [0.6 / (1 + 0.1 + 0.25), 0.5 / (1 + 0.3 + 0.1), 0.8 / (1 + 0.1 + 0.25)];
    const mean = (ious[0] + ious[1] + ious[2]) / 3;
    expect(of([0, 3, 9], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.25, 0.5, 0.25])).toBeCloseTo(1 - mean, 4);
  });

  test('counts a segment that is best nowhere as lost', () => {
    expect(of([0, 1], [0.75, 0.25], [0.75, 0.25])).toBe(1 - 0.75 / 2);
  });

  test('has four decimals', () => {
    expect(of([0, 1], [2 / 3, 1 / 3])).toBe(0.6667);
  });
});
