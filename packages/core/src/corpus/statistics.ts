/**
 * What labelled patches teach, as sums: all that ridge regression on categories needs. Sums of strokes, images, annotators and
 * workers add up in any order, and can be taken out again. d dimensions of keys, c categories.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import { rowStart } from '../walk/cholesky.ts';

/** Over rows x = (key, 1) with targets y and weights w, the sum of y: Σ w·xxᵀ and Σ x·yᵀ. */
export interface Statistics {
  d: number;
  c: number;
  /** Packed lower triangle, d + 1 rows; the last value is the sum of all weights. */
  xx: Float64Array;
  /** `[c, d + 1]`; the last of a row is the category's weight. */
  xy: Float64Array;
}

/** The sum of all weights: how many patches, at most, were taught. */
export const weightOf = ({ d, xx }: Statistics): number => xx[rowStart(d) + d];

/** Of nothing yet. */
export const noStatistics = (d: number, c: number): Statistics => ({
  ...{ d, c, xx: new Float64Array(rowStart(d + 1)), xy: new Float64Array(c * (d + 1)) },
});

/**
 * Adds labelled patches.
 *
 * @param keys `[n, d]`
 * @param targets `[n, c]`, each 0 or above; their sum is the patch's weight, and patches of weight 0 teach nothing
 */
export function teach(to: Statistics, keys: Float32Array, targets: Float32Array): void {
  const { d, c, xx, xy } = to;
  const n = expectKeys(to, keys, targets);
  const row = new Float64Array(d + 1).fill(1);
  for (let i = 0; i < n; i++) {
    let weight = 0;
    for (let k = 0; k < c; k++) weight += targets[i * c + k];
    if (weight === 0) continue;
    for (let p = 0; p < d; p++) row[p] = keys[i * d + p];
    for (let k = 0; k < c; k++) {
      const target = targets[i * c + k];
      if (target !== 0) for (let p = 0, o = k * (d + 1); p <= d; p++) xy[o++] += target * row[p];
    }
    for (let p = 0, o = 0; p <= d; p++) {
      const scaled = weight * row[p];
      for (let q = 0; q <= p; q++) xx[o++] += scaled * row[q];
    }
  }
}

/** @returns how many there are @throws InvalidInputError unless there is a target for each key */
export function expectKeys({ d, c }: Statistics, keys: Float32Array, targets: Float32Array): number {
  const n = targets.length / c;
  if (keys.length === n * d) return n;
  throw new InvalidInputError(`${keys.length / d} keys of ${d} dimensions; expected ${n}, one for each target`);
}

/** Adds what others were taught. @throws InvalidInputError if dimensions or categories differ */
export const addStatistics = (to: Statistics, other: Statistics): void => combine(to, other, 1);

/**
 * Takes out what others were taught: what is left is what they never were part of, to rounding.
 *
 * @throws InvalidInputError if dimensions or categories differ
 */
export const subtractStatistics = (from: Statistics, other: Statistics): void => combine(from, other, -1);

function combine(to: Statistics, { d, c, xx, xy }: Statistics, sign: 1 | -1): void {
  if (d !== to.d || c !== to.c) {
    throw new InvalidInputError(`statistics of ${d} dimensions, ${c} categories; expected ${to.d} and ${to.c}`);
  }
  for (let o = 0; o < xx.length; o++) to.xx[o] += sign * xx[o];
  for (let o = 0; o < xy.length; o++) to.xy[o] += sign * xy[o];
}
