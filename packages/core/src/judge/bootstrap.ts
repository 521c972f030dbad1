/** Means with intervals, by the paired bootstrap over images: Efron 1979, "Bootstrap Methods: Another Look at the Jackknife". */
import type { Interval } from '@saltworks/contract/documents/bakeoffs';
import { mean } from '../metrics/mean.ts';

/** Resamples, and the share of their means that lies within an interval. */
const [resamples, within] = [2_000, 0.95];

/**
 * Draws images with replacement, the same draws for every variant, so that what makes an image hard or easy cancels out of a
 * difference. The same numbers in give the same intervals.
 *
 * @param rows by variant: a value for each image, in one order
 * @returns by variant: the mean, and the mean difference to the first variant; percentiles of the resamples' means
 */
export function pairedIntervals(rows: readonly (readonly number[])[]): { value: Interval; difference: Interval }[] {
  const n = rows[0].length;
  const random = numbersFrom(n);
  const drawn = Array.from({ length: resamples }, () => Int32Array.from({ length: n }, () => random() * n));
  const intervalOf = (values: readonly number[]): Interval => {
    const means = drawn.map((images) => images.reduce((sum, image) => sum + values[image], 0) / n);
    means.sort((a, b) => a - b);
    const at = (share: number) => means[Math.round(share * (resamples - 1))];
    return { mean: mean(values), low: at((1 - within) / 2), high: at((1 + within) / 2) };
  };
  return rows.map((values) => ({
    value: intervalOf(values),
    difference: intervalOf(values.map((value, image) => value - rows[0][image])),
  }));
}

/** Numbers in [0, 1): mulberry32, by T. Ettinger, public domain. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
