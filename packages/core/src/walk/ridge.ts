/**
 * Kernel ridge regression from seeds: scores every node for every label by its likeness to the seeds, without a graph.
 * n nodes, m seeds, c labels.
 */

import { distancesTo, type KeyDistances } from '../nodes/key-distances.ts';
import { backSubstitute, factorise, forwardSubstitute, rowStart } from './cholesky.ts';

export interface RidgeOptions {
  /** Standard deviation of the kernel, in units of the median key distance. */
  width: number;
  /** Added to the kernel's diagonal: the larger, the further an answer may depart from a seed. */
  ridge: number;
  /** Weight of squared colour distance (colours 0 … 1) beside that of keys. */
  colour: number;
}

/** All but the labels: G(seeds, all), and the factor of G(seeds, seeds) + ridge·I. Seeds may be appended. */
export interface RidgeSystem {
  /** Seed nodes, in order. */
  nodes: Int32Array;
  /** `[m, n]` */
  kernel: Float32Array;
  /** Packed Cholesky factor, m rows. */
  factor: Float64Array;
}

/**
 * G = exp(−(d²_key + colour·d²_colour) / 2·width²) between seeds and all nodes.
 *
 * @param colours of nodes, `[n, 3]`, 0 … 1
 * @param known a system of the same image and options; rows of the first seeds that it shares with these are reused, to the
 *   same bits
 * @param weights of the seeds: a seed's ridge is ridge / weight. Default: 1
 */
export function ridgeSystem(
  distances: KeyDistances,
  colours: Float32Array,
  nodes: Int32Array,
  { width, ridge, colour }: RidgeOptions,
  known?: RidgeSystem,
  weights?: ArrayLike<number>,
): RidgeSystem {
  const n = colours.length / 3;
  const m = nodes.length;
  const kernel = new Float32Array(m * n);
  const factor = new Float64Array(rowStart(m));
  let shared = 0;
  while (known && shared < Math.min(m, known.nodes.length) && nodes[shared] === known.nodes[shared]) shared++;
  if (known) {
    kernel.set(known.kernel.subarray(0, shared * n));
    factor.set(known.factor.subarray(0, rowStart(shared)));
  }
  const gamma = -1 / (2 * width * width);
  distancesTo(distances, nodes.subarray(shared), (index, d2) => {
    const s = shared + index;
    const [r, g, b] = colours.subarray(3 * nodes[s], 3 * nodes[s] + 3);
    for (let i = 0, o = s * n; i < n; i++, o++) {
      const dr = colours[3 * i] - r;
      const dg = colours[3 * i + 1] - g;
      const db = colours[3 * i + 2] - b;
      kernel[o] = Math.exp(gamma * (d2[i] + colour * (dr * dr + dg * dg + db * db)));
    }
    for (let t = 0; t <= s; t++) factor[rowStart(s) + t] = kernel[s * n + nodes[t]];
    factor[rowStart(s) + s] += ridge / (weights?.[s] ?? 1);
  });
  factorise(factor, shared, m);
  return { nodes, kernel, factor };
}

/**
 * U = 1/c + G(all, seeds) (G(seeds, seeds) + ridge·I)⁻¹ (Y − 1/c): linear in Y; rows sum to 1.
 *
 * @param labels of the seeds, 0 … c − 1
 * @param rows Y of soft seeds, `[m, c]`, rows summing to 1. Default: one-hot
 * @returns planes `[c, n]`
 */
export function ridgeScores(
  { kernel, factor }: RidgeSystem,
  labels: Int32Array,
  c: number,
  rows?: Float32Array,
): Float32Array {
  const m = labels.length;
  const n = kernel.length / m;
  const scores = new Float32Array(c * n);
  const target = targetsOf(labels, c, rows);
  const sum = new Float64Array(n);
  for (let label = 0; label < c; label++) {
    const weights = seedWeights(factor, target, label, m, c);
    sum.fill(1 / c);
    for (let s = 0, o = 0; s < m; s++) {
      const weight = weights[s];
      for (let i = 0; i < n; i++, o++) sum[i] += weight * kernel[o];
    }
    scores.set(sum, label * n);
  }
  return scores;
}

/** Y's value of seed s and label k. @param rows of soft seeds */
const targetsOf =
  (labels: Int32Array, c: number, rows?: Float32Array) =>
  (s: number, k: number): number =>
    rows ? rows[s * c + k] : labels[s] === k ? 1 : 0;

/** A⁻¹(Y − 1/c) of one label. */
function seedWeights(
  factor: Float64Array,
  target: (s: number, k: number) => number,
  label: number,
  m: number,
  c: number,
): Float64Array {
  const weights = new Float64Array(m);
  for (let s = 0; s < m; s++) weights[s] = target(s, label) - 1 / c;
  forwardSubstitute(factor, weights);
  backSubstitute(factor, weights);
  return weights;
}

/**
 * What the other seeds say of each seed: the scores at it of the ridge without its group, in closed form. With α = A⁻¹(Y − 1/c),
 * A = G(seeds, seeds) + ridge·I, and B the seeds of a group, U_B = Y_B − (A⁻¹_BB)⁻¹ α_B: Rasmussen and Williams 2006, "Gaussian
 * Processes for Machine Learning", section 5.4.2, by blocks.
 *
 * @param factor packed Cholesky factor of A, m rows
 * @param labels of the seeds, 0 … c − 1
 * @param groups of the seeds, each one's a run in the order of seeds
 * @param rows Y of soft seeds, `[m, c]`, rows summing to 1. Default: one-hot
 * @returns `[m, c]`, rows summing to 1; scores may lie a little outside 0 … 1
 */
export function ridgeLeftOut(
  factor: Float64Array,
  labels: Int32Array,
  c: number,
  groups: ArrayLike<number>,
  rows?: Float32Array,
): Float32Array {
  const m = labels.length;
  const target = targetsOf(labels, c, rows);
  const alpha = Array.from({ length: c }, (_, k) => seedWeights(factor, target, k, m, c));
  const out = new Float32Array(m * c);
  for (let from = 0, to = 1; from < m; from = to++) {
    while (to < m && groups[to] === groups[from]) to++;
    // A⁻¹ = L⁻ᵀL⁻¹: the block's part is the inner products of its columns of L⁻¹, which are 0 above the diagonal.
    const columns = Array.from({ length: to - from }, (_, i) => inverseColumn(factor, m, from + i, from));
    const block = new Float64Array(rowStart(to - from));
    for (let i = 0; i < columns.length; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = i; k < m - from; k++) sum += columns[i][k] * columns[j][k];
        block[rowStart(i) + j] = sum;
      }
    }
    factorise(block, 0, columns.length);
    for (let k = 0; k < c; k++) {
      const residual = alpha[k].slice(from, to);
      forwardSubstitute(block, residual);
      backSubstitute(block, residual);
      for (let s = from; s < to; s++) out[s * c + k] = target(s, k) - residual[s - from];
    }
  }
  return out;
}

/** Column j of L⁻¹, its rows `from` … m − 1, from ≤ j. */
function inverseColumn(l: Float64Array, m: number, j: number, from: number): Float64Array {
  const column = new Float64Array(m - from);
  column[j - from] = 1 / l[rowStart(j) + j];
  for (let i = j + 1; i < m; i++) {
    const row = rowStart(i);
    let sum = 0;
    for (let k = j; k < i; k++) sum += l[row + k] * column[k - from];
    column[i - from] = -sum / l[row + i];
  }
  return column;
}
