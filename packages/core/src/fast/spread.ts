/**
 * Spreading by kernels: what spread.ts says in plain TypeScript, over the tiles of a dense graph. n nodes, padded to 4·nb;
 * c labels, one plane of 4·nb floats each.
 */
import { InvalidInputError } from '../errors.ts';
import type { NodeScores } from '../refine.ts';
import type { Seeds } from '../seeds.ts';
import type { Convergence, SpreadOptions } from '../spread.ts';
import type { Address } from './arena.ts';
import type { DenseGraph } from './graph.ts';

/** From so many labels on, tiles that do not matter are left out. */
const manyLabels = 8;

/**
 * What a tile must hand to a node, of all that the node gets, to be worth its time. Each of nb tiles beyond the diagonal
 * may be left out for less than that share, at every iteration: with 1,036 a side and 7 iterations, scores move by at
 * most 7·10⁻⁵ (measured: 6·10⁻⁶, about what rounding does).
 */
const leastShare = 1e-8;

/** As `propagate` of segment.ts: scores of every node for every label that owns a seed. */
export function spreadDense(
  graph: DenseGraph,
  seeds: Seeds,
  options: Required<SpreadOptions>,
): NodeScores & Convergence {
  const { arena, h, w, nb } = graph;
  const { tol } = checked(options);
  const c = seeds.labels.length;
  const plane = 4 * nb;
  const mark = arena.mark();
  const list = c < manyLabels ? undefined : listTiles(graph, seeds, options);
  const planes = new Float32Array(plane * c);
  seeds.nodes.forEach((label, node) => {
    if (label >= 0) planes[label * plane + node] = 1;
  });
  const work = reservePlanes(graph, c);
  const { change, iterations } = iterate(graph, planes, c, options, work, list);
  const data = toRows(arena.floats(work.f, plane * c), plane, h * w, c);
  arena.release(mark);
  return { data, h, w, labels: seeds.labels, iterations, converged: change < tol };
}

interface Planes {
  y: Address;
  f: Address;
  next: Address;
  scaled: Address;
  sums: Address;
}

function reservePlanes({ arena, nb }: DenseGraph, c: number): Planes {
  const [y, f, next, scaled, sums] = [0, 1, 2, 3, 4].map(() => arena.reserve(16 * nb * c));
  return { y, f, next, scaled, sums };
}

/** Tiles worth multiplying: packages/core/kernels/product.ts. */
interface TileList {
  starts: Address;
  list: Address;
}

/**
 * Iterates from F = Y until scikit-learn would stop; F is then at `work.f`.
 *
 * @param seeds Y as planes
 * @param each called with every iterate, Y first
 */
function iterate(
  graph: DenseGraph,
  seeds: Float32Array,
  c: number,
  { alpha, tol, maxIter }: Required<SpreadOptions>,
  work: Planes,
  list?: TileList,
  each: (f: Address) => void = () => {},
) {
  const { arena } = graph;
  arena.floats(work.y, seeds.length).set(seeds);
  arena.floats(work.f, seeds.length).set(seeds);
  let change = seeds.reduce((sum, value) => sum + value, 0);
  let iterations = 0;
  each(work.f);
  for (; change >= tol && iterations < maxIter; iterations++) {
    change = step(graph, work, c, alpha, iterations === 0 ? 'seeded' : list);
    [work.f, work.next] = [work.next, work.f];
    each(work.f);
  }
  return { change, iterations };
}

/**
 * next = αSF + (1 − α)Y, for S = D^−½ A D^−½.
 *
 * @param tiles `seeded` if most of F is zero, or those to go by
 * @returns the sum of |next − F|
 */
function step(
  { arena, nb, tiles, scale }: DenseGraph,
  { y, f, next, scaled, sums }: Planes,
  c: number,
  alpha: number,
  by?: 'seeded' | TileList,
): number {
  const { kernels } = arena;
  kernels.scalePlanes(f, scale, nb, c, scaled);
  if (typeof by === 'object') kernels.listedProduct(tiles, nb, scaled, c, by.starts, by.list, sums);
  else kernels.product(tiles, nb, scaled, c, by === 'seeded' ? 1 : 0, sums);
  return kernels.spreadStep(sums, scale, y, f, nb, c, alpha, next);
}

