/**
 * What this machine gives a kernel at best, for the bench to measure the others against (dist/peak.wasm; no other use).
 * Baseline SIMD as everywhere here: a multiplication and an addition, never fused.
 */

/**
 * Multiplies and adds in registers: thirteen chains, which no register is left beside, so that none waits for its
 * last result.
 *
 * @returns something that depends on all of them; 104 · count operations were done
 */
export function multiplyAdd(count: i32): f32 {
  const m = f32x4.splat(0.999999),
    b = f32x4.splat(1e-6);
  let r0 = f32x4.splat(0),
    r1 = f32x4.splat(0.1),
    r2 = f32x4.splat(0.2),
    r3 = f32x4.splat(0.3),
    r4 = f32x4.splat(0.4),
    r5 = f32x4.splat(0.5),
    r6 = f32x4.splat(0.6),
    r7 = f32x4.splat(0.7),
    r8 = f32x4.splat(0.8),
    r9 = f32x4.splat(0.9),
    r10 = f32x4.splat(1),
    r11 = f32x4.splat(1.1),
    r12 = f32x4.splat(1.2);
  for (let i = 0; i < count; i++) {
    r0 = f32x4.add(f32x4.mul(r0, m), b);
    r1 = f32x4.add(f32x4.mul(r1, m), b);
    r2 = f32x4.add(f32x4.mul(r2, m), b);
    r3 = f32x4.add(f32x4.mul(r3, m), b);
    r4 = f32x4.add(f32x4.mul(r4, m), b);
    r5 = f32x4.add(f32x4.mul(r5, m), b);
    r6 = f32x4.add(f32x4.mul(r6, m), b);
    r7 = f32x4.add(f32x4.mul(r7, m), b);
    r8 = f32x4.add(f32x4.mul(r8, m), b);
    r9 = f32x4.add(f32x4.mul(r9, m), b);
    r10 = f32x4.add(f32x4.mul(r10, m), b);
    r11 = f32x4.add(f32x4.mul(r11, m), b);
    r12 = f32x4.add(f32x4.mul(r12, m), b);
  }
  const a = f32x4.add(f32x4.add(f32x4.add(r0, r1), f32x4.add(r2, r3)), f32x4.add(f32x4.add(r4, r5), f32x4.add(r6, r7)));
  const c = f32x4.add(f32x4.add(f32x4.add(r8, r9), f32x4.add(r10, r11)), r12);
  return f32x4.extract_lane(f32x4.add(a, c), 0);
}

/** Reads `bytes`, a multiple of 128, `times` over. @returns something that depends on all of them */
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

/** Where free memory begins. */
export function heapBase(): usize {
  return __heap_base;
}
