/**
 * Cholesky factors: of a large matrix in float32, in the panels of gram.ts, to share their inner products; of a small matrix
 * that grows, packed by rows in float64 (the twin of walk/cholesky.ts).
 */
import { block } from '../../nodes/kernels/gram';

/**
 * Factor L of A = LLᵀ in panels `[d/8, d, 8]`, d a multiple of 8.
 *
 * @param a `[d, stride]`, symmetric; row i is read from column ⌊i/8⌋·8 on
 * @param scratch 64 floats
 */
export function factorPanels(a: usize, stride: i32, d: i32, scratch: usize, panels: usize): void {
  const size = (<usize>d) << 5;
  for (let i = 0; i < d; i += 8) {
    const rows = panels + <usize>(i >> 3) * size;
    const from = a + ((<usize>i) << 2);
    for (let k = 0; k < i + 8; k++) {
      const row = from + ((<usize>k * <usize>stride) << 2);
      const to = rows + ((<usize>k) << 5);
      v128.store(to, v128.load(row));
      v128.store(to, v128.load(row, 16), 16);
    }
    for (let j = 0; j < i; j += 8) substituteEight(panels + <usize>(j >> 3) * size, j, scratch, rows);
    block(rows, rows, i, scratch, 32);
    block(rows + 16, rows, i, scratch + 128, 32);
    for (let r = 0; r < 8; r++) {
      for (let s = 0; s < 8; s++) {
        const to = rows + ((<usize>(8 * (i + s) + r)) << 2);
        if (s > r) {
          store<f32>(to, 0);
          continue;
        }
        let sum = load<f32>(to) - load<f32>(scratch + ((<usize>(8 * r + s)) << 2));
        for (let q = 0; q < s; q++) sum -= at(rows, i + q, r) * at(rows, i + q, s);
        store<f32>(to, s === r ? sqrt(sum) : sum / at(rows, i + s, s));
      }
    }
  }
}

function at(panel: usize, column: i32, row: i32): f32 {
  return load<f32>(panel + ((<usize>(8 * column + row)) << 2));
}

/**
 * Solves L Z = X in place, for `count` panels X `[d, 8]`: eight vectors at once.
 *
 * @param l from {@link factorPanels}
 * @param scratch 64 floats
 */
export function substitutePanels(l: usize, d: i32, scratch: usize, x: usize, count: i32): void {
  const size = (<usize>d) << 5;
  for (let p = 0; p < count; p++, x += size) {
    for (let i = 0; i < d; i += 8) substituteEight(l + <usize>(i >> 3) * size, i, scratch, x);
  }
}

/** Solves for unknowns i … i + 7 of L Z = X in place, given those before. @param rows the panel of L with rows i … i + 7 */
function substituteEight(rows: usize, i: i32, scratch: usize, x: usize): void {
  block(rows, x, i, scratch, 32);
  block(rows + 16, x, i, scratch + 128, 32);
  const own = x + ((<usize>i) << 5);
  const diagonal = rows + ((<usize>i) << 5);
  for (let r: usize = 0; r < 8; r++) {
    let left = f32x4.sub(v128.load(own + (r << 5)), v128.load(scratch + (r << 5)));
    let right = f32x4.sub(v128.load(own + (r << 5), 16), v128.load(scratch + (r << 5), 16));
    for (let s: usize = 0; s < r; s++) {
      const weight = v128.load32_splat(diagonal + (s << 5) + (r << 2));
      left = f32x4.sub(left, f32x4.mul(weight, v128.load(own + (s << 5))));
      right = f32x4.sub(right, f32x4.mul(weight, v128.load(own + (s << 5), 16)));
    }
    const inverse = f32x4.splat(1 / load<f32>(diagonal + (r << 5) + (r << 2)));
    v128.store(own + (r << 5), f32x4.mul(left, inverse));
    v128.store(own + (r << 5), f32x4.mul(right, inverse), 16);
  }
}

function rowStart(i: usize): usize {
  return (i * (i + 1)) << 2;
}

/** Replaces rows `from` … `to` − 1 of a packed lower triangle by rows of its factor; the rows before are the factor's already. */
export function factorRows(a: usize, from: usize, to: usize): void {
  for (let i = from; i < to; i++) {
    const row = a + rowStart(i);
    for (let j: usize = 0; j <= i; j++) {
      const other = a + rowStart(j);
      const sum = load<f64>(row + (j << 3)) - dot(row, other, j);
      store<f64>(row + (j << 3), j < i ? sum / load<f64>(other + (j << 3)) : sqrt(sum));
    }
  }
}

/** Solves LLᵀ x = b in place, for c vectors of m. */
export function solveRows(l: usize, m: usize, b: usize, c: i32): void {
  for (let k = 0; k < c; k++, b += m << 3) {
    for (let i: usize = 0; i < m; i++) {
      const row = l + rowStart(i);
      store<f64>(b + (i << 3), (load<f64>(b + (i << 3)) - dot(row, b, i)) / load<f64>(row + (i << 3)));
    }
    for (let i = m; i-- > 0; ) {
      const row = l + rowStart(i);
      const value = load<f64>(b + (i << 3)) / load<f64>(row + (i << 3));
      store<f64>(b + (i << 3), value);
      const splat = f64x2.splat(value);
      let q: usize = 0;
      for (; q + 2 <= i; q += 2) {
        const to = b + (q << 3);
        v128.store(to, f64x2.sub(v128.load(to), f64x2.mul(splat, v128.load(row + (q << 3)))));
      }
      if (q < i) store<f64>(b + (q << 3), load<f64>(b + (q << 3)) - value * load<f64>(row + (q << 3)));
    }
  }
}

function dot(a: usize, b: usize, length: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let k: usize = 0;
  for (; k + 4 <= length; k += 4, a += 32, b += 32) {
    s0 = f64x2.add(s0, f64x2.mul(v128.load(a), v128.load(b)));
    s1 = f64x2.add(s1, f64x2.mul(v128.load(a, 16), v128.load(b, 16)));
  }
  const s = f64x2.add(s0, s1);
  let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  for (; k < length; k++, a += 8, b += 8) sum += load<f64>(a) * load<f64>(b);
  return sum;
}
