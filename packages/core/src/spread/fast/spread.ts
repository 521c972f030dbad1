/**
 * Spreading by kernels over the tiles of a dense affinity, the twin of spread.ts. n nodes, padded to 4·nb; c labels, a plane
 * of 4·nb floats each.
 */

import type { SpreadOptions } from '@saltworks/contract/options';
import type { Address } from '../../arena/arena.ts';
import { type Convergence, type NodeScores, shares } from '../../nodes/scores.ts';
import type { Seeds } from '../../seeds/seeds.ts';
import { checkAlpha } from '../spread.ts';
import type { DenseGraph } from './graph.ts';
import { type Multiply, sparingProducts } from './sparing-products.ts';

/** The same as `propagate` of node-graph.ts: scores of every node for every label that owns a seed. */
export function spreadDense(
  graph: DenseGraph,
  seeds: Seeds,
  options: Required<SpreadOptions>,
): NodeScores & Convergence {
  const { arena, h, w, nb } = graph;
  const { alpha, tol, maxIter } = options;
  checkAlpha(alpha);
  const c = seeds.labels.length;
  const plane = 4 * nb;
  const mark = arena.mark();
  const { soft } = seeds;
  const owned = ownedNodes(seeds);
  const work = reserveSteps(graph, c);
  const f = arena.floats(work.f, plane * c).fill(0);
  let change = 0;
  if (soft) {
    for (let i = 0; i < soft.length; i++) {
      f[(i % c) * plane + Math.floor(i / c)] = soft[i];
      change += soft[i];
    }
  } else {
    for (const { label, nodes } of owned) {
      change += nodes.length;
      for (const node of nodes) f[label * plane + node] = 1;
    }
  }
  const first = () => (soft ? firstSoftStep(graph, work, c, alpha) : firstStep(graph, work, owned, c, alpha));
  const multiply = sparingProducts(graph, c);
  let iterations = 0;
  for (; change >= tol && iterations < maxIter; iterations++) {
    change = iterations === 0 ? first() : step(graph, work, multiply, c, alpha);
  }
  const data = shares(arena.floats(work.f, plane * c), h * w, c, plane);
  arena.release(mark);
  return { data, h, w, labels: seeds.labels, iterations, converged: change < tol };
}

/** The memory of steps: planes of F, of its change, and of two products; the distance that each node moved. */
interface Steps {
  f: Address;
  delta: Address;
  scaled: Address;
  sums: Address;
  moved: Address;
}

function reserveSteps({ arena, nb }: DenseGraph, c: number): Steps {
  const [f, delta, scaled, sums] = [0, 1, 2, 3].map(() => arena.reserve(16 * nb * c));
  return { f, delta, scaled, sums, moved: arena.reserve(16 * nb) };
}

/** From F = Y, already in place, to αSY + (1 − α)Y: Δ = α(S − I)Y. @returns the sum of |Δ| */
function firstStep(
  { arena, nb, tiles, scale }: DenseGraph,
  { f, delta, sums, moved }: Steps,
  seeds: { label: number; nodes: number[] }[],
  c: number,
  alpha: number,
): number {
  const { kernels } = arena;
  const mark = arena.mark();
  const pairs = Int32Array.from(seeds.flatMap(({ label, nodes }) => nodes.flatMap((node) => [node, label])));
  kernels.seededProduct(tiles, nb, scale, arena.put(pairs), pairs.length / 2, c, sums);
  arena.release(mark);
  const scales = arena.floats(scale, 4 * nb);
  const products = arena.floats(sums, 4 * nb * c);
  for (let at = 0; at < pairs.length; at += 2) products[pairs[at + 1] * 4 * nb + pairs[at]] -= 1 / scales[pairs[at]];
  return kernels.advance(sums, scale, nb, c, alpha, delta, f, moved);
}

/** The same as firstStep, for any Y. */
function firstSoftStep(
  { arena, nb, tiles, scale }: DenseGraph,
  { f, delta, scaled, sums, moved }: Steps,
  c: number,
  alpha: number,
): number {
  const { kernels } = arena;
  kernels.scalePlanes(f, scale, nb, c, scaled);
  kernels.product(tiles, nb, scaled, c, sums);
  const plane = 4 * nb;
  const scales = arena.floats(scale, plane);
  const y = arena.floats(f, plane * c);
  const products = arena.floats(sums, plane * c);
  // Padded nodes have no seeds, and may have no scale.
  for (let i = 0; i < y.length; i++) if (y[i] > 0) products[i] -= y[i] / scales[i % plane];
  return kernels.advance(sums, scale, nb, c, alpha, delta, f, moved);
}

/** From one iterate to the next: αSF + (1 − α)Y changes F by αS times the change Δ before. @returns the sum of |Δ| */
function step({ arena, nb, scale }: DenseGraph, work: Steps, multiply: Multiply, c: number, alpha: number): number {
  const { f, delta, scaled, sums, moved } = work;
  arena.kernels.scalePlanes(delta, scale, nb, c, scaled);
  multiply(work, alpha, sums);
  return arena.kernels.advance(sums, scale, nb, c, alpha, delta, f, moved);
}

/** One stroke's contribution: its own seeds, then each iteration's change of F from these seeds alone, `[4·nb]`. */
type Column = Float32Array[];

/** The sum of a label's columns after 0, 1, 2 … iterations, and the sum of |Δ| in each. */
interface LabelSum {
  strokes: { weight: number; column: Column }[];
  iterates: Float32Array[];
  changes: number[];
}

/**
 * Spreading by strokes. Every iterate is linear in Y, so the iterate of all strokes is the sum of each stroke's own, and
 * scikit-learn's stopping rule can be followed on the sums. A stroke's column is computed once: another stroke costs one
 * column whatever the number of labels; undo and weights cost sums.
 */
