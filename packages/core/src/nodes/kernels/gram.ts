/**
 * Inner products of rows, in blocks of 4 × 8 that stay in registers. Rows lie in panels of eight, `[⌈n/8⌉, d, 8]`: the
 * eight values that a block needs at once are neighbours. Rows beyond n are zero.
 */

/** Column means of X `[n, d]` row-major into mean `[d]`, summed in float64. @param sums scratch, d float64 */
export function columnMeans(x: usize, n: i32, d: i32, sums: usize, mean: usize): void {
  memory.fill(sums, 0, (<usize>d) << 3);
  for (let i = 0; i < n; i++) {
    let k = 0;
    for (; k + 2 <= d; k += 2, x += 8) {
      const at = sums + ((<usize>k) << 3);
      v128.store(at, f64x2.add(v128.load(at), f64x2.promote_low_f32x4(v128.load64_zero(x))));
    }
    for (; k < d; k++, x += 4) {
      const at = sums + ((<usize>k) << 3);
      store<f64>(at, load<f64>(at) + <f64>load<f32>(x));
    }
  }
  for (let k = 0; k < d; k++) store<f32>(mean + ((<usize>k) << 2), <f32>(load<f64>(sums + ((<usize>k) << 3)) / <f64>n));
}

/** Packs X − mean `[n, d]` row-major into panels of `depth` ≥ d columns; those beyond d are zero. */
export function pack(x: usize, n: i32, d: i32, depth: i32, mean: usize, panels: usize): void {
  const rows = (n + 7) & ~7;
  const bytes = (<usize>d) << 2;
  const whole = d & ~3;
  for (let i = 0; i < rows; i += 4) {
    let from = 0;
    if (i + 4 <= n) {
      const corner = x + <usize>i * bytes;
      const to = rowOf(panels, depth, i);
      for (; from < whole; from += 4) {
        const o = (<usize>from) << 2;
        packFour(corner + o, bytes, v128.load(mean + o), to + (o << 3));
      }
    }
    for (let r = i; r < i + 4; r++) {
      const row = x + <usize>r * bytes;
      let to = rowOf(panels, depth, r) + ((<usize>from) << 5);
      for (let k = from; k < depth; k++, to += 32) {
        const o = (<usize>k) << 2;
        store<f32>(to, r < n && k < d ? load<f32>(row + o) - load<f32>(mean + o) : 0);
      }
    }
  }
}

/** Turns four rows of four, `bytes` apart, less their means, into columns 32 bytes apart. */
function packFour(x: usize, bytes: usize, mean: v128, to: usize): void {
  const a = f32x4.sub(v128.load(x), mean);
  const b = f32x4.sub(v128.load(x + bytes), mean);
  const c = f32x4.sub(v128.load(x + 2 * bytes), mean);
  const d = f32x4.sub(v128.load(x + 3 * bytes), mean);
  const lower = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const upper = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  v128.store(to, v128.shuffle<f32>(lower, upper, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(lower, upper, 2, 3, 6, 7), 32);
  const last = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const others = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(last, others, 0, 1, 4, 5), 64);
  v128.store(to, v128.shuffle<f32>(last, others, 2, 3, 6, 7), 96);
}

/** The start of row i in panels; its values are 32 bytes apart. */
export function rowOf(panels: usize, d: i32, i: i32): usize {
  return panels + ((<usize>(i >> 3) * <usize>d) << 5) + ((<usize>(i & 7)) << 2);
}

/**
 * Inner products of four rows of a panel (`a` points at their half of it) with the eight rows of panel b: out is four rows
 * of 8, `stride` bytes apart.
 */
