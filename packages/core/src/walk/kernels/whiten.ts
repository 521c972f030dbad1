/** Whitening, with gram.ts and cholesky.ts: the shrunk covariance, and keys in and out of panels. */
import { rowOf } from '../../nodes/kernels/gram';

/**
 * An even sample of the rows of X − mean `[n, d]`, as panels over columns, `[⌈d/8⌉, count, 8]`: their Gram matrix is `count`
 * times the covariance. Columns beyond d are zero.
 */
export function packSample(x: usize, n: i32, d: i32, count: i32, mean: usize, panels: usize): void {
  for (let s = 0; s < count; s++) {
    const row = x + ((<usize>(<i32>floor(((<f64>s + 0.5) * <f64>n) / <f64>count)) * <usize>d) << 2);
    for (let j = 0; j < d; j += 8) {
      const to = panels + ((<usize>(j >> 3) * <usize>count + <usize>s) << 5);
      const o = (<usize>j) << 2;
      if (j + 8 <= d) {
        v128.store(to, f32x4.sub(v128.load(row + o), v128.load(mean + o)));
        v128.store(to, f32x4.sub(v128.load(row + o, 16), v128.load(mean + o, 16)), 16);
        continue;
      }
      for (let k = j; k < j + 8; k++) {
        const value: f32 = k < d ? load<f32>(row + ((<usize>k) << 2)) - load<f32>(mean + ((<usize>k) << 2)) : 0;
        store<f32>(to + ((<usize>(k - j)) << 2), value);
      }
    }
  }
}

/**
 * C/count + shrinkage·λ̄·I in place, λ̄ the mean of C/count's eigenvalues; 1 on the diagonal beyond d.
 *
 * @param c `[⌈d/8⌉·8, stride]`
 * @returns d·λ̄, the trace
 */
export function shrink(c: usize, stride: i32, d: i32, count: i32, shrinkage: f32): f64 {
  const width = (d + 7) & ~7;
  const scale: f32 = 1 / <f32>count;
  let trace: f64 = 0;
  for (let i = 0; i < width; i++) {
    for (let j = i & ~7; j < width; j++) {
      const to = c + ((<usize>i * <usize>stride + <usize>j) << 2);
      store<f32>(to, load<f32>(to) * scale);
      if (i === j) trace += <f64>load<f32>(to);
    }
  }
  for (let i = 0; i < width; i++) {
    const to = c + ((<usize>i * <usize>stride + <usize>i) << 2);
    store<f32>(to, i < d ? load<f32>(to) + <f32>((<f64>shrinkage * trace) / <f64>d) : 1);
  }
  return trace;
}

/** Panels `[⌈n/8⌉, d, 8]` to rows `[n, d]`. */
export function unpack(panels: usize, n: i32, d: i32, rows: usize): void {
  for (let i = 0; i < n; i++) {
    let from = rowOf(panels, d, i);
    for (let k = 0; k < d; k++, from += 32, rows += 4) store<f32>(rows, load<f32>(from));
  }
}

/**
 * Mixes four rows of panels, by number, bilinearly into row `lane` of another panel, as mixRows of affinity.ts does.
 */
export function mixPanel(
  panels: usize,
  d: i32,
  a: i32,
  b: i32,
  c: i32,
  e: i32,
  u: f32,
  v: f32,
  lane: i32,
  out: usize,
): void {
  let ra = rowOf(panels, d, a);
  let rb = rowOf(panels, d, b);
  let rc = rowOf(panels, d, c);
  let re = rowOf(panels, d, e);
  const wa: f32 = (1 - v) * (1 - u);
  const wb: f32 = (1 - v) * u;
  const wc: f32 = v * (1 - u);
  const we: f32 = v * u;
  let to = out + ((<usize>lane) << 2);
  for (let k = 0; k < d; k++, to += 32, ra += 32, rb += 32, rc += 32, re += 32) {
    const upper: f32 = wa * load<f32>(ra) + wb * load<f32>(rb);
    store<f32>(to, upper + (wc * load<f32>(rc) + we * load<f32>(re)));
  }
}
