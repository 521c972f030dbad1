/**
 * Resizes a grid of embeddings exactly as PyTorch's `interpolate` does (align_corners false), so that a position embedding at
 * another size is the one that the model was trained and used with. Sums are in double precision.
 *
 * Source: ATen/native/UpSample.h, cpu/UpSampleKernel.cpp; Keys 1981, "Cubic convolution interpolation".
 */
import type { Interpolation } from '@saltworks/contract/kinds';

/** A grid of vectors, `[h, w, d]` row-major. */
export interface Grid {
  readonly data: Float32Array;
  readonly h: number;
  readonly w: number;
  readonly d: number;
}

/** Weights of one place of an axis: of the places from `first` on. */
interface Taps {
  first: number;
  weights: Float64Array;
}

/** Resizes to h × w. At the grid's own size the values come back as they are. */
export function interpolate({ data, h: h0, w: w0, d }: Grid, h: number, w: number, mode: Interpolation): Grid {
  if (h === h0 && w === w0) return { data, h, w, d };
  const across = along(mode, w0, w);
  const down = along(mode, h0, h);
  const rows = new Float64Array(h0 * w * d);
  for (let y = 0; y < h0; y++) {
    for (let x = 0; x < w; x++) {
      const { first, weights } = across[x];
      const to = (y * w + x) * d;
      for (let k = 0; k < weights.length; k++) {
        const from = (y * w0 + first + k) * d;
        for (let i = 0; i < d; i++) rows[to + i] += weights[k] * data[from + i];
      }
    }
  }
  const out = new Float32Array(h * w * d);
  const sum = new Float64Array(w * d);
  for (let y = 0; y < h; y++) {
    const { first, weights } = down[y];
    sum.fill(0);
    for (let k = 0; k < weights.length; k++) {
      const from = (first + k) * w * d;
      for (let i = 0; i < sum.length; i++) sum[i] += weights[k] * rows[from + i];
    }
    out.set(sum, y * w * d);
  }
  return { data: out, h, w, d };
}

/** The weights of each of n places among n0. */
function along(mode: Interpolation, n0: number, n: number): Taps[] {
  const scale = n0 / (mode === 'bicubic-scale' ? n + 0.1 : n);
  const at = { bicubic: cubic, 'bicubic-scale': cubic, 'bicubic-antialias': antialiased, bilinear: linear }[mode];
  return Array.from({ length: n }, (_, i) => at(scale * (i + 0.5), scale, n0));
}

/** Places beyond the ends count as the ends. @param centre in cells: the first spans 0 to 1 */
function cubic(centre: number, _: number, n0: number): Taps {
  const from = Math.floor(centre - 0.5) - 1;
  return clamped(
    from,
    [0, 1, 2, 3].map((k) => keys(from + k - (centre - 0.5), -0.75)),
    n0,
  );
}

function linear(centre: number, _: number, n0: number): Taps {
  const at = Math.max(centre - 0.5, 0);
  const from = Math.floor(at);
  return clamped(from, [1 - (at - from), at - from], n0);
}

/** The kernel widens as the grid shrinks; it covers no place beyond the ends, and its weights sum to 1. */
function antialiased(centre: number, scale: number, n0: number): Taps {
  const stretch = Math.max(scale, 1);
  const first = Math.max(Math.trunc(centre - 2 * stretch + 0.5), 0);
  const end = Math.min(Math.trunc(centre + 2 * stretch + 0.5), n0);
  const weights = Float64Array.from({ length: end - first }, (_, k) =>
    keys((first + k - centre + 0.5) / stretch, -0.5),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { first, weights: weights.map((weight) => weight / total) };
}

function clamped(from: number, weights: readonly number[], n0: number): Taps {
  const first = Math.min(Math.max(from, 0), n0 - 1);
  const last = Math.min(Math.max(from + weights.length - 1, 0), n0 - 1);
  const out = new Float64Array(last - first + 1);
  for (const [k, weight] of weights.entries()) out[Math.min(Math.max(from + k, first), last) - first] += weight;
  return { first, weights: out };
}

/** Keys' cubic kernel. */
function keys(x: number, a: number): number {
  const t = Math.abs(x);
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? a * (((t - 5) * t + 8) * t - 4) : 0;
}
