/** Kernel ridge regression from seeds, by kernels: the twin of ridge.ts and of nodes/key-distances.ts. */

import type { Address, Arena } from '../../arena/arena.ts';
import { corners, type Panels } from '../../nodes/fast/nodes.ts';
import type { Grid } from '../../nodes/grid.ts';
import type { SeedList } from '../../seeds/seeds.ts';
import { type RidgeOptions, ridgeLeftOut } from '../ridge.ts';

/** Keys of an image in an arena, whitened or only centred. */
export interface PackedKeys {
  grid: Grid;
  /** The patches' keys. */
  panels: Panels;
  /** Squared lengths of the nodes' keys. */
  norms: Address;
  /** Divisor of squared distances: their median over the pairs of an even sample of nodes, or 1 if that is 0. */
  scale: number;
}

/** Ridge on one kind of keys. Kernel rows and factor are kept as long as the next seeds start with the same ones. */
export class Ridge {
  readonly #arena: Arena;
  readonly #keys: PackedKeys;
  readonly #options: RidgeOptions;
  readonly #colours: { planes: Address; stride: number };
  /** γ times each node's own part of its distances. */
  readonly #terms: Address;
  /** The number of seeds that fit. */
  #room = 0;
  /** `[m, n]`, n rounded up to whole vectors. */
  #kernel: Address = 0;
  /** Packed lower triangle. */
  #factor: Address = 0;
  /** The seeds in kernel and factor, and the ridge of each. */
  #nodes: Int32Array = new Int32Array(0);
  #ridges: Float64Array = new Float64Array(0);

  constructor(arena: Arena, keys: PackedKeys, colours: { planes: Address; stride: number }, options: RidgeOptions) {
    const { height, width } = keys.grid;
    this.#arena = arena;
    this.#keys = keys;
    this.#options = options;
    this.#colours = colours;
    const gamma = -1 / (2 * options.width ** 2);
    this.#terms = arena.reserve(4 * height * width);
    arena.kernels.ridgeTerms(
      keys.norms,
      keys.scale,
      colours.planes,
      colours.stride,
      options.colour,
      gamma,
      height * width,
      this.#terms,
    );
  }

