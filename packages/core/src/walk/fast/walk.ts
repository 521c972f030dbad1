/**
 * The walk solver by kernels, the twin of walk.ts and the files that it composes. n nodes; d dimensions, padded to a
 * multiple of 8; m seeds; c labels.
 */

import type { Address, Arena } from '../../arena/arena.ts';
import { fastCellColours } from '../../image/fast/cells.ts';
import type { RgbImage } from '../../image/image.ts';
import type { Keys } from '../../keys/keys.ts';
import { corners, type Panels, packKeys } from '../../nodes/fast/nodes.ts';
import { type Grid, gridOf } from '../../nodes/grid.ts';
import { medianSample } from '../../nodes/key-distances.ts';
import { type Convergence, type NodeScores, shares } from '../../nodes/scores.ts';
import { selectRank } from '../../nodes/select-rank.ts';
import { type Seeds, sampleSeeds, softWeights } from '../../seeds/seeds.ts';
import { hear } from '../opinion.ts';
import type { RidgeOptions } from '../ridge.ts';
import {
  leastBelief,
  leftOutRows,
  type RidgeBlend,
  rawShare,
  type WalkGraphOptions,
  type WalkOptions,
  walkDefaults,
} from '../walk.ts';
import { maxSample } from '../whiten.ts';
import { solveGrid } from './grid-walk.ts';
import { type PackedKeys, Ridge, vectors } from './ridge.ts';

/** Keys in panels, centred, and whitened like whiten.ts if a shrinkage is given. */
function packWhitened(arena: Arena, keys: Keys, shrinkage: number | undefined): Panels {
  const { h, w, d, space = d } = keys;
  const n = h * w;
  return packKeys(arena, keys, true, (x, mean, { at, depth }) => {
    if (shrinkage === undefined) return;
    const { kernels } = arena;
    const count = Math.min(n, maxSample);
    const sample = arena.reserve(4 * depth * count);
    kernels.packSample(x, n, d, count, mean, sample);
    const covariance = arena.reserve(4 * depth * depth);
    kernels.gram(sample, depth, count, 0, covariance, depth);
    const panels = Math.ceil(n / 8);
    if (kernels.shrink(covariance, depth, d, count, shrinkage * (d / space)) > 0) {
      const factor = arena.reserve(4 * depth * depth);
      const block = arena.reserve(256);
      kernels.factorPanels(covariance, depth, depth, block, factor);
      kernels.substitutePanels(factor, depth, block, at, panels);
    } else arena.bytes(at, 32 * panels * depth).fill(0);
  });
}

/** The median squared distance over all pairs of at most 192 evenly spaced nodes; 1 if it is 0. @param z keys by rows */
function scaleOf(arena: Arena, grid: Grid, z: Address, depth: number): number {
  const { kernels } = arena;
  const n = grid.height * grid.width;
  const count = Math.min(n, medianSample);
  const size = 4 * depth;
  const mark = arena.mark();
  const rows = arena.reserve(count * size);
  const panels = arena.reserve((count + 8) * size);
  const none = arena.reserve(size);
  arena.floats(none, depth).fill(0);
  const stride = Math.ceil(count / 8) * 8;
  const g = arena.reserve(4 * stride * stride);
  for (let s = 0; s < count; s++) {
    const node = Math.floor(((s + 0.5) * n) / count);
    const { patches, u, v } = corners(grid, node);
    const [a, b, c, d] = patches.map((patch) => z + patch * size);
    kernels.mixRows(a, b, c, d, u, v, 0, depth, rows + s * size);
  }
  kernels.pack(rows, count, depth, depth, none, panels);
  kernels.gram(panels, count, depth, 0, g, stride);
  const products = arena.floats(g, stride * stride);
  const squared = new Float32Array((count * (count - 1)) / 2);
  const norms = Float32Array.from({ length: count }, (_, i) => products[i * (stride + 1)]);
  for (let i = 0, o = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) squared[o++] = Math.max(0, norms[i] + norms[j] - 2 * products[i * stride + j]);
  }
  arena.release(mark);
  return (count > 1 && selectRank(new Uint32Array(squared.buffer), (squared.length - 1) >> 1)) || 1;
}

/** An image prepared for the walk. It depends on keys and image alone, and keeps the kernel rows of seeds. */
export class WalkSolver {
  readonly h: number;
  readonly w: number;
  readonly #arena: Arena;
  readonly #keys: Keys;
  readonly #grid: Grid;
  /** Zeros before and after planes. */
  readonly #pad: number;
  /** Floats from one padded plane to the next. */
  readonly #stride: number;
  /** Four padded planes: east, south, south-east, south-west. */
  readonly #edges: Address;
  readonly #degrees: Address;
  readonly #colours: Address;
  readonly #whitened: Ridge;
  #raw: Ridge | undefined;