export function block(a: usize, b: usize, d: i32, out: usize, stride: usize): void {
  let r0 = f32x4.splat(0),
    r1 = r0,
    r2 = r0,
    r3 = r0,
    r4 = r0,
    r5 = r0,
    r6 = r0,
    r7 = r0;
  let x = r0;
  const end = b + ((<usize>d) << 5);
  // Four steps a turn: engines check for interrupts once a turn, which takes an eighth of the time of a single step. The
  // exits between steps keep the steps apart: without them the compiler moves all loads to the front and runs out of registers.
  while (b < end) {
    const left0 = v128.load(b);
    const right0 = v128.load(b, 16);
    x = v128.load32_splat(a);
    r0 = plus(r0, x, left0);
    r1 = plus(r1, x, right0);
    x = v128.load32_splat(a, 4);
    r2 = plus(r2, x, left0);
    r3 = plus(r3, x, right0);
    x = v128.load32_splat(a, 8);
    r4 = plus(r4, x, left0);
    r5 = plus(r5, x, right0);
    x = v128.load32_splat(a, 12);
    r6 = plus(r6, x, left0);
    r7 = plus(r7, x, right0);
    a += 32;
    b += 32;
    if (b >= end) break;
    const left1 = v128.load(b);
    const right1 = v128.load(b, 16);
    x = v128.load32_splat(a);
    r0 = plus(r0, x, left1);
    r1 = plus(r1, x, right1);
    x = v128.load32_splat(a, 4);
    r2 = plus(r2, x, left1);
    r3 = plus(r3, x, right1);
    x = v128.load32_splat(a, 8);
    r4 = plus(r4, x, left1);
    r5 = plus(r5, x, right1);
    x = v128.load32_splat(a, 12);
    r6 = plus(r6, x, left1);
    r7 = plus(r7, x, right1);
    a += 32;
    b += 32;
    if (b >= end) break;
    const left2 = v128.load(b);
    const right2 = v128.load(b, 16);
    x = v128.load32_splat(a);
    r0 = plus(r0, x, left2);
    r1 = plus(r1, x, right2);
    x = v128.load32_splat(a, 4);
    r2 = plus(r2, x, left2);
    r3 = plus(r3, x, right2);
    x = v128.load32_splat(a, 8);
    r4 = plus(r4, x, left2);
    r5 = plus(r5, x, right2);
    x = v128.load32_splat(a, 12);
    r6 = plus(r6, x, left2);
    r7 = plus(r7, x, right2);
    a += 32;
    b += 32;
    if (b >= end) break;
    const left3 = v128.load(b);
    const right3 = v128.load(b, 16);
    x = v128.load32_splat(a);
    r0 = plus(r0, x, left3);
    r1 = plus(r1, x, right3);
    x = v128.load32_splat(a, 4);
    r2 = plus(r2, x, left3);
    r3 = plus(r3, x, right3);
    x = v128.load32_splat(a, 8);
    r4 = plus(r4, x, left3);
    r5 = plus(r5, x, right3);
    x = v128.load32_splat(a, 12);
    r6 = plus(r6, x, left3);
    r7 = plus(r7, x, right3);
    a += 32;
    b += 32;
  }
  v128.store(out, r0);
  v128.store(out, r1, 16);
  v128.store(out + stride, r2);
  v128.store(out + stride, r3, 16);
  out += stride << 1;
  v128.store(out, r4);
  v128.store(out, r5, 16);
  v128.store(out + stride, r6);
  v128.store(out + stride, r7, 16);
}

function plus(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

/**
 * Gram matrix `[⌈n/8⌉·8, stride]` of n rows in panels: row i gets the columns from i − back on; with back ≥ n, all.
 */
export function gram(panels: usize, n: i32, d: i32, back: i32, out: usize, stride: i32): void {
  const count = (n + 7) >> 3;
  for (let i = 0; i < count; i++)
    rowsOfGram(panels, i << 3, n, d, max(0, (i << 3) - back), out + <usize>(i << 3) * ((<usize>stride) << 2), stride);
}

/** Rows i … i + 7 of the Gram matrix, i a multiple of 8: columns from `from` (rounded down to a panel) on. */
export function rowsOfGram(panels: usize, i: i32, n: i32, d: i32, from: i32, out: usize, stride: i32): void {
  const first = from & ~7;
  panelProducts(rowOf(panels, d, i), rowOf(panels, d, first), n - first, d, out + ((<usize>first) << 2), stride);
}

/** Inner products `[8, stride]` of the eight rows of a panel with n rows in panels. */
export function panelProducts(panel: usize, panels: usize, n: i32, d: i32, out: usize, stride: i32): void {
  const size = (<usize>d) << 5;
  const bytes = (<usize>stride) << 2;
  const end = panels + <usize>((n + 7) >> 3) * size;
  for (; panels < end; panels += size, out += 32) {
    block(panel, panels, d, out, bytes);
    block(panel + 16, panels, d, out + (bytes << 2), bytes);
  }
}
