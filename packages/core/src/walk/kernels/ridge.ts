/** Kernel ridge regression from seeds, the twin of walk/ridge.ts. Planes of nodes are 16-byte aligned, padded to whole vectors. */
import { exp4 } from '../../arena/kernels/exp';

/**
 * Each node's own part of its distances to all others: γ·(norm/scale + weight·|colour|²).
 *
 * @param colour three planes, `stride` floats apart
 * @param out `[n]`
 */
export function ridgeTerms(
  norms: usize,
  scale: f32,
  colour: usize,
  stride: i32,
  weight: f32,
  gamma: f32,
  n: i32,
  out: usize,
): void {
  const plane = (<usize>stride) << 2;
  for (let i: usize = 0; i < (<usize>n) << 2; i += 4) {
    const r = load<f32>(colour + i);
    const g = load<f32>(colour + plane + i);
    const b = load<f32>(colour + 2 * plane + i);
    store<f32>(out + i, gamma * (load<f32>(norms + i) / scale + weight * (r * r + g * g + b * b)));
  }
}

/**
 * A row of G: exp(γ·(d²_key/scale + weight·d²_colour)) of all n nodes to a seed, both squared distances as
 * |x|² + |y|² − 2⟨x, y⟩.
 *
 * @param products inner products of the seed's key with those of all nodes
 * @param terms from {@link ridgeTerms}
 * @param colour three planes, `stride` floats apart
 */
export function ridgeRow(
  products: usize,
  terms: usize,
  seed: i32,
  scale: f32,
  colour: usize,
  stride: i32,
  weight: f32,
  gamma: f32,
  n: i32,
  out: usize,
): void {
  const at = (<usize>seed) << 2;
  const plane = (<usize>stride) << 2;
  const own = v128.load32_splat(terms + at);
  const red = f32x4.splat(-2 * gamma * weight * load<f32>(colour + at));
  const green = f32x4.splat(-2 * gamma * weight * load<f32>(colour + plane + at));
  const blue = f32x4.splat(-2 * gamma * weight * load<f32>(colour + 2 * plane + at));
  const keys = f32x4.splat((-2 * gamma) / scale);
  const zero = f32x4.splat(0);
  const end = (<usize>n) << 2;
  for (let i: usize = 0; i < end; i += 16) {
    const lengths = f32x4.add(v128.load(terms + i), own);
    const warm = f32x4.add(f32x4.mul(red, v128.load(colour + i)), f32x4.mul(green, v128.load(colour + plane + i)));
    const rest = f32x4.add(
      f32x4.mul(blue, v128.load(colour + 2 * plane + i)),
      f32x4.mul(keys, v128.load(products + i)),
    );
    v128.store(out + i, exp4(f32x4.pmin(zero, f32x4.add(lengths, f32x4.add(warm, rest)))));
  }
  store<f32>(out + at, 1);
}

/** Bytes of a row of G that are summed in registers, and of those that are copied together before. */
const block: usize = 64;
const chunk: usize = 4 * block;

/**
 * out = base + Σ_s weights[s]·G[s], planes `[c, stride]`.
 *
 * @param kernel `[m, stride]`
 * @param weights `[c, m]` float64
 * @param scratch 64·m floats
 */
export function ridgeSums(
  kernel: usize,
  stride: i32,
  m: i32,
  weights: usize,
  c: i32,
  base: f32,
  out: usize,
  scratch: usize,
): void {
  const plane = (<usize>stride) << 2;
  const size = <usize>m * block;
  const next = (<usize>m) << 3;
  for (let from: usize = 0; from < plane; from += chunk) {
    const blocks = min(chunk, plane - from) / block;
    // Rows lie far apart: their parts come together before they are read for every label.
    for (let s = 0; s < m; s++) {
      const row = kernel + <usize>s * plane + from;
      for (let b: usize = 0; b < blocks; b++) {
        memory.copy(scratch + b * size + <usize>s * block, row + b * block, block);
      }
    }
    for (let b: usize = 0; b < blocks; b++) {
      const at = out + from + b * block;
      let k = 0;
      for (; k + 2 <= c; k += 2) {
        sumTwo(scratch + b * size, m, weights + <usize>k * next, base, at + <usize>k * plane, plane);
      }
      if (k < c) sumOne(scratch + b * size, m, weights + <usize>k * next, base, at + <usize>k * plane);
    }
    // What is left of the last chunk, a vector at a time.
    for (let i = from + blocks * block; i < min(from + chunk, plane); i += 16) {
      for (let k = 0; k < c; k++) {
        let sum = f32x4.splat(base);
        for (let s = 0; s < m; s++) {
          const weight = f32x4.splat(<f32>load<f64>(weights + <usize>k * next + ((<usize>s) << 3)));
          sum = f32x4.add(sum, f32x4.mul(weight, v128.load(kernel + <usize>s * plane + i)));
        }
        v128.store(out + <usize>k * plane + i, sum);
      }
    }
  }
}

