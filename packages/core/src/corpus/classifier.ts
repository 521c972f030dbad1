/**
 * Ridge regression from keys to categories, in closed form from a corpus' statistics. d dimensions of keys, c categories.
 *
 * Its penalty r·λ̄·‖W‖², λ̄ the mean eigenvalue of the corpus' covariance C, is that of ridge on whitened keys: with
 * z = L⁻¹x, LLᵀ = C + s·λ̄·I, the penalty ρ·‖Lᵀ W‖² = ρ·(tr WᵀCW + s·λ̄·‖W‖²), whose first part only scales scores, by about
 * 1 / (1 + ρ).
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Keys } from '../keys/keys.ts';
import type { NodeScores } from '../nodes/scores.ts';
import { backSubstitute, factorise, forwardSubstitute, rowStart } from '../walk/cholesky.ts';
import { type Statistics, weightOf } from './statistics.ts';

/** Tuned on street scenes (docs/quality.md, "Corpus"). */
export const corpusDefaults = { ridge: 0.02, balance: 0.25, sharpness: 2 };

/** What tells categories apart. */
export interface Scorer {
  d: number;
  /** `[c, d + 1]`: a category's score of a key is the product of its row with (key, 1). */
  weights: Float64Array;
  /** Share of each category in what was taught, `[c]`. */
  frequency: Float64Array;
}

/** The same, and what tells how far a key lies from all that was taught. */
export interface Classifier extends Scorer {
  /** Mean of the keys, `[d]`; the sum of all weights; the packed Cholesky factor of their scatter with the ridge. */
  mean: Float64Array;
  total: number;
  factor: Float64Array;
}

/**
 * @param options ridge: in units of the mean variance of a dimension
 * @throws InvalidInputError if nothing was taught
 */
export function classifierOf(statistics: Statistics, { ridge } = corpusDefaults): Classifier {
  const { d, c, xx, xy } = statistics;
  const total = weightOf(statistics);
  if (!(total > 0)) throw new InvalidInputError('statistics of no labelled patch; expected at least one');
  const mean = Float64Array.from({ length: d }, (_, p) => xx[rowStart(d) + p] / total);
  const a = xx.slice(0, rowStart(d));
  let trace = 0;
  for (let p = 0, o = 0; p < d; p++) {
    for (let q = 0; q <= p; q++) a[o++] -= total * mean[p] * mean[q];
    trace += a[o - 1];
  }
  // Keys that are all alike leave only rounding: any ridge then gives every key the categories' frequencies.
  const added = ridge * Math.max(trace / d, Number.EPSILON * total);
  for (let p = 0; p < d; p++) a[rowStart(p) + p] += added;
  factorise(a, 0, d);
  const weights = new Float64Array(c * (d + 1));
  const frequency = new Float64Array(c);
  for (let k = 0; k < c; k++) {
    const at = k * (d + 1);
    const count = xy[at + d];
    const row = Float64Array.from({ length: d }, (_, p) => xy[at + p] - count * mean[p]);
    forwardSubstitute(a, row);
    backSubstitute(a, row);
    weights.set(row, at);
    frequency[k] = count / total;
    weights[at + d] = frequency[k] - row.reduce((sum, weight, p) => sum + weight * mean[p], 0);
  }
  return { d, weights, frequency, mean, total, factor: a };
}

/** Scores and frequencies below these count as these. */
const [leastScore, leastFrequency] = [1e-3, 1e-3];

/**
 * Shares of the categories at every patch: (score · frequency^−balance)^sharpness, scaled to sum 1. A category that was never
 * taught gets 0.
 *
 * @param labels by category: the label that it has in the scores, such as its segment's id, `[c]`
 * @param options balance: 0 favours frequent categories as the corpus shows them, 1 all alike
 * @throws InvalidInputError if keys have other dimensions, or labels are not as many as categories
 */
export function classify(
  { d, weights, frequency }: Scorer,
  keys: Keys,
  labels: readonly number[],
  { balance, sharpness } = corpusDefaults,
): NodeScores {
  const { data, h, w } = keys;
  const c = frequency.length;
  expectDimensions(keys, d);
  if (labels.length !== c) throw new InvalidInputError(`${labels.length} labels; expected ${c}, one a category`);
  const factors = frequency.map((share) => (share > 0 ? (share + leastFrequency) ** -balance : 0));
  const out = new Float32Array(h * w * c);
  for (let i = 0, o = 0; i < h * w; i++, o += c) {
    let sum = 0;
    for (let k = 0; k < c; k++) {
      let score = weights[k * (d + 1) + d];
      for (let p = 0, at = k * (d + 1); p < d; p++) score += weights[at + p] * data[i * d + p];
      const share = (Math.max(score, leastScore) * factors[k]) ** sharpness;
      out[o + k] = share;
      sum += share;
    }
    for (let k = 0; k < c; k++) out[o + k] /= sum;
  }
  return { data: out, h, w, labels };
}

/**
 * How far each patch lies from all that was taught: its leverage total·(x − mean)ᵀA⁻¹(x − mean), A the scatter of the keys taught
 * with the ridge: but for its scale, the variance of a prediction. Of a category that was never taught it is higher than of the
 * others, even where a score is high (docs/quality.md, "Corpus").
 *
 * @returns `[h·w]`, 0 or above; its mean over what was taught is at most d
 * @throws InvalidInputError if keys have other dimensions
 */
export function novelty({ d, mean, total, factor }: Classifier, keys: Keys): Float32Array {
  expectDimensions(keys, d);
  const line = new Float64Array(d);
  return Float32Array.from({ length: keys.h * keys.w }, (_, i) => {
    for (let p = 0; p < d; p++) line[p] = keys.data[i * d + p] - mean[p];
    forwardSubstitute(factor, line);
    return total * line.reduce((sum, value) => sum + value * value, 0);
  });
}

/** @throws InvalidInputError if keys have other dimensions */
export function expectDimensions(keys: Keys, d: number): void {
  if (keys.d !== d) throw new InvalidInputError(`keys of ${keys.d} dimensions; expected ${d}, as taught`);
}
