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

/** The number of nodes whose sums stay in the first cache while all seeds pass. */
const chunk: usize = 4096;

/**
 * out = base + Σ_s weights[s]·G[s], planes `[c, stride]`.
 *
 * @param kernel `[m, stride]`
 * @param weights `[c, m]` float64
 */
export function ridgeSums(kernel: usize, stride: i32, m: i32, weights: usize, c: i32, base: f32, out: usize): void {
  const plane = (<usize>stride) << 2;
  for (let from: usize = 0; from < plane; from += chunk) {
    const to = min(from + chunk, plane);
    for (let k = 0; k < c; k++) {
      for (let i = from; i < to; i += 16) v128.store(out + <usize>k * plane + i, f32x4.splat(base));
    }
    for (let s = 0; s < m; s++) {
      const row = kernel + <usize>s * plane;
      let weight = weights + ((<usize>s) << 3);
      let k = 0;
      for (; k + 2 <= c; k += 2) {
        const w0 = f32x4.splat(<f32>load<f64>(weight));
        weight += (<usize>m) << 3;
        const w1 = f32x4.splat(<f32>load<f64>(weight));
        weight += (<usize>m) << 3;
        const o0 = out + <usize>k * plane;
        const o1 = o0 + plane;
        for (let i = from; i < to; i += 16) {
          const value = v128.load(row + i);
          v128.store(o0 + i, f32x4.add(v128.load(o0 + i), f32x4.mul(w0, value)));
          v128.store(o1 + i, f32x4.add(v128.load(o1 + i), f32x4.mul(w1, value)));
        }
      }
      if (k < c) {
        const w0 = f32x4.splat(<f32>load<f64>(weight));
        const o0 = out + <usize>k * plane;
        for (let i = from; i < to; i += 16) {
          v128.store(o0 + i, f32x4.add(v128.load(o0 + i), f32x4.mul(w0, v128.load(row + i))));
        }
      }
    }
  }
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