/** A block of two labels' sums, `plane` bytes apart. @param rows `[m, 16]` */
function sumTwo(rows: usize, m: i32, weights: usize, base: f32, out: usize, plane: usize): void {
  const others = weights + ((<usize>m) << 3);
  let a0 = f32x4.splat(base);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  for (let s: usize = 0; s < (<usize>m) << 3; s += 8, rows += block) {
    const a = f32x4.splat(<f32>load<f64>(weights + s));
    const b = f32x4.splat(<f32>load<f64>(others + s));
    const r0 = v128.load(rows);
    const r1 = v128.load(rows, 16);
    const r2 = v128.load(rows, 32);
    const r3 = v128.load(rows, 48);
    a0 = f32x4.add(a0, f32x4.mul(a, r0));
    a1 = f32x4.add(a1, f32x4.mul(a, r1));
    a2 = f32x4.add(a2, f32x4.mul(a, r2));
    a3 = f32x4.add(a3, f32x4.mul(a, r3));
    b0 = f32x4.add(b0, f32x4.mul(b, r0));
    b1 = f32x4.add(b1, f32x4.mul(b, r1));
    b2 = f32x4.add(b2, f32x4.mul(b, r2));
    b3 = f32x4.add(b3, f32x4.mul(b, r3));
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
  out += plane;
  v128.store(out, b0);
  v128.store(out, b1, 16);
  v128.store(out, b2, 32);
  v128.store(out, b3, 48);
}

/** A block of one label's sums. */
function sumOne(rows: usize, m: i32, weights: usize, base: f32, out: usize): void {
  let a0 = f32x4.splat(base);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  for (let s: usize = 0; s < (<usize>m) << 3; s += 8, rows += block) {
    const a = f32x4.splat(<f32>load<f64>(weights + s));
    a0 = f32x4.add(a0, f32x4.mul(a, v128.load(rows)));
    a1 = f32x4.add(a1, f32x4.mul(a, v128.load(rows, 16)));
    a2 = f32x4.add(a2, f32x4.mul(a, v128.load(rows, 32)));
    a3 = f32x4.add(a3, f32x4.mul(a, v128.load(rows, 48)));
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
}

/** a += share·(b − a). */
export function blend(a: usize, b: usize, count: i32, share: f32): void {
  const s = f32x4.splat(share);
  const end = a + ((<usize>count) << 2);
  for (; a < end; a += 16, b += 16) {
    const value = v128.load(a);
    v128.store(a, f32x4.add(value, f32x4.mul(s, f32x4.sub(v128.load(b), value))));
  }
}

/** softmax(sharpness·scores) over the c planes of every node, in place, no result below `least`. */
export function softmaxPlanes(scores: usize, stride: i32, c: i32, sharpness: f32, least: f32): void {
  const plane = (<usize>stride) << 2;
  const sharp = f32x4.splat(sharpness);
  const floor = f32x4.splat(least);
  for (let i: usize = 0; i < plane; i += 16) {
    const first = scores + i;
    let most = v128.load(first);
    for (let k = 1; k < c; k++) most = f32x4.pmax(most, v128.load(first + <usize>k * plane));
    let sum = f32x4.splat(0);
    for (let k = 0; k < c; k++) {
      const at = first + <usize>k * plane;
      const value = exp4(f32x4.mul(sharp, f32x4.sub(v128.load(at), most)));
      v128.store(at, value);
      sum = f32x4.add(sum, value);
    }
    for (let k = 0; k < c; k++) {
      const at = first + <usize>k * plane;
      v128.store(at, f32x4.pmax(f32x4.div(v128.load(at), sum), floor));
    }
  }
}
