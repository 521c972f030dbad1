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
  const weights = new Float64Array(m);
  const sum = new Float64Array(n);
  for (let label = 0; label < c; label++) {
    for (let s = 0; s < m; s++) weights[s] = (rows ? rows[s * c + label] : labels[s] === label ? 1 : 0) - 1 / c;
    forwardSubstitute(factor, weights);
    backSubstitute(factor, weights);
    sum.fill(1 / c);
    for (let s = 0, o = 0; s < m; s++) {
      const weight = weights[s];
      for (let i = 0; i < n; i++, o++) sum[i] += weight * kernel[o];
    }
    scores.set(sum, label * n);
  }
  return scores;
}
