import { describe, expect, test } from 'vitest';
import { histogram } from '../../src/campaigns/histogram.ts';

describe('a histogram of scores', () => {
  test('counts by tenths, 1 in the last, without empty ends', () => {
    expect(histogram([0.72, 0.9, 0.95, 1])).toEqual([
      { name: '0.7 – 0.8', value: 1 },
      { name: '0.8 – 0.9', value: 0 },
      { name: '0.9 – 1.0', value: 3 },
    ]);
  });
});
