/**
 * Tables of positions that the host fills in: a learned position embedding, resized to the grid of patches, or the sines and
 * cosines of rotary positions. The graph takes each as an input, so any interpolation works on any opset.
 */
import type { Interpolation } from '@saltworks/contract/kinds';
import { type Grid, interpolate } from './interpolate.ts';

/** A column of a rotary table: a wave over the normalised, centred rows or columns of the grid. */
export interface Wave {
  readonly of: 'cos' | 'sin';
  readonly along: 'y' | 'x';
  /** Radians from the middle of the grid to its edge. */
  readonly frequency: number;
}

/** A graph input, `[tokens, d]` float32: the prefix tokens' rows, then the patches' in row-major order. */
export interface HostTable {
  readonly input: string;
  /** Columns. */
  readonly d: number;
  /** Rows of prefix tokens, p × d row-major; the same at any size. */
  readonly prefix: Float32Array;
  /** The patches' rows: a grid to resize, or waves. */
  readonly patches: { readonly grid: Grid } | { readonly waves: readonly Wave[] };
}

/** All tables of a graph. */
export type HostPositions = readonly HostTable[];

/** Fills a table in for h × w patches. @returns `[p + h · w, d]` row-major */
export function fillTable({ prefix, patches, d }: HostTable, h: number, w: number, mode: Interpolation): Float32Array {
  const out = new Float32Array(prefix.length + h * w * d);
  out.set(prefix);
  const rows = out.subarray(prefix.length);
  if ('grid' in patches) {
    rows.set(interpolate(patches.grid, h, w, mode).data);
    return out;
  }
  for (const [column, { of, along, frequency }] of patches.waves.entries()) {
    const n = along === 'y' ? h : w;
    const wave = Float32Array.from({ length: n }, (_, i) => Math[of](frequency * centred(i, n)));
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) rows[(y * w + x) * d + column] = wave[along === 'y' ? y : x];
    }
  }
  return out;
}

/** The middle of cell i of n, where −1 and 1 are the edges. */
export const centred = (i: number, n: number): number => (2 * i + 1) / n - 1;
