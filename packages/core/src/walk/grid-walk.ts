/**
 * A random walk on the 8-neighbour grid of nodes. A node's score for a label is the chance that a walker from there, drawn
 * along likeness, ends at a seed of the label, or stops on the way and draws the label from the prior.
 * Grady 2006, "Random Walks for Image Segmentation"; the prior as in Grady 2005, "Multilabel Random Walker Image
 * Segmentation Using Prior Models".
 *
 * n = h·w nodes, c labels. Planes of nodes are padded by w + 1 zeros on both sides, so that every node has values at the
 * offsets of its eight neighbours.
 */

import type { Keys } from '../keys/keys.ts';
import type { Convergence } from '../nodes/scores.ts';
import { selectRank } from '../nodes/select-rank.ts';
import { softWeights } from '../seeds/seeds.ts';

/** Affinities along edges. Each padded plane holds every node's edge to one side; 0 where the grid ends. */
export interface GridEdges {
  h: number;
  w: number;
  east: Float32Array;
  south: Float32Array;
  southEast: Float32Array;
  southWest: Float32Array;
}

/** Zeros before and after a plane. */
export const padding = (w: number): number => w + 1;

export interface EdgeOptions {
  /** Weight of squared colour distance, colours 0 … 1. */
  colour: number;
  /** Added to every edge. */
  least: number;
}

/**
 * The affinity exp(−d²_key / (2·median d²_key) − colour·d²_colour) + least along every edge, the median over all edges.
 *
 * @param keys of the nodes
 * @param colours of the nodes, `[n, 3]`, 0 … 1
 */
export function gridEdges(keys: Keys, colours: Float32Array, { colour, least }: EdgeOptions): GridEdges {
  const { data, h, w, d } = keys;
  const pad = padding(w);
  const plane = () => new Float32Array(h * w + 2 * pad);
  const edges = { h, w, east: plane(), south: plane(), southEast: plane(), southWest: plane() };
  const sides: [Float32Array, number, number][] = [
    [edges.east, 1, 0],
    [edges.south, 0, 1],
    [edges.southEast, 1, 1],
    [edges.southWest, -1, 1],
  ];
  const each = (visit: (plane: Float32Array, i: number, j: number) => void) => {
    for (const [plane, dx, dy] of sides)
      for (let y = 0; y + dy < h; y++)
        for (let x = Math.max(0, -dx); x < Math.min(w, w - dx); x++) visit(plane, y * w + x, (y + dy) * w + x + dx);
  };
  const all = new Float32Array(4 * h * w);
  let count = 0;
  each((plane, i, j) => {
    let sum = 0;
    for (let k = 0, p = i * d, q = j * d; k < d; k++, p++, q++) sum += (data[p] - data[q]) ** 2;
    plane[pad + i] = sum;
    all[count++] = sum;
  });
  // If half of all neighbours are alike (a blank image), the median is 0; any scale then joins them fully.
  const median = selectRank(new Uint32Array(all.buffer, 0, count), Math.floor((count - 1) / 2)) || 1;
  each((plane, i, j) => {
    let difference = 0;
    for (let k = 0; k < 3; k++) difference += (colours[3 * i + k] - colours[3 * j + k]) ** 2;
    plane[pad + i] = Math.exp(-plane[pad + i] / (2 * median) - colour * difference) + least;
  });
  return edges;
}

export interface WalkSolveOptions {
  /** Weight of the prior at every node. */
  prior: number;
  /** Weight with which seeds are held. */
  hold: number;
  /** Stops once every node is within this of the value that its neighbours, prior and seed give it. */
  tol: number;
  maxIter: number;
}

/**
 * Solves (L + diag(hold·seed + prior)) F = hold·Y + prior·P, L the graph's Laplacian, label by label, by conjugate gradients
 * from 0, preconditioned by the diagonal. A soft seed is held by its weight, the sum of its row of Y.
 *
 * @param prior P, planes `[c, n]`, columns summing to 1, each value above 0
 * @param held by node: a label, or −1
 * @param soft Y of soft seeds, `[n, c]`. Default: one-hot
 * @returns F as planes `[c, n]`; the steps of the slowest label; whether all labels met tol
 */
export function solveWalk(
  { h, w, east, south, southEast, southWest }: GridEdges,
  prior: Float32Array,
  held: Int32Array,
  c: number,
  options: WalkSolveOptions,
  soft?: Float32Array,
): { scores: Float32Array } & Convergence {
  const n = h * w;
  const pad = padding(w);
  const plane = () => new Float32Array(n + 2 * pad);
  const weights = soft && softWeights(soft, c);
  const diagonal = plane();
  for (let i = 0, o = pad; i < n; i++, o++) {
    const degree =
      east[o] +
      east[o - 1] +
      (south[o] + south[o - w]) +
      (southEast[o] + southEast[o - w - 1]) +
      (southWest[o] + southWest[o - w + 1]);
    diagonal[o] = degree + options.prior + (held[i] >= 0 ? options.hold * (weights?.[i] ?? 1) : 0);
  }

  const scores = new Float32Array(c * n);
  const x = plane();
  const residual = plane();
  const direction = plane();
  const image = plane();
  let iterations = 0;
  let converged = true;
  for (let label = 0; label < c; label++) {
    let rz = 0;
    x.fill(0);
    for (let i = 0, o = pad; i < n; i++, o++) {
      const y = soft ? soft[i * c + label] : held[i] === label ? 1 : 0;
      const r = options.prior * prior[label * n + i] + options.hold * y;
      residual[o] = r;
      direction[o] = r / diagonal[o];
      rz += r * direction[o];
    }
    let worst = Number.POSITIVE_INFINITY;
    let step = 0;
    for (; worst > options.tol && step < options.maxIter; step++) {
      let curvature = 0;
      for (let o = pad; o < n + pad; o++) {
        const value =
          diagonal[o] * direction[o] -
          (east[o] * direction[o + 1] + east[o - 1] * direction[o - 1]) -
          (south[o] * direction[o + w] + south[o - w] * direction[o - w]) -
          (southEast[o] * direction[o + w + 1] + southEast[o - w - 1] * direction[o - w - 1]) -
          (southWest[o] * direction[o + w - 1] + southWest[o - w + 1] * direction[o - w + 1]);
        image[o] = value;
        curvature += direction[o] * value;
      }
      const alpha = rz / curvature;
      let next = 0;
      worst = 0;
      for (let o = pad; o < n + pad; o++) {
        x[o] += alpha * direction[o];
        residual[o] -= alpha * image[o];
        const z = residual[o] / diagonal[o];
        next += residual[o] * z;
        worst = Math.max(worst, Math.abs(z));
      }
      const beta = next / rz;
      rz = next;
      for (let o = pad; o < n + pad; o++) direction[o] = residual[o] / diagonal[o] + beta * direction[o];
    }
    iterations = Math.max(iterations, step);
    converged &&= worst <= options.tol;
    scores.set(x.subarray(pad, pad + n), label * n);
  }
  return { scores, iterations, converged };
}