  constructor(arena: Arena, keys: Keys, image: RgbImage, options: WalkGraphOptions) {
    const { upsample, shrinkage = walkDefaults.shrinkage, edgeColour = walkDefaults.edgeColour } = options;
    const grid = gridOf(keys, upsample);
    const { height, width } = grid;
    this.h = height;
    this.w = width;
    this.#arena = arena;
    this.#keys = keys;
    this.#grid = grid;
    const n = height * width;
    this.#pad = vectors(width + 8);
    this.#stride = vectors(n) + 2 * this.#pad;
    this.#edges = this.#planes(4);
    this.#degrees = this.#planes(1);
    this.#colours = this.#planes(3);
    const colours = fastCellColours(arena, image, height, width);
    const planes = arena.floats(this.#colours, 3 * this.#stride);
    for (let i = 0; i < n; i++) for (let k = 0; k < 3; k++) planes[k * this.#stride + i] = colours[3 * i + k] / 255;
    const packed = this.#pack(shrinkage, this.#edges);
    this.#weighEdges(edgeColour);
    this.#whitened = this.#ridge(packed, walkDefaults.whitened);
  }

  /** Padded planes, all zero. @returns the address of the first node of the first */
  #planes(count: number): Address {
    const at = this.#arena.reserve(4 * this.#stride * count);
    this.#arena.floats(at, this.#stride * count).fill(0);
    return at + 4 * this.#pad;
  }

  /** Packs keys, and computes squared distances along edges. */
  #pack(shrinkage: number | undefined, edges: Address): PackedKeys {
    const arena = this.#arena;
    const { h, w, double, height, width } = this.#grid;
    const panels = packWhitened(arena, this.#keys, shrinkage);
    const { at, depth } = panels;
    const norms = arena.reserve(4 * height * width);
    const mark = arena.mark();
    const rows = arena.reserve(4 * h * w * depth);
    arena.kernels.unpack(at, h * w, depth, rows);
    const lines = arena.reserve(4 * (2 * width + w) * depth);
    arena.kernels.edgeDistances(rows, h, w, depth, double ? 1 : 0, lines, edges, this.#stride, norms);
    const scale = scaleOf(arena, this.#grid, rows, depth);
    arena.release(mark);
    return { grid: this.#grid, panels, norms, scale };
  }

  #weighEdges(colourWeight: number): void {
    const { kernels } = this.#arena;
    const { h, w } = this;
    const n = h * w;
    const sides = [
      { dx: 1, dy: 0 },
      { dx: 0, dy: 1 },
      { dx: 1, dy: 1 },
      { dx: -1, dy: 1 },
    ].map((side, k) => ({ ...side, plane: this.#edges + 4 * k * this.#stride }));
    const all = new Float32Array(4 * n);
    let count = 0;
    for (const { dx, dy, plane } of sides) {
      const d2 = this.#arena.floats(plane, n);
      for (let y = 0; y + dy < h; y++)
        for (let x = Math.max(0, -dx); x < Math.min(w, w - dx); x++) all[count++] = d2[y * w + x];
    }
    // If half of all neighbours are alike (a blank image), the median is 0; any scale then joins them fully.
    const median = (count > 0 && selectRank(new Uint32Array(all.buffer, 0, count), (count - 1) >> 1)) || 1;
    for (const { dx, dy, plane } of sides) {
      const offset = dy * w + dx;
      kernels.edgeWeights(
        plane,
        offset,
        n,
        1 / (2 * median),
        this.#colours,
        this.#stride,
        colourWeight,
        walkDefaults.leastEdge,
      );
      // The last vector may have run into the padding, and there is no edge where the grid ends.
      const weights = this.#arena.floats(plane, n + 4);
      weights.fill(0, n);
      if (dy > 0) weights.fill(0, n - w, n);
      if (dx !== 0) for (let y = 0; y < h; y++) weights[y * w + (dx > 0 ? w - 1 : 0)] = 0;
    }
    kernels.edgeDegrees(this.#edges, this.#stride, n, w, this.#degrees);
  }

  #ridge(keys: PackedKeys, options: RidgeOptions): Ridge {
    const colours = { planes: this.#colours, stride: this.#stride };
    return new Ridge(this.#arena, keys, colours, options);
  }

  /** Ridge on raw keys, built on first use: only few seeds need it. */
  #onRaw(): Ridge {
    if (!this.#raw) {
      // Nothing uses its edges.
      const edges = this.#planes(4);
      this.#raw = this.#ridge(this.#pack(undefined, edges), walkDefaults.raw);
    }
    return this.#raw;
  }

  /** The same as `walk` of walk.ts: scores of every node for every label that owns a seed; rows sum to 1. */
  solve(seeds: Seeds, options: Omit<WalkOptions, keyof RidgeBlend> = {}): NodeScores & Convergence {
    const { hold, tol, maxIter, opinion, ...settings } = { ...walkDefaults, ...options };
    const heard = opinion && hear(opinion, seeds, settings);
    const { sharpness, prior } = heard ?? settings;
    const arena = this.#arena;
    const { kernels } = arena;
    const { h, w } = this;
    const n = h * w;
    const stride = vectors(n);
    const c = seeds.labels.length;
    const { share, count, ...sample } = sampleSeeds(seeds, walkDefaults.most);
    const m = sample.nodes.length;
    const mixed = rawShare(count, c);
    const raw = mixed > 0 ? this.#onRaw() : undefined;
    this.#whitened.makeRoom(m);
    raw?.makeRoom(m);
    const mark = arena.mark();
    const scores = arena.reserve(4 * stride * c);
    this.#whitened.scores(sample, c, share, scores);
    if (raw) {
      const others = arena.reserve(4 * stride * c);
      raw.scores(sample, c, share, others);
      kernels.blend(scores, others, stride * c, mixed);
    }
    if (heard) {
      for (let k = 0; k < c; k++) {
        const own = arena.floats(scores + 4 * stride * k, n);
        for (let i = 0, o = k * n; i < n; i++, o++) own[i] += heard.scores[o];
      }
    }
    kernels.softmaxPlanes(scores, stride, c, sharpness, leastBelief);
    // The kernels know no soft seeds: these go into prior and diagonal.
    const { soft } = seeds;
    const held = arena.put(soft ? new Int32Array(n).fill(-1) : seeds.nodes);
    const diagonal = this.#planes(2);
    const inverse = diagonal + 4 * this.#stride;
    kernels.walkDiagonal(this.#degrees, held, n, prior, hold, diagonal, inverse);
    if (soft) this.#holdSoft(soft, { scores, diagonal, inverse }, c, prior, hold);
    const { planes, ...end } = solveGrid(
      arena,
      { edges: this.#edges, stride: this.#stride, h, w, diagonal, inverse },
      { scores, held, c, prior: soft ? 1 : prior, hold },
      { tol, maxIter },
      () => this.#planes(4),
    );
    arena.release(mark);
    return { ...end, data: shares(planes, n, c), h, w, labels: seeds.labels };
  }

  /** The twin of `walkLeftOut`: what the rest of the drawing says of each seed, `[n, c]`. */
  leaveOut(seeds: Seeds): Float32Array {
    const c = seeds.labels.length;
    const { share, count, ...sample } = sampleSeeds(seeds, walkDefaults.most);
    const { nodes } = sample;
    const strokes = nodes.map((node) => seeds.strokes[node]);
    const mixed = rawShare(count, c);
    const raw = mixed > 0 ? this.#onRaw() : undefined;
    this.#whitened.makeRoom(nodes.length);
    raw?.makeRoom(nodes.length);
    const own = this.#whitened.leftOut(sample, c, share, strokes);
    return leftOutRows(own, raw?.leftOut(sample, c, share, strokes), mixed, nodes, seeds);
  }

  /** P becomes prior·P + hold·Y, and the diagonal gains hold·(sum of Y's row), rounded as the kernels round. */
  #holdSoft(
    soft: Float32Array,
    { scores, diagonal, inverse }: { scores: Address; diagonal: Address; inverse: Address },
    c: number,
    prior: number,
    hold: number,
  ): void {
    const n = this.h * this.w;
    const stride = vectors(n);
    const { fround } = Math;
    for (let k = 0; k < c; k++) {
      const p = this.#arena.floats(scores + 4 * stride * k, n);
      for (let i = 0; i < n; i++) p[i] = fround(fround(prior) * p[i]) + fround(hold * soft[i * c + k]);
    }
    const d = this.#arena.floats(diagonal, n);
    const r = this.#arena.floats(inverse, n);
    softWeights(soft, c).forEach((weight, i) => {
      if (weight === 0) return;
      d[i] += fround(hold * weight);
      r[i] = 1 / d[i];
    });
  }
}
