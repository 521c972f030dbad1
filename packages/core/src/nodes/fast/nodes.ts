/**
 * Inner products of nodes, by kernels: of keys in panels of eight, and of the ×2 grid without ever computing its keys.
 * n nodes; h × w patches.
 */

import type { Address, Arena } from '../../arena/arena.ts';
import type { Keys } from '../../keys/keys.ts';
import type { Grid } from '../grid.ts';

/** Node i of a doubled axis lies between patches `lo` and `hi`, at `weight` of the way. @param size patches on the axis */
function between(i: number, size: number): { lo: number; hi: number; weight: number } {
  return { lo: Math.max((i - 1) >> 1, 0), hi: Math.min((i + 1) >> 1, size - 1), weight: i & 1 ? 0.25 : 0.75 };
}

/** The four patches around a node, row by row, and the node's shares of the way from left (u) and top (v). */
export function corners({ h, w, width, double }: Grid, node: number): { patches: number[]; u: number; v: number } {
  if (!double) return { patches: [node, node, node, node], u: 0, v: 0 };
  const y = between(Math.floor(node / width), h);
  const x = between(node % width, w);
  const patches = [y.lo * w + x.lo, y.lo * w + x.hi, y.hi * w + x.lo, y.hi * w + x.hi];
  return { patches, u: x.weight, v: y.weight };
}

/** Keys in panels: see nodes/kernels/gram.ts. */
export interface Panels {
  at: Address;
  /** Dimensions, padded with zeros to a multiple of eight. */
  depth: number;
}

/**
 * Packs keys into panels, centred or as they are. Centring changes no distance, and cancellation costs fewer bits.
 *
 * @param use gets the keys `[h·w, d]` and their mean `[d]` while they are in the arena
 */
export function packKeys(
  arena: Arena,
  { data, h, w, d }: Keys,
  centre: boolean,
  use: (x: Address, mean: Address, panels: Panels) => void = () => {},
): Panels {
  const { kernels } = arena;
  const n = h * w;
  const depth = Math.ceil(d / 8) * 8;
  const at = arena.reserve(32 * Math.ceil(n / 8) * depth);
  const scratch = arena.mark();
  const x = arena.put(data);
  const mean = arena.reserve(4 * d);
  if (centre) kernels.columnMeans(x, n, d, arena.reserve(8 * d), mean);
  else arena.floats(mean, d).fill(0);
  kernels.pack(x, n, d, depth, mean, at);
  use(x, mean, { at, depth });
  arena.release(scratch);
  return { at, depth };
}

/** The inner products of all nodes, a few rows at a time. */
export interface NodeProducts {
  /** Squared lengths, `[n]`. */
  norms: Float32Array;
  /** Visits rows 4I … 4I + 3, columns from 4I on, for each I in turn; rows are `stride` floats apart. */
  strips(use: (rows: Address, stride: number, I: number) => void): void;
  /** Row i, all of it; the next call overwrites it. */
  row(i: number): Address;
}

/**
 * Its memory stays reserved: callers release it.
 *
 * @param centre see {@link packKeys}
 * @param whole whether `row` is wanted; strips alone need less
 */
export function nodeProducts(arena: Arena, keys: Keys, grid: Grid, centre: boolean, whole: boolean): NodeProducts {
  return grid.double ? doubledProducts(arena, keys, grid, centre, whole) : plainProducts(arena, keys, centre);
}

function plainProducts(arena: Arena, keys: Keys, centre: boolean): NodeProducts {
  const { kernels } = arena;
  const n = keys.h * keys.w;
  const { at, depth } = packKeys(arena, keys, centre);
  const stride = Math.ceil(n / 8) * 8;
  const rows = arena.reserve(32 * stride);
  const eight = (i: number, from: number) => kernels.rowsOfGram(at, i, n, depth, from, rows, stride);
  const norms = new Float32Array(n);
  for (let i = 0; i < n; i += 8) {
    const panel = at + 4 * i * depth;
    kernels.block(panel, panel, depth, rows, 32);
    kernels.block(panel + 16, panel, depth, rows + 128, 32);
    const block = arena.floats(rows, 64);
    for (let r = 0; r < Math.min(8, n - i); r++) norms[i + r] = block[9 * r];
  }
  return {
    norms,
    strips(use) {
      for (let i = 0; i < n; i += 8) {
        eight(i, i);
        use(rows, stride, i / 4);
        if (i + 4 < n) use(rows + 16 * stride, stride, i / 4 + 1);
      }
    },
    row(i) {
      eight(i & ~7, 0);
      return rows + 4 * stride * (i & 7);
    },
  };
}

/**
 * Interpolated keys are linear combinations of the patches' keys, X' = PX, so X'X'ᵀ = P(XXᵀ)Pᵀ, and the Gram matrix of the
 * patches is 16 times less work.
 */
function doubledProducts(arena: Arena, keys: Keys, grid: Grid, centre: boolean, whole: boolean): NodeProducts {
  const { kernels } = arena;
  const { h, w } = grid;
  const patches = h * w;
  const n = 4 * patches;
  const stride = Math.ceil(patches / 8) * 8;
  const g = arena.reserve(4 * stride * stride);
  const line = arena.reserve(4 * patches);
  const row = arena.reserve(4 * (w + 8));
  const length = n + 8;
  const rows = arena.reserve(16 * length);
  const scratch = arena.mark();
  const { at, depth } = packKeys(arena, keys, centre);
  // The first patch of a strip lies a row of the grid above the node.
  kernels.gram(at, patches, depth, whole ? patches : 2 * w + 8, g, stride);
  arena.release(scratch);
  return {
    norms: doubledNorms(arena.floats(g, stride * patches), stride, grid),
    strips(use) {
      for (let i = 0; i < n; i += 4) {
        for (let r = 0; r < 4; r++) kernels.doubledRow(g, stride, h, w, i + r, line, row, rows + r * length * 4);
        use(rows, length, i / 4);
      }
    },
    row(i) {
      const { patches: four, u, v } = corners(grid, i);
      const [a, b, c, d] = four.map((patch) => g + 4 * stride * patch);
      kernels.mixRows(a, b, c, d, u, v, 0, patches, line);
      kernels.doubleGrid(line, h, w, 0, row, rows);
      return rows;
    },
  };
}

/** Squared lengths of the ×2 grid's nodes, each a mixture of four patches. @param g Gram matrix of the patches */
function doubledNorms(g: Float32Array, stride: number, grid: Grid): Float32Array {
  return Float32Array.from({ length: grid.height * grid.width }, (_, node) => {
    const { patches, u, v } = corners(grid, node);
    const weights = [(1 - v) * (1 - u), (1 - v) * u, v * (1 - u), v * u];
    let sum = 0;
    for (let p = 0; p < 4; p++)
      for (let q = 0; q < 4; q++) sum += weights[p] * weights[q] * g[patches[p] * stride + patches[q]];
    return sum;
  });
}
