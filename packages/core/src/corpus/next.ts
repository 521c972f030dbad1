/**
 * What to label next: of the images that nobody drew on, those whose labels would tell most about all others.
 *
 * The variance of ridge regression's score of a key z is proportional to zᵀ(A + ΣS)⁻¹z, whatever the labels turn out to be: A is
 * the scatter of what was taught, S that of what a candidate would teach. So the variance that is left over all patches is known
 * beforehand: tr((A + ΣS)⁻¹U), U the scatter of all patches, each weighed by how unsure the model is of its category. Images are
 * chosen one by one to leave the least (A-optimal, or transductive, experimental design: Yu, Bi, Tresp 2006). Near-duplicates of what is
 * labelled or chosen gain nothing; what is unlike the rest of the corpus gains little.
 *
 * All of it in the p directions in which taught keys vary most, scaled so that A is the identity.
 */
import { eigenvectors } from '../keys/eigen.ts';
import type { Keys } from '../keys/keys.ts';
import { dot, orthonormalise } from '../keys/orthonormal.ts';
import type { NodeScores } from '../nodes/scores.ts';
import { factorise, forwardSubstitute, rowStart } from '../walk/cholesky.ts';
import { expectDimensions } from './classifier.ts';
import { type Statistics, weightOf } from './statistics.ts';

/**
 * Chosen on street scenes (docs/quality.md, "What to label next"). ridge: in units of the mean variance of a dimension. weight: of a patch
 * that is taught, what lessons have on average.
 */
export const designDefaults = { ridge: 0.2, directions: 64, weight: 0.6 };

export interface Design {
  d: number;
  /** Directions. */
  p: number;
  /** Mean of the keys taught, `[d]`. */
  mean: Float64Array;
  /** `[p, d]`: coordinates in which the scatter of what was taught, with the ridge, is the identity. */
  axes: Float64Array;
  weight: number;
}

/** An image in brief: packed lower triangles of p rows. */
export interface Brief {
  /** Scatter of what it would teach. */
  taught: Float64Array;
  /** Scatter of its patches, each weighed by how unsure the model is of it. */
  unsure: Float64Array;
}

/** @param statistics of something: above 0 labelled patches */
export function openDesign(
  statistics: Statistics,
  { ridge, directions, weight }: typeof designDefaults = designDefaults,
): Design {
  const { d, xx } = statistics;
  const total = weightOf(statistics);
  const mean = Float64Array.from({ length: d }, (_, i) => xx[rowStart(d) + i] / total);
  const scatter = new Float64Array(d * d);
  let trace = 0;
  for (let i = 0, o = 0; i < d; i++) {
    for (let j = 0; j <= i; j++, o++) {
      scatter[i * d + j] = xx[o] - total * mean[i] * mean[j];
      scatter[j * d + i] = scatter[i * d + j];
    }
    trace += scatter[i * d + i];
  }
  const added = ridge * Math.max(trace / d, Number.EPSILON * total);
  for (let i = 0; i < d; i++) scatter[i * d + i] += added;
  const p = Math.min(directions, d);
  const { axes, values } = leadingDirections(scatter, d, p);
  for (let i = 0; i < p; i++) for (let j = 0; j < d; j++) axes[i * d + j] /= Math.sqrt(values[i]);
  return { d, p, mean, axes, weight };
}

/** Steps of the iteration: directions of little difference need not be told apart, since they span the same. */
const steps = 12;

/**
 * The p directions in which a symmetric, positive definite matrix is largest, near enough: by orthogonal iteration, then
 * Rayleigh and Ritz (Golub and Van Loan, "Matrix Computations", 8.2.4 and 8.1.4).
 *
 * @param a n × n
 * @returns axes: orthonormal rows `[p, n]` between which `a` has nothing; values: a's along them, the largest first
 */
function leadingDirections(a: Float64Array, n: number, p: number): { axes: Float64Array; values: Float64Array } {
  const widest = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j] - a[i * n + i] || i - j);
  let rows = new Float64Array(p * n);
  for (let i = 0; i < p; i++) rows[i * n + widest[i]] = 1;
  for (let step = 0; step < steps; step++) {
    rows = times(rows, a, n);
    // Twice, for the rounding.
    orthonormalise(rows, n, 2);
  }
  const image = times(rows, a, n);
  const inner = new Float64Array(p * p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j <= i; j++) {
      inner[i * p + j] = inner[j * p + i] = dot(rows, i * n, image, j * n, n);
    }
  }
  const turns = eigenvectors(inner, p);
  const values = Float64Array.from({ length: p }, (_, i) => inner[i * p + i])
    .sort()
    .reverse();
  const axes = new Float64Array(p * n);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) for (let k = 0; k < n; k++) axes[i * n + k] += turns[i * p + j] * rows[j * n + k];
  }
  return { axes, values };
}

