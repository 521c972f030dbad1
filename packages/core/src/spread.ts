/** Label spreading: seeds flow along the graph until every node has a score for every label. */
import { InvalidInputError } from './errors.ts';
import { type Matrix, multiply } from './matrix.ts';

export interface SpreadOptions {
  /** How much a node takes from its neighbours, between 0 and 1 exclusive. */
  alpha?: number;
  /** Stops once the sum of |ΔF| over all nodes and labels falls below this. */
  tol?: number;
  maxIter?: number;
}

/** How an iteration ended. */
export interface Convergence {
  iterations: number;
  converged: boolean;
}

/**
 * Iterates F ← αSF + (1−α)Y from F = Y, then divides each row by its sum (rows of zeros stay).
 * Zhou et al. 2004, "Learning with Local and Global Consistency"; stopping rule and defaults of scikit-learn's
 * `LabelSpreading`, whose `label_distributions_` this returns.
 *
 * @param s normalised affinity D^−½ A D^−½, n × n
 * @param y seeds, `[n, c]` row-major: one-hot at labelled nodes, zero elsewhere
 * @returns scores `[n, c]` with rows that sum to 1 or 0, iterations done, and whether tol was met
 */
export function spread(
  s: Matrix,
  y: Float32Array,
  c: number,
  { alpha = 0.2, tol = 1e-3, maxIter = 30 }: SpreadOptions = {},
): { scores: Float32Array } & Convergence {
  const { n } = s;
  if (y.length !== n * c) throw new InvalidInputError(`y has ${y.length} values; expected n × c = ${n} × ${c}`);
  checkAlpha(alpha);

  // One plane a label: a row of S is read once for several labels, and each plane runs straight through memory.
  const seeds = transpose(y, n, c);
  let f: Float32Array = seeds.slice();
  let next: Float32Array = new Float32Array(n * c);
  let change = seeds.reduce((sum, value) => sum + Math.abs(value), 0);
  let iterations = 0;
  for (; change >= tol && iterations < maxIter; iterations++) {
    multiply(s, f, c, next);
    change = 0;
    for (let i = 0; i < next.length; i++) {
      next[i] = alpha * next[i] + (1 - alpha) * seeds[i];
      change += Math.abs(next[i] - f[i]);
    }
    [f, next] = [next, f];
  }
  return { scores: shares(f, n, c), iterations, converged: change < tol };
}

/** @throws InvalidInputError if α is not between 0 and 1 */
export function checkAlpha(alpha: number): void {
  if (!(alpha > 0 && alpha < 1)) throw new InvalidInputError(`alpha ${alpha}; expected a number between 0 and 1`);
}

/**
 * Scores by label to shares by node: rows `[n, c]` that sum to 1, or to 0 where a node has nothing. What a solver left
 * below zero is zero.
 *
 * @param planes `[c, stride]`, of which the first n of each count
 */
export function shares(planes: Float32Array, n: number, c: number, stride = n): Float32Array {
  const out = new Float32Array(n * c);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = 0; k < c; k++) {
      const score = Math.max(0, planes[k * stride + i]);
      out[i * c + k] = score;
      sum += score;
    }
    if (sum > 0) for (let o = i * c; o < (i + 1) * c; o++) out[o] /= sum;
  }
  return out;
}

/** Each node's best label: the first of the largest scores in its row. @param scores `[n, c]` */
export function argmax(scores: Float32Array, c: number): Int32Array {
  const labels = new Int32Array(scores.length / c);
  for (let i = 0, o = 0; i < labels.length; i++, o += c) {
    let best = 0;
    for (let k = 1; k < c; k++) if (scores[o + k] > scores[o + best]) best = k;
    labels[i] = best;
  }
  return labels;
}

/** How sure each node is: its best score less its second. @param scores `[n, c]` */
export function margins(scores: Float32Array, c: number): Float32Array {
  const out = new Float32Array(scores.length / c);
  for (let i = 0, o = 0; i < out.length; i++) {
    let [best, second] = [0, 0];
    for (let k = 0; k < c; k++) {
      const score = scores[o++];
      if (score > best) [best, second] = [score, best];
      else if (score > second) second = score;
    }
    out[i] = best - second;
  }
  return out;
}

function transpose(x: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(x.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = x[i * columns + j];
  return out;
}
