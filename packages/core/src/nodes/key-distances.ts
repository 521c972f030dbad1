/**
 * Distances from every node to a few nodes, without a matrix of all. Inner products are taken between patches, a row for
 * each patch around a wanted node, and interpolated: nodes of the ×2 grid are linear combinations of patches.
 */

import { linearRows, linearTaps } from '../image/interpolate.ts';
import type { Keys } from '../keys/keys.ts';
import { medianDistance, product, squaredDistances } from './gram.ts';

/** An image's part in {@link distancesTo}: n nodes on an h × w grid. */
export interface KeyDistances {
  h: number;
  w: number;
  /** Keys of the patches: of the node grid itself, or of the grid that it doubles. */
  patches: Keys;
  /** Squared length of every node's key, `[n]`. */
  norms: Float32Array;
  /** Divisor of squared distances: their median over the pairs of an even sample of nodes, or 1 if that is 0. */
  scale: number;
  /** By patch, its inner products with all patches, computed on first use. */
  rows: Map<number, Float32Array>;
}

/** Nodes in the sample for the scale. */
export const medianSample = 192;

/**
 * @param patches keys, centred: cancellation would cost bits
 * @param nodes the same keys at the node grid: `patches`, or their ×2
 */
export function keyDistances(patches: Keys, nodes: Keys): KeyDistances {
  const { data, h, w, d } = nodes;
  const norms = new Float32Array(h * w);
  for (let i = 0, o = 0; i < norms.length; i++) {
    let sum = 0;
    for (const end = o + d; o < end; o++) sum += data[o] * data[o];
    norms[i] = sum;
  }
  return { h, w, patches, norms, scale: medianSquared(nodes) || 1, rows: new Map() };
}

/** The median squared distance over all pairs of at most 192 evenly spaced nodes. */
function medianSquared({ data, h, w, d }: Keys): number {
  const n = h * w;
  const count = Math.min(n, medianSample);
  if (count < 2) return 0;
  const sample = new Float32Array(count * d);
  for (let s = 0; s < count; s++) {
    const o = Math.floor(((s + 0.5) * n) / count) * d;
    sample.set(data.subarray(o, o + d), s * d);
  }
  return medianDistance(squaredDistances(product(sample, count, d))) ** 2;
}

/**
 * Squared key distances from all nodes to each of some nodes, divided by the scale.
 *
 * @param nodes row-major
 * @param visit gets a node's index in `nodes` and its distances `[n]`, which the next call overwrites
 */
export function distancesTo(
  { h, w, patches, norms, scale, rows }: KeyDistances,
  nodes: ArrayLike<number>,
  visit: (index: number, d2: Float32Array) => void,
): void {
  const down = linearTaps(patches.h, h);
  const across = linearTaps(patches.w, w);
  const line = new Float32Array(patches.h * patches.w);
  const rowsOf = linearRows(line, patches.h, patches.w, 1, h, w);
  const out = new Float32Array(h * w);
  for (let index = 0; index < nodes.length; index++) {
    const node = nodes[index];
    const y = Math.floor(node / w);
    const x = node % w;
    const u = across.weight[x];
    const v = down.weight[y];
    line.fill(0);
    for (const [row, rowWeight] of [
      [down.lo[y], 1 - v],
      [down.hi[y], v],
    ]) {
      for (const [column, columnWeight] of [
        [across.lo[x], 1 - u],
        [across.hi[x], u],
      ]) {
        const weight = rowWeight * columnWeight;
        if (weight === 0) continue;
        const products = patchProducts(patches, rows, row * patches.w + column);
        for (let i = 0; i < line.length; i++) line[i] += weight * products[i];
      }
    }
    for (let r = 0, o = 0; r < h; r++) {
      const products = rowsOf(r);
      for (let c = 0; c < w; c++, o++) out[o] = Math.max(0, norms[o] + norms[node] - 2 * products[c]) / scale;
    }
    out[node] = 0;
    visit(index, out);
  }
}

function patchProducts({ data, d }: Keys, rows: Map<number, Float32Array>, patch: number): Float32Array {
  const known = rows.get(patch);
  if (known) return known;
  const row = new Float32Array(data.length / d);
  const p = patch * d;
  for (let i = 0, o = 0; i < row.length; i++, o += d) {
    // Four sums, so that no addition waits for the one before.
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let k = 0;
    for (; k + 4 <= d; k += 4) {
      s0 += data[p + k] * data[o + k];
      s1 += data[p + k + 1] * data[o + k + 1];
      s2 += data[p + k + 2] * data[o + k + 2];
      s3 += data[p + k + 3] * data[o + k + 3];
    }
    for (; k < d; k++) s0 += data[p + k] * data[o + k];
    row[i] = s0 + s1 + (s2 + s3);
  }
  rows.set(patch, row);
  return row;
}
