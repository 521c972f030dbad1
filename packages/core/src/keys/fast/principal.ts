/**
 * Principal coordinates by kernels, the twin of principal.ts: subspace iteration finds the span of the directions, then an
 * eigenvalue problem of that size the directions in it. Halko, Martinsson and Tropp 2011, "Finding Structure with Randomness".
 */
import type { Address, Arena } from '../../arena/arena.ts';
import { eigenvectors } from '../eigen.ts';
import type { Keys } from '../keys.ts';
import { dot, orthonormalise } from '../orthonormal.ts';

/**
 * Directions beside the wanted ones, and rounds. On keys of ViTs the squared length that is left out is then at most 7 % more than the
 * least possible, which for 64 directions is itself 1 % of the variance.
 */
const spare = 8;
const rounds = 2;
/** Directions may stay turned within their span by a little: they are orthonormal all the same. */
const tolerance = 1e-7;

/** The same as `principalCoordinates`, as near as so few rounds come. Leaves nothing in the arena. */
export function fastPrincipal(arena: Arena, { data, h, w, d, space = d }: Keys, count: number): Keys {
  const n = h * w;
  const kept = Math.min(count, d);
  const width = Math.min(d, kept + spare);
  const depth = Math.ceil(d / 8) * 8;
  const mark = arena.mark();
  const { kernels } = arena;
  const none = arena.reserve(4 * depth);
  arena.floats(none, depth).fill(0);
  const x = arena.put(data);
  const keys = arena.reserve(32 * Math.ceil(n / 8) * depth);
  kernels.pack(x, n, d, depth, none, keys);
  const moment = momentOf(arena, x, n, d, none);
  /** XᵀX as panels: symmetric, so its rows are its columns. */
  const panels = arena.reserve(4 * depth * depth);
  kernels.pack(moment, d, d, depth, none, panels);
  const moments: Panels = { at: panels, n: d, depth };

  let span = startOf(width, d);
  for (let round = 0; round < rounds; round++) {
    span = products(arena, span, d, none, moments);
    orthonormalise(span, d, round === rounds - 1 ? 2 : 1);
  }
  const turned = products(arena, span, d, none, moments);
  const small = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      small[i * width + j] = small[j * width + i] = dot(span, i * d, turned, j * d, d);
    }
  }
  const within = eigenvectors(small, width, tolerance);
  const directions = new Float64Array(kept * d);
  for (let k = 0; k < kept; k++) {
    for (let j = 0; j < width; j++) {
      const share = within[k * width + j];
      for (let i = 0; i < d; i++) directions[k * d + i] += share * span[j * d + i];
    }
  }
  const planes = products(arena, directions, d, none, { at: keys, n, depth });
  arena.release(mark);
  const out = new Float32Array(n * kept);
  for (let k = 0; k < kept; k++) for (let i = 0; i < n; i++) out[i * kept + k] = planes[k * n + i];
  return { data: out, h, w, d: kept, space };
}

/** XᵀX, `[d, d]` row-major. */
function momentOf(arena: Arena, x: Address, n: number, d: number, none: Address): Address {
  const { kernels } = arena;
  const depth = Math.ceil(d / 8) * 8;
  const out = arena.reserve(4 * d * d);
  const mark = arena.mark();
  const columns = arena.reserve(4 * depth * n);
  kernels.packSample(x, n, d, n, none, columns);
  const upper = arena.reserve(4 * depth * depth);
  kernels.gram(columns, depth, n, 0, upper, depth);
  const from = arena.floats(upper, depth * depth);
  const to = arena.floats(out, d * d);
  for (let i = 0; i < d; i++) for (let j = i; j < d; j++) to[i * d + j] = to[j * d + i] = from[i * depth + j];
  arena.release(mark);
  return out;
}

/** Rows in panels: see nodes/kernels/gram.ts. */
interface Panels {
  at: Address;
  /** Rows, and their dimensions padded to a multiple of eight. */
  n: number;
  depth: number;
}

/** Inner products of rows `[m, d]` with those in panels. @returns `[m, n]` */
function products(arena: Arena, rows: Float64Array, d: number, none: Address, { at, n, depth }: Panels): Float64Array {
  const { kernels } = arena;
  const mark = arena.mark();
  const m = rows.length / d;
  const stride = Math.ceil(n / 8) * 8;
  const x = arena.put(Float32Array.from(rows));
  const panels = arena.reserve(32 * Math.ceil(m / 8) * depth);
  kernels.pack(x, m, d, depth, none, panels);
  const eight = arena.reserve(32 * stride);
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i += 8) {
    kernels.panelProducts(panels + 4 * i * depth, at, n, depth, eight, stride);
    for (let r = 0; r < Math.min(8, m - i); r++) out.set(arena.floats(eight + 4 * stride * r, n), (i + r) * n);
  }
  arena.release(mark);
  return out;
}

/** Any directions will do, if none lacks a part of those that are sought: numbers of a congruential generator. */
function startOf(width: number, d: number): Float64Array {
  let state = 1;
  return Float64Array.from({ length: width * d }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