  /** Makes lasting room for m seeds. Call it only while no scratch is reserved. */
  makeRoom(m: number): void {
    if (m <= this.#room) return;
    const { height, width } = this.#keys.grid;
    this.#room = Math.max(m, 2 * this.#room, 256);
    this.#kernel = this.#arena.reserve(4 * vectors(height * width) * this.#room);
    this.#factor = this.#arena.reserve(4 * this.#room * (this.#room + 1));
    this.#nodes = new Int32Array(0);
  }

  /**
   * U = 1/c + G(all, seeds) (G(seeds, seeds) + ridge·I)⁻¹ (Y − 1/c).
   *
   * @param seeds at most as many as there is room for
   * @param share factor of the ridge
   * @param out planes `[c, n rounded up to whole vectors]`
   */
  scores(seeds: SeedList, c: number, share: number, out: Address): void {
    const { kernels } = this.#arena;
    const { nodes, labels, soft } = seeds;
    const m = nodes.length;
    this.#take(seeds, share);
    const mark = this.#arena.mark();
    const weights = this.#arena.reserve(8 * m * c);
    const y = this.#arena.doubles(weights, m * c).fill(-1 / c);
    if (soft) for (let s = 0, o = 0; s < m; s++) for (let k = 0; k < c; k++) y[k * m + s] += soft.rows[o++];
    else for (let s = 0; s < m; s++) y[labels[s] * m + s] += 1;
    kernels.solveRows(this.#factor, m, weights, c);
    const { height, width } = this.#keys.grid;
    const scratch = this.#arena.reserve(256 * m);
    kernels.ridgeSums(this.#kernel, vectors(height * width), m, weights, c, 1 / c, out, scratch);
    this.#arena.release(mark);
  }

  /** The twin of `ridgeLeftOut`, `[m, c]`. @param groups of the seeds */
  leftOut(seeds: SeedList, c: number, share: number, groups: ArrayLike<number>): Float32Array {
    this.#take(seeds, share);
    const { labels, soft } = seeds;
    const m = labels.length;
    return ridgeLeftOut(this.#arena.doubles(this.#factor, (m * (m + 1)) / 2), labels, c, groups, soft?.rows);
  }

  #take({ nodes, soft }: SeedList, share: number): void {
    const ridge = share * this.#options.ridge;
    this.#append(
      nodes,
      Float64Array.from(nodes, (_, s) => ridge / (soft?.weights[s] ?? 1)),
    );
  }

  /** Brings kernel and factor to these seeds; the kernel rows of seeds that stay are kept, and the factor's first rows. */
  #append(nodes: Int32Array, ridges: Float64Array): void {
    const { kernels } = this.#arena;
    const n = this.#keys.grid.height * this.#keys.grid.width;
    const m = nodes.length;
    const same = (s: number) => nodes[s] === this.#nodes[s] && ridges[s] === this.#ridges[s];
    let shared = 0;
    while (shared < Math.min(m, this.#nodes.length) && same(shared)) shared++;
    this.#bringRows(nodes, shared);
    const factor = this.#arena.doubles(this.#factor, (m * (m + 1)) / 2);
    for (let s = shared; s < m; s++) {
      const kernel = this.#arena.floats(this.#kernel + 4 * vectors(n) * s, n);
      const start = (s * (s + 1)) / 2;
      for (let t = 0; t < s; t++) factor[start + t] = kernel[nodes[t]];
      factor[start + s] = kernel[nodes[s]] + ridges[s];
    }
    kernels.factorRows(this.#factor, shared, m);
    this.#nodes = nodes;
    this.#ridges = ridges;
  }

  /** Brings the kernel's rows from `shared` on to these nodes: those that it has elsewhere move. */
  #bringRows(nodes: Int32Array, shared: number): void {
    const length = vectors(this.#keys.grid.height * this.#keys.grid.width);
    const rows = (from: number, to: number) =>
      this.#arena.floats(this.#kernel + 4 * length * from, length * (to - from));
    const known = new Map(Array.from(this.#nodes.subarray(shared), (node, i) => [node, i]));
    const kept = rows(shared, this.#nodes.length).slice();
    const missing: { node: number; row: number }[] = [];
    for (let s = shared; s < nodes.length; s++) {
      const from = known.get(nodes[s]);
      if (from === undefined) missing.push({ node: nodes[s], row: s });
      else rows(s, s + 1).set(kept.subarray(length * from, length * (from + 1)));
    }
    for (let i = 0; i < missing.length; i += 8) this.#rows(missing.slice(i, i + 8));
  }

  /** Computes the kernel rows of up to eight nodes. */
  #rows(wanted: readonly { node: number; row: number }[]): void {
    const arena = this.#arena;
    const { kernels } = arena;
    const { grid, panels, scale } = this.#keys;
    const { h, w } = grid;
    const { depth } = panels;
    const n = grid.height * grid.width;
    const stride = Math.ceil((h * w) / 8) * 8;
    const mark = arena.mark();
    const panel = arena.reserve(32 * depth);
    const products = arena.reserve(32 * stride);
    const row = arena.reserve(4 * (w + 8));
    const doubled = arena.reserve(4 * n + 64);
    wanted.forEach(({ node }, lane) => {
      const { patches, u, v } = corners(grid, node);
      kernels.mixPanel(panels.at, depth, patches[0], patches[1], patches[2], patches[3], u, v, lane, panel);
    });
    kernels.panelProducts(panel, panels.at, h * w, depth, products, stride);
    wanted.forEach(({ node, row: to }, lane) => {
      let from = products + 4 * stride * lane;
      if (grid.double) {
        kernels.doubleGrid(from, h, w, 0, row, doubled);
        from = doubled;
      }
      const { planes, stride: plane } = this.#colours;
      const { width, colour } = this.#options;
      const at = this.#kernel + 4 * vectors(n) * to;
      kernels.ridgeRow(from, this.#terms, node, scale, planes, plane, colour, -1 / (2 * width * width), n, at);
    });
    arena.release(mark);
  }
}

export const vectors = (n: number): number => Math.ceil(n / 4) * 4;
