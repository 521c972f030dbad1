import { describe, expect, test } from 'vitest';
import { pairedIntervals } from '../../src/judge/bootstrap.ts';

describe('intervals by the paired bootstrap', () => {
  test('the mean is the mean, and the first variant does not differ from itself', () => {
    const [first, second] = pairedIntervals([
      [0.2, 0.4, 0.9],
      [0.3, 0.5, 0.7],
    ]);
    expect(first.value.mean).toBeCloseTo(0.5);
    expect(first.difference).toEqual({ mean: 0, low: 0, high: 0 });
    expect(second.difference.mean).toBeCloseTo(0);
  });

  test('images that are hard for both variants do not widen their difference', () => {
    const hard = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 0.1 : 0.9));
    const [, other] = pairedIntervals([hard, hard.map((value) => value + 0.05)]);
    expect(other.value.high - other.value.low).toBeGreaterThan(0.2);
    expect(other.difference.low).toBeCloseTo(0.05);
    expect(other.difference.high).toBeCloseTo(0.05);
  });

  test('an interval is about that of the normal distribution: ± 1.96 standard errors', () => {
    const values = Array.from({ length: 400 }, (_, i) => i / 399);
    const [{ value }] = pairedIntervals([values]);
    const error = Math.sqrt(values.reduce((sum, x) => sum + (x - 0.5) ** 2, 0) / 400 / 400);
    expect(value.high - value.mean).toBeCloseTo(1.96 * error, 2);
    expect(value.mean - value.low).toBeCloseTo(1.96 * error, 2);
  });

  test('of three images every resample is known: the bounds are those of all 27 together', () => {
    const values = [0, 1, 5];
    const all = values.flatMap((a) => values.flatMap((b) => values.map((c) => (a + b + c) / 3))).sort((a, b) => a - b);
    const [{ value }] = pairedIntervals([values]);
    // 2.5 % of 27 is the first one: all three draws are the least.
    expect(value.low).toBeCloseTo(all[0]);
    expect(value.high).toBeCloseTo(all[26]);
  });

  test('the same numbers give the same intervals; one image gives none', () => {
    const rows = [
      [0.1, 0.5, 0.3, 0.8],
      [0.2, 0.4, 0.6, 0.7],
    ];
    expect(pairedIntervals(rows)).toEqual(pairedIntervals(rows));
    expect(pairedIntervals([[0.4]])[0].value).toEqual({ mean: 0.4, low: 0.4, high: 0.4 });
  });
});