/** Each row times a symmetric matrix. */
function times(rows: Float64Array, a: Float64Array, n: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(rows.length);
  for (let o = 0; o < rows.length; o += n) {
    for (let j = 0; j < n; j++) {
      const value = rows[o + j];
      if (value !== 0) for (let k = 0; k < n; k++) out[o + k] += value * a[j * n + k];
    }
  }
  return out;
}

/**
 * @param shares of every patch, rows that sum to 1 (`classify`)
 * @throws InvalidInputError if keys have other dimensions
 */
export function briefOf({ d, p, mean, axes, weight }: Design, keys: Keys, { data, labels }: NodeScores): Brief {
  expectDimensions(keys, d);
  const c = labels.length;
  const brief = { taught: new Float64Array(rowStart(p)), unsure: new Float64Array(rowStart(p)) };
  const line = new Float64Array(d);
  const z = new Float64Array(p);
  for (let patch = 0; patch < keys.h * keys.w; patch++) {
    for (let j = 0; j < d; j++) line[j] = keys.data[patch * d + j] - mean[j];
    for (let i = 0, o = 0; i < p; i++) {
      let sum = 0;
      for (let j = 0; j < d; j++, o++) sum += axes[o] * line[j];
      z[i] = sum;
    }
    const unsure = entropyOf(data.subarray(patch * c, (patch + 1) * c));
    for (let i = 0, o = 0; i < p; i++) {
      for (let j = 0; j <= i; j++, o++) {
        const product = z[i] * z[j];
        brief.taught[o] += weight * product;
        brief.unsure[o] += unsure * product;
      }
    }
  }
  return brief;
}

/** Of shares that sum to 1: 0 where one has all, 1 where all are alike. */
function entropyOf(shares: Float32Array): number {
  if (shares.length < 2) return 0;
  let sum = 0;
  for (const share of shares) if (share > 0) sum -= share * Math.log(share);
  return sum / Math.log(shares.length);
}

/** The sum of what images leave unsure. */
export function addUnsure(to: Float64Array, { unsure }: Pick<Brief, 'unsure'>): void {
  for (let o = 0; o < to.length; o++) to[o] += unsure[o];
}

/** An image that was chosen. */
export interface Chosen<T> {
  image: T;
  /** The part of the variance that is left with it and those before it, 0 … 1. */
  left: number;
}

/**
 * Images in the order in which they would teach most, each beside those before it.
 *
 * @param candidates `taught`: scatter of what each would teach
 * @param unsure what is to be known: the sum over all images that nobody drew on, candidates included
 * @param count how many are wanted, at most
 */
export function chooseNext<T extends Pick<Brief, 'taught'>>(
  candidates: readonly T[],
  unsure: Float64Array,
  count: number,
): Chosen<T>[] {
  const p = (Math.sqrt(8 * unsure.length + 1) - 1) / 2;
  const scatter = new Float64Array(rowStart(p));
  for (let i = 0; i < p; i++) scatter[rowStart(i) + i] = 1;
  let all = 0;
  for (let i = 0; i < p; i++) all += unsure[rowStart(i) + i];
  if (!(all > 0)) return candidates.slice(0, count).map((image) => ({ image, left: 0 }));
  const root = rootOf(unsure, p, all);
  const waiting = [...candidates];
  const chosen: Chosen<T>[] = [];
  const trial = new Float64Array(scatter.length);
  while (chosen.length < count && waiting.length > 0) {
    let [best, least] = [0, Infinity];
    waiting.forEach(({ taught }, i) => {
      for (let o = 0; o < trial.length; o++) trial[o] = scatter[o] + taught[o];
      const left = traceLeft(trial, root, p);
      if (left < least) [best, least] = [i, left];
    });
    const [image] = waiting.splice(best, 1);
    for (let o = 0; o < scatter.length; o++) scatter[o] += image.taught[o];
    chosen.push({ image, left: least / all });
  }
  return chosen;
}

/** G with GGᵀ = U but for a trifle that keeps it definite, its columns one after the other, `[p, p]`. */
function rootOf(unsure: Float64Array, p: number, trace: number): Float64Array {
  const factor = unsure.slice();
  for (let i = 0; i < p; i++) factor[rowStart(i) + i] += (1e-9 * trace) / p;
  factorise(factor, 0, p);
  const columns = new Float64Array(p * p);
  for (let i = 0, o = 0; i < p; i++) for (let j = 0; j <= i; j++, o++) columns[j * p + i] = factor[o];
  return columns;
}

/** tr(B⁻¹GGᵀ) = ‖L⁻¹G‖², B = LLᵀ, which L replaces. */
function traceLeft(b: Float64Array, columns: Float64Array, p: number): number {
  factorise(b, 0, p);
  let sum = 0;
  const column = new Float64Array(p);
  for (let j = 0; j < p; j++) {
    column.set(columns.subarray(j * p, (j + 1) * p));
    forwardSubstitute(b, column);
    for (let i = 0; i < p; i++) sum += column[i] * column[i];
  }
  return sum;
}
