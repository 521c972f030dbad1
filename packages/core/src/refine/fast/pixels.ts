/** Pixels' scores, energies and owners in an arena, by kernels/pixels.ts. */

import type { Address, Arena } from '../../arena/arena.ts';
import type { RgbImage } from '../../image/image.ts';
import { linearTaps } from '../../image/interpolate.ts';
import type { NodeScores } from '../../nodes/scores.ts';
import { usualSmoothing } from '../colour-likelihood.ts';
import { type HeldLabels, holdRows } from '../held.ts';

/** A grid of vectors, `[h, w, c]` float32 row-major. */
export interface Grid {
  data: Address;
  h: number;
  w: number;
  c: number;
}

/** `rows(y0, y1, out)` writes rows y0 … y1 − 1 of a resized grid, `[y1 − y0, width, c]`. */
export type Rows = (y0: number, y1: number, out: Address) => void;

export function linearRows(arena: Arena, { data, h, w, c }: Grid, height: number, width: number): Rows {
  const taps = (from: number, to: number) => {
    const { lo, hi, weight } = linearTaps(from, to);
    const bytes = new Int32Array(3 * to);
    const weights = new Float32Array(bytes.buffer);
    for (let i = 0; i < to; i++) {
      bytes[3 * i] = lo[i];
      bytes[3 * i + 1] = hi[i];
      weights[3 * i + 2] = weight[i];
    }
    return arena.put(bytes);
  };
  const down = taps(h, height);
  const across = taps(w, width);
  const line = arena.reserve(4 * w * c);
  return (y0, y1, out) => void arena.kernels.interpolateRows(data, w, c, down, across, y0, y1, width, line, out);
}

/** The number of rows in a block: their scores stay in the second cache. */
export const rowsInBlock = 8;

/** Calls `visit` for blocks of rows y0 … y1 − 1, which lie at `at`. */
export function inBlocks(
  arena: Arena,
  rows: Rows,
  { width, height, c }: { width: number; height: number; c: number },
  visit: (at: Address, y0: number, y1: number) => void,
): void {
  const at = arena.reserve(4 * rowsInBlock * width * c);
  for (let y = 0; y < height; y += rowsInBlock) {
    const end = Math.min(y + rowsInBlock, height);
    rows(y, end, at);
    visit(at, y, end);
  }
}

/**
 * Pixel scores: interpolated between nodes, certain at held pixels, and weighed by colour if wanted.
 *
 * @param pixels the image's bytes
 */
export function softRows(
  arena: Arena,
  { width, height }: RgbImage,
  pixels: Address,
  { data, h, w, labels }: NodeScores,
  exponent: number,
  held?: HeldLabels,
  smoothing = usualSmoothing,
): Rows {
  const { kernels } = arena;
  const c = labels.length;
  const n = width * height;
  const interpolated = linearRows(arena, { data: arena.put(data), h, w, c }, height, width);
  const rows: Rows = held
    ? (y0, y1, out) => {
        interpolated(y0, y1, out);
        holdRows(arena.floats(out, (y1 - y0) * width * c), held, c, width, y0);
      }
    : interpolated;
  if (!(exponent > 0)) return rows;

  const lanes = (c + 3) & ~3;
  const bins = 4096;
  let counts = arena.reserve(4 * bins * lanes);
  let blurred = arena.reserve(4 * bins * lanes);
  const totals = arena.reserve(8 * lanes);
  arena.bytes(counts, 4 * bins * lanes).fill(0);
  const mark = arena.mark();
  inBlocks(arena, rows, { width, height, c }, (at, y0, y1) => {
    kernels.countColours(at, pixels + 3 * y0 * width, (y1 - y0) * width, c, counts);
  });
  arena.release(mark);
  kernels.colourTotals(counts, c, totals);
  for (const step of [0, 4, 8]) {
    kernels.blurColours(counts, c, step, blurred);
    [counts, blurred] = [blurred, counts];
  }
  kernels.colourPosteriors(counts, c, totals, n, smoothing, exponent);
  return (y0, y1, out) => {
    rows(y0, y1, out);
    kernels.weighByColours(out, pixels + 3 * y0 * width, (y1 - y0) * width, c, counts);
  };
}

/** Every pixel takes the value of the node whose cell holds it. @returns `[height, width]` int32 */
export function nearest(arena: Arena, nodes: Int32Array, h: number, w: number, height: number, width: number): Address {
  const columns = arena.put(Int32Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * w) / width)));
  const from = arena.put(nodes);
  const out = arena.reserve(4 * width * height);
  arena.kernels.nearestNodes(from, h, w, columns, height, width, out);
  return out;
}