/** Solves for all labels as if they were one, and lists the tiles that this would miss. */
function listTiles(graph: DenseGraph, seeds: Seeds, options: Required<SpreadOptions>): TileList {
  const { arena, nb, tiles, scale } = graph;
  const plane = 4 * nb;
  const starts = arena.reserve(4 * (nb + 1));
  const list = arena.reserve(2 * nb * nb);
  const mark = arena.mark();
  const most = new Float32Array(plane);
  const work = reservePlanes(graph, 1);
  const all = new Float32Array(plane);
  seeds.nodes.forEach((label, node) => {
    if (label >= 0) all[node] = 1;
  });
  iterate(graph, all, 1, options, work, undefined, (f) => {
    const had = arena.floats(f, plane);
    for (let i = 0; i < plane; i++) most[i] = Math.max(most[i], had[i]);
  });
  const scales = arena.floats(scale, plane);
  const had = arena.floats(work.f, plane);
  for (let i = 0; i < plane; i++) {
    most[i] *= options.alpha * scales[i];
    had[i] /= scales[i];
  }
  arena.kernels.listTiles(tiles, nb, arena.put(most), work.f, leastShare, starts, list);
  arena.release(mark);
  return { starts, list };
}

/** Planes to rows `[n, c]` that sum to 1, or to 0 where nothing arrived. */
function toRows(planes: Float32Array, plane: number, n: number, c: number): Float32Array {
  const out = new Float32Array(n * c);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = 0; k < c; k++) sum += planes[k * plane + i];
    if (sum > 0) for (let k = 0; k < c; k++) out[i * c + k] = planes[k * plane + i] / sum;
  }
  return out;
}

function checked(options: Required<SpreadOptions>): Required<SpreadOptions> {
  if (!(options.alpha > 0 && options.alpha < 1)) {
    throw new InvalidInputError(`alpha ${options.alpha}; expected a number between 0 and 1`);
  }
  return options;
}

/** What one stroke contributes: F after 0, 1, 2 … iterations from its own seeds alone, `[4·nb]` each. */
type Column = Float32Array[];

/** What a label's strokes give together, and how much each iteration changed it. */
interface LabelSum {
  strokes: { weight: number; column: Column }[];
  iterates: Float32Array[];
  changes: number[];
}

/**
 * Spreading by strokes. Every iterate is linear in Y, so what all strokes give together is the sum of what each gives
 * alone, iteration by iteration: scikit-learn's stopping rule can be followed on the sums. A stroke's column is computed
 * once: another stroke costs one column whatever the number of labels, undo and weights cost sums.
 */
export class StrokeColumns {
  readonly #graph: DenseGraph;
  readonly #options: Required<SpreadOptions>;
  /** By the nodes that a stroke owns; those used last come last. */
  readonly #columns = new Map<string, Column>();
  /** By the strokes that a label has, as of the last call: most labels are as they were. */
  #sums = new Map<string, LabelSum>();
  readonly #room: number;

  /** @param room columns kept when nobody asks for them any more */
  constructor(graph: DenseGraph, options: Required<SpreadOptions>, room = 256) {
    this.#graph = graph;
    this.#options = checked(options);
    this.#room = room;
  }

  /** The same as `spreadDense`. @param weight of a stroke, by its number from 1 */
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
    const data = toRows(planes, plane, h * w, sums.length);
    return { data, h, w, labels: seeds.labels, iterations, converged: change < tol };
  }

  /** Of every label: those of the last call where their strokes and weights are the same, else new ones. */
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

  /** Computes the columns' iterates up to the t-th, those that are equally far together. */
  #extend(columns: Column[], t: number): void {
    const { arena, nb } = this.#graph;
    const plane = 4 * nb;
    for (let have = 1; have <= t; have++) {
      const behind = columns.filter((column) => column.length === have);
      if (behind.length === 0) continue;
      const c = behind.length;
      const mark = arena.mark();
      const work = reservePlanes(this.#graph, c);
      behind.forEach((column, k) => {
        arena.floats(work.y, plane * c).set(column[0], k * plane);
        arena.floats(work.f, plane * c).set(column[have - 1], k * plane);
      });
      step(this.#graph, work, c, this.#options.alpha, have === 1 ? 'seeded' : undefined);
      behind.forEach((column, k) => {
        column.push(arena.floats(work.next, plane * c).slice(k * plane, (k + 1) * plane));
      });
      arena.release(mark);
    }
  }
}

/** Adds a label's columns up to their t-th iterates. @returns the sum of |change| that the t-th made, of |Y| at 0 */
function addUp({ strokes, iterates, changes }: LabelSum, t: number, plane: number): number {
  while (iterates.length <= t) {
    const at = iterates.length;
    const sum = new Float32Array(plane);
    for (const { weight, column } of strokes) {
      const from = column[at];
      for (let i = 0; i < plane; i++) sum[i] += weight * from[i];
    }
    let change = 0;
    const before = at > 0 ? iterates[at - 1] : new Float32Array(plane);
    for (let i = 0; i < plane; i++) change += Math.abs(sum[i] - before[i]);
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

/** The strokes that own nodes, in their order, with their label and nodes. */
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
