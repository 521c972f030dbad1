/** Label spreading: labels flow from seeds along the graph until every node has a score for every label. */

import { InvalidInputError } from '@saltworks/contract/errors';
import type { SpreadOptions } from '@saltworks/contract/options';
import { type Matrix, multiply } from '../nodes/matrix.ts';
import { type Convergence, shares } from '../nodes/scores.ts';

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

  // A plane a label: a row of S is read once for several labels, and each plane is read straight through.
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

function transpose(x: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(x.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = x[i * columns + j];
  return out;
}
