/** The walk's linear system by kernels, label by label: the twin of `solveWalk` in grid-walk.ts. */

import type { Address, Arena } from '../../arena/arena.ts';
import type { Convergence } from '../../nodes/scores.ts';
import type { WalkSolveOptions } from '../grid-walk.ts';
import { vectors } from './ridge.ts';

/** The matrix, as planes of nodes, padded by zeros, `stride` floats apart. */
export interface GridMatrix {
  h: number;
  w: number;
  stride: number;
  /** Four planes: east, south, south-east, south-west. */
  edges: Address;
  /** A plane each: the matrix's diagonal, and its inverse. */
  diagonal: Address;
  inverse: Address;
}

/** The right-hand side: prior and seeds of every label. */
export interface GridSources extends Pick<WalkSolveOptions, 'prior' | 'hold'> {
  c: number;
  /** Planes of n floats, each rounded up to whole vectors. */
  scores: Address;
  /** By node, int32: a label, or −1. */
  held: Address;
}

/**
 * On a grid with a shorter side of s, a factor takes about n·s² operations once and n·s a label; conjugate gradients take
 * some hundred times n a label. So few labels on a large grid are faster without a factor; and a factor gets 40 MB at most.
 */
const dearest = 3_000;
const largest = 10_000_000;

/**
 * Solves by a factor of the matrix where that is worth its cost, else by conjugate gradients.
 *
 * @param work reserves four planes of zeros
 * @returns planes `[c, n]`; the steps of the slowest label; whether all labels met tol
 */
export function solveGrid(
  arena: Arena,
  { h, w, stride, edges, diagonal, inverse }: GridMatrix,
  { scores, held, c, prior, hold }: GridSources,
  { tol, maxIter }: Pick<WalkSolveOptions, 'tol' | 'maxIter'>,
  work: () => Address,
): { planes: Float32Array } & Convergence {
  const { kernels } = arena;
  const n = h * w;
  const planes = new Float32Array(n * c);
  const x = work();
  const factor = factorOf(arena, { h, w, stride, edges, diagonal, inverse }, c);
  let iterations = 0;
  let converged = true;
  for (let label = 0; label < c; label++) {
    const p = scores + 4 * vectors(n) * label;
    const steps = factor
      ? kernels.walkDirect(
          ...[edges, stride, h, w, diagonal, inverse, factor.width, factor.band, factor.inverse],
          ...[p, held, label, prior, hold, tol, maxIter, x, factor.scratch],
        )
      : kernels.walkLabel(edges, stride, n, w, diagonal, inverse, p, held, label, prior, hold, tol, maxIter, x);
    converged &&= steps > 0;
    iterations = Math.max(iterations, Math.abs(steps));
    planes.set(arena.floats(x, n), n * label);
  }
  return { planes, iterations, converged };
}

/** The matrix's factor (kernels/band.ts); undefined where it is not worth its cost. */
function factorOf(arena: Arena, { h, w, stride, edges, diagonal }: GridMatrix, c: number) {
  const count = vectors(h * w);
  const width = vectors(Math.min(h, w) + 1);
  if (width ** 2 > dearest * c || count * (width + 8) > largest) return undefined;
  const band = arena.reserve(4 * count * (width + 8));
  const inverse = arena.reserve(4 * count);
  const scratch = arena.reserve(4 * (count + width + 8));
  arena.kernels.factorBand(edges, stride, h, w, diagonal, width, band, inverse);
  return { width, band, inverse, scratch };
}