export class StrokeColumns {
  readonly #graph: DenseGraph;
  readonly #options: Required<SpreadOptions>;
  /** By the nodes that a stroke owns; the least recently used come first. */
  readonly #columns = new Map<string, Column>();
  /** By the strokes of a label, as of the last call: most labels stay the same. */
  #sums = new Map<string, LabelSum>();
  readonly #room: number;

  /** @param room the number of columns to keep, used or not */
  constructor(graph: DenseGraph, options: Required<SpreadOptions>, room = 256) {
    this.#graph = graph;
    this.#options = options;
    checkAlpha(options.alpha);
    this.#room = room;
  }

  /** The same answer as `spreadDense`. @param weight of a stroke, by its number from 1 */
  scores(seeds: Seeds, weight: (stroke: number) => number = () => 1): NodeScores & Convergence {
    const { h, w, nb } = this.#graph;
    const { tol, maxIter } = this.#options;
    const plane = 4 * nb;
    const owned = ownedNodes(seeds);
    const sums = this.#labelSums(owned, seeds.labels.length, weight);
    const columns = sums.flatMap(({ strokes }) => strokes.map(({ column }) => column));
    const sumAt = (t: number) => {
      this.#extend(columns, t);
      return sums.reduce((change, sum) => change + addUp(sum, t, plane), 0);
    };
    let change = sumAt(0);
    let iterations = 0;
    while (change >= tol && iterations < maxIter) change = sumAt(++iterations);
    for (const key of this.#columns.keys()) {
      if (this.#columns.size <= Math.max(this.#room, owned.length)) break;
      this.#columns.delete(key);
    }
    const planes = new Float32Array(plane * sums.length);
    sums.forEach(({ iterates }, label) => {
      planes.set(iterates[iterations], label * plane);
    });
    const data = shares(planes, h * w, sums.length, plane);
    return { data, h, w, labels: seeds.labels, iterations, converged: change < tol };
  }

  /** The sum of every label: that of the last call if its strokes and weights are the same, else a new one. */
  #labelSums(owned: ReturnType<typeof ownedNodes>, c: number, weight: (stroke: number) => number): LabelSum[] {
    const last = this.#sums;
    this.#sums = new Map();
    return Array.from({ length: c }, (_, label) => {
      const own = owned
        .filter((stroke) => stroke.label === label)
        .map((stroke) => {
          const key = stroke.nodes.join();
          return { key, weight: weight(stroke.stroke), column: this.#column(key, stroke.nodes) };
        });
      const name = own.map(({ key, weight }) => `${weight}:${key}`).join(';');
      const sum = last.get(name) ?? { strokes: own, iterates: [], changes: [] };
      this.#sums.set(name, sum);
      return sum;
    });
  }

  #column(key: string, nodes: number[]): Column {
    const column = this.#columns.get(key) ?? [indicator(nodes, 4 * this.#graph.nb)];
    this.#columns.delete(key);
    this.#columns.set(key, column);
    return column;
  }

  /** Computes the columns' changes up to the t-th, together for columns that are equally far. */
  #extend(columns: Column[], t: number): void {
    const { arena, nb, tiles } = this.#graph;
    const { alpha } = this.#options;
    const plane = 4 * nb;
    for (let have = 1; have <= t; have++) {
      const behind = columns.filter((column) => column.length === have);
      if (behind.length === 0) continue;
      const c = behind.length;
      // A single stroke reaches most nodes so faintly that next to no tile could be left out.
      const multiply: Multiply = ({ scaled }, _, sums) => arena.kernels.product(tiles, nb, scaled, c, sums);
      const mark = arena.mark();
      const work = reserveSteps(this.#graph, c);
      if (have === 1) {
        const seeds = behind.map(([own], label) => ({ label, nodes: [...own.keys()].filter((node) => own[node] > 0) }));
        firstStep(this.#graph, work, seeds, c, alpha);
      } else {
        behind.forEach((column, k) => {
          arena.floats(work.delta, plane * c).set(column[have - 1], k * plane);
        });
        step(this.#graph, work, multiply, c, alpha);
      }
      behind.forEach((column, k) => {
        column.push(arena.floats(work.delta, plane * c).slice(k * plane, (k + 1) * plane));
      });
      arena.release(mark);
    }
  }
}

/** Adds up a label's columns to their t-th iterate. @returns the sum of |Δ| in it; of |Y| for t = 0 */
function addUp({ strokes, iterates, changes }: LabelSum, t: number, plane: number): number {
  while (iterates.length <= t) {
    const at = iterates.length;
    const sum = new Float32Array(plane);
    for (const { weight, column } of strokes) {
      const from = column[at];
      for (let i = 0; i < plane; i++) sum[i] += weight * from[i];
    }
    let change = 0;
    for (let i = 0; i < plane; i++) change += Math.abs(sum[i]);
    if (at > 0) for (let i = 0; i < plane; i++) sum[i] += iterates[at - 1][i];
    iterates.push(sum);
    changes.push(change);
  }
  return changes[t];
}

function indicator(nodes: number[], length: number): Float32Array {
  const out = new Float32Array(length);
  for (const node of nodes) out[node] = 1;
  return out;
}

/** The strokes that own nodes, in order, with their labels and nodes. */
function ownedNodes({ nodes, strokes: owners }: Seeds): { stroke: number; label: number; nodes: number[] }[] {
  const found = new Map<number, { stroke: number; label: number; nodes: number[] }>();
  nodes.forEach((label, node) => {
    if (label < 0) return;
    const stroke = owners[node];
    const own = found.get(stroke);
    if (own) own.nodes.push(node);
    else found.set(stroke, { stroke, label, nodes: [node] });
  });
  return [...found.values()].sort((a, b) => a.stroke - b.stroke);
}
