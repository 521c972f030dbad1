/** Spreading over the tiles of affinity.ts: products with several labels at once, a plane of 4·nb floats each. */

import { sums4 } from '../../arena/kernels/exp';
import { tileRow } from './affinity';

/** The number of tiles that stay in the first cache while every label passes over them. */
export const chunk = 192;

/**
 * out = A·D^−½·Y for seeds Y, nodes with a label each: the sum of the seeds' rows of A.
 *
 * @param scale D^−½ `[4·nb]`
 * @param seeds `[count, 2]` int32: node and label
 * @param out planes `[c, 4·nb]`
 */
export function seededProduct(tiles: usize, nb: i32, scale: usize, seeds: usize, count: i32, c: i32, out: usize): void {
  const plane = (<usize>nb) << 4;
  memory.fill(out, 0, plane * <usize>c);
  for (let at = seeds; at < seeds + ((<usize>count) << 3); at += 8) {
    const node = load<i32>(at);
    const J = node >> 2;
    const share = v128.load32_splat(scale + ((<usize>node) << 2));
    let to = out + plane * <usize>load<i32>(at, 4);
    // Above its own row, a node's entries stand in a column of their tiles.
    let column = tiles + ((<usize>J) << 6) + ((<usize>(node & 3)) << 2);
    for (let I = 0; I < J; I++, to += 16) {
      let entries = v128.load32_zero(column);
      entries = v128.load_lane<f32>(column, entries, 1, 16);
      entries = v128.load_lane<f32>(column, entries, 2, 32);
      entries = v128.load_lane<f32>(column, entries, 3, 48);
      v128.store(to, f32x4.add(v128.load(to), f32x4.mul(entries, share)));
      column += (<usize>(nb - I - 1)) << 6;
    }
    const end = tiles + (tileRow(J + 1, nb) << 6);
    for (let row = tiles + (tileRow(J, nb) << 6) + ((<usize>(node & 3)) << 4); row < end; row += 64, to += 16) {
      v128.store(to, f32x4.add(v128.load(to), f32x4.mul(v128.load(row), share)));
    }
  }
}

/**
 * out = A·F for planes F `[c, 4·nb]`. Each tile serves twice: its rows for the nodes of its tile row, its columns for those
 * of its tile column.
 */
export function product(tiles: usize, nb: i32, f: usize, c: i32, out: usize): void {
  const plane = (<usize>nb) << 4;
  memory.fill(out, 0, plane * <usize>c);
  for (let I = 0; I < nb; I++) {
    diagonalTile(tiles, f + ((<usize>I) << 4), c, plane, out + ((<usize>I) << 4));
    tiles += 64;
    for (let J = I + 1; J < nb; J += chunk) {
      const count = min(chunk, nb - J);
      const across = (<usize>J) << 4;
      for (let k = 0; k < c; k++) {
        const own = plane * <usize>k + ((<usize>I) << 4);
        const other = plane * <usize>k + across;
        tileRun(tiles, count, f + own, f + other, out + own, out + other);
      }
      tiles += (<usize>count) << 6;
    }
  }
}

export function diagonalTile(tile: usize, f: usize, c: i32, plane: usize, out: usize): void {
  for (let k = 0; k < c; k++, f += plane, out += plane) {
    let sum = f32x4.mul(v128.load(tile), v128.load32_splat(f));
    sum = f32x4.add(sum, f32x4.mul(v128.load(tile, 16), v128.load32_splat(f, 4)));
    sum = f32x4.add(sum, f32x4.mul(v128.load(tile, 32), v128.load32_splat(f, 8)));
    sum = f32x4.add(sum, f32x4.mul(v128.load(tile, 48), v128.load32_splat(f, 12)));
    v128.store(out, f32x4.add(v128.load(out), sum));
  }
}

function tileRun(tile: usize, count: i32, fi: usize, fj: usize, yi: usize, yj: usize): void {
  const s0 = v128.load32_splat(fi),
    s1 = v128.load32_splat(fi, 4),
    s2 = v128.load32_splat(fi, 8),
    s3 = v128.load32_splat(fi, 12);
  let a0 = f32x4.splat(0),
    a1 = a0,
    a2 = a0,
    a3 = a0;
  const end = tile + ((<usize>count) << 6);
  for (; tile < end; tile += 64, fj += 16, yj += 16) {
    const x = v128.load(fj);
    const t0 = v128.load(tile),
      t1 = v128.load(tile, 16);
    a0 = f32x4.add(a0, f32x4.mul(t0, x));
    a1 = f32x4.add(a1, f32x4.mul(t1, x));
    const y0 = f32x4.add(f32x4.mul(t0, s0), f32x4.mul(t1, s1));
    const t2 = v128.load(tile, 32),
      t3 = v128.load(tile, 48);
    a2 = f32x4.add(a2, f32x4.mul(t2, x));
    a3 = f32x4.add(a3, f32x4.mul(t3, x));
    const y1 = f32x4.add(f32x4.mul(t2, s2), f32x4.mul(t3, s3));
    v128.store(yj, f32x4.add(v128.load(yj), f32x4.add(y0, y1)));
  }
  v128.store(yi, f32x4.add(v128.load(yi), sums4(a0, a1, a2, a3)));
}

/** out = F·scale, plane by plane. @param scale `[4·nb]` */
export function scalePlanes(f: usize, scale: usize, nb: i32, c: i32, out: usize): void {
  const plane = (<usize>nb) << 4;
  for (let k = 0; k < c; k++) {
    for (let i: usize = 0; i < plane; i += 16, f += 16, out += 16) {
      v128.store(out, f32x4.mul(v128.load(f), v128.load(scale + i)));
    }
  }
}

/**
 * A step of spreading: Δ = α·scale·product, F += Δ.
 *
 * @param moved receives each node's sum of |Δ| over labels, `[4·nb]`
 * @returns the sum of |Δ|
 */
export function advance(
  product: usize,
  scale: usize,
  nb: i32,
  c: i32,
  alpha: f32,
  delta: usize,
  f: usize,
  moved: usize,
): f64 {
  const plane = (<usize>nb) << 4;
  const a = f32x4.splat(alpha);
  memory.fill(moved, 0, plane);
  for (let k = 0; k < c; k++) {
    for (let i: usize = 0; i < plane; i += 16, product += 16, delta += 16, f += 16) {
      const change = f32x4.mul(a, f32x4.mul(v128.load(scale + i), v128.load(product)));
      v128.store(delta, change);
      v128.store(f, f32x4.add(v128.load(f), change));
      v128.store(moved + i, f32x4.add(v128.load(moved + i), f32x4.abs(change)));
    }
  }
  let low = f64x2.splat(0),
    high = f64x2.splat(0);
  for (let i: usize = 0; i < plane; i += 16) {
    const sums = v128.load(moved + i);
    low = f64x2.add(low, f64x2.promote_low_f32x4(sums));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(sums, sums, 2, 3, 2, 3)));
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
