/**
 * The most that a kernel can get out of this machine, for the bench to hold the others against (dist/kernels/peak.wasm; no
 * other use). Baseline SIMD like every kernel: a multiplication and an addition, never fused.
 */

/**
 * Multiplies and adds in registers: eight sums, enough to keep the units busy, four steps a turn (see `block` of gram.ts).
 * 64 · count operations.
 *
 * @param at 16 numbers
 * @returns a value that depends on all of them
 */
export function multiplyAdd(at: usize, count: i32): f32 {
  const a = v128.load(at),
    b = v128.load(at, 16),
    c = v128.load(at, 32),
    d = v128.load(at, 48);
  let r0 = f32x4.splat(0),
    r1 = r0,
    r2 = r0,
    r3 = r0,
    r4 = r0,
    r5 = r0,
    r6 = r0,
    r7 = r0;
  for (let i = 0; i < count; ) {
    r0 = f32x4.add(r0, f32x4.mul(a, a));
    r1 = f32x4.add(r1, f32x4.mul(a, b));
    r2 = f32x4.add(r2, f32x4.mul(a, c));
    r3 = f32x4.add(r3, f32x4.mul(a, d));
    r4 = f32x4.add(r4, f32x4.mul(b, b));
    r5 = f32x4.add(r5, f32x4.mul(b, c));
    r6 = f32x4.add(r6, f32x4.mul(b, d));
    r7 = f32x4.add(r7, f32x4.mul(c, c));
    if (++i >= count) break;
    r0 = f32x4.add(r0, f32x4.mul(a, a));
    r1 = f32x4.add(r1, f32x4.mul(a, b));
    r2 = f32x4.add(r2, f32x4.mul(a, c));
    r3 = f32x4.add(r3, f32x4.mul(a, d));
    r4 = f32x4.add(r4, f32x4.mul(b, b));
    r5 = f32x4.add(r5, f32x4.mul(b, c));
    r6 = f32x4.add(r6, f32x4.mul(b, d));
    r7 = f32x4.add(r7, f32x4.mul(c, c));
    if (++i >= count) break;
    r0 = f32x4.add(r0, f32x4.mul(a, a));
    r1 = f32x4.add(r1, f32x4.mul(a, b));
    r2 = f32x4.add(r2, f32x4.mul(a, c));
    r3 = f32x4.add(r3, f32x4.mul(a, d));
    r4 = f32x4.add(r4, f32x4.mul(b, b));
    r5 = f32x4.add(r5, f32x4.mul(b, c));
    r6 = f32x4.add(r6, f32x4.mul(b, d));
    r7 = f32x4.add(r7, f32x4.mul(c, c));
    if (++i >= count) break;
    r0 = f32x4.add(r0, f32x4.mul(a, a));
    r1 = f32x4.add(r1, f32x4.mul(a, b));
    r2 = f32x4.add(r2, f32x4.mul(a, c));
    r3 = f32x4.add(r3, f32x4.mul(a, d));
    r4 = f32x4.add(r4, f32x4.mul(b, b));
    r5 = f32x4.add(r5, f32x4.mul(b, c));
    r6 = f32x4.add(r6, f32x4.mul(b, d));
    r7 = f32x4.add(r7, f32x4.mul(c, c));
    i++;
  }
  const left = f32x4.add(f32x4.add(r0, r1), f32x4.add(r2, r3));
  return f32x4.extract_lane(f32x4.add(left, f32x4.add(f32x4.add(r4, r5), f32x4.add(r6, r7))), 0);
}

/** Reads `bytes`, a multiple of 128, `times` over. @returns a value that depends on all of them */
export function read(at: usize, bytes: usize, times: i32): i32 {
  let a = i32x4.splat(0),
    b = a,
    c = a,
    d = a;
  for (let t = 0; t < times; t++) {
    for (let from = at; from < at + bytes; from += 128) {
      a = v128.xor(v128.xor(a, v128.load(from)), v128.load(from, 64));
      b = v128.xor(v128.xor(b, v128.load(from, 16)), v128.load(from, 80));
      c = v128.xor(v128.xor(c, v128.load(from, 32)), v128.load(from, 96));
      d = v128.xor(v128.xor(d, v128.load(from, 48)), v128.load(from, 112));
    }
  }
  return i32x4.extract_lane(v128.xor(v128.xor(a, b), v128.xor(c, d)), 0);
}

/** Copies `bytes`, a multiple of 64. */
export function copy(from: usize, to: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += 64, to += 64) {
    const a = v128.load(from),
      b = v128.load(from, 16),
      c = v128.load(from, 32),
      d = v128.load(from, 48);
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
  }
}

/** The start of free memory. */
export function heapBase(): usize {
  return __heap_base;
}
