/**
 * Mean field over two lattices at once, with six corners a pixel in place and colour (d = 5) and three in place (d = 2). A
 * step is one pass over the pixels: slice both lattices, softmax, splat both. The twin of refine/crf.ts.
 *
 * The last of c labels has no channel: Q sums to 1, and the filter of ones is known. A label's base is the amount by which
 * its energy is lower than the last label's before messages, less the filter of ones; with messages g it is lower by
 * base + g + Σ g.
 *
 * A pass reads at the addresses in its corners (lattice.ts), and adds that many bytes further on, in the second plane of
 * blur.ts (bp, gp: bytes of the planes). It takes chunks of pixels that stay in the first cache, and each chunk in loops so
 * short that their values stay in registers. Mode: 1 slices (else there are no messages yet), 2 splats, 4 keeps Q (else q is
 * scratch for one chunk).
 */
import { exp4 } from '../../arena/kernels/exp';

/** Pixels in a chunk, a multiple of four. */
const chunk = 64;

/** The sum of a vector's lanes, in every lane. */
function sum4(x: v128): v128 {
  const pairs = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.add(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2));
}

function max4(x: v128): v128 {
  const pairs = f32x4.pmax(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.pmax(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2));
}

/** Differences of energies beyond this would overflow; then all of the pixel's are lowered. */
const most: f32 = 80;

/** The amount by which a pixel's highest value exceeds the limit, in every lane. */
function excess4(d: v128): v128 {
  return f32x4.pmax(f32x4.splat(0), f32x4.sub(max4(d), f32x4.splat(most)));
}

/** Energies `[n, 2]` to bases `[n]`. Infinite energies count as 10⁴. */
export function beginField1(unary: usize, ones: usize, n: i32, base: usize): void {
  for (const end = base + ((<usize>n) << 2); base < end; base += 4, unary += 8, ones += 4) {
    const last = min<f32>(load<f32>(unary, 4), 1e4) - load<f32>(ones);
    store<f32>(base, last - min<f32>(load<f32>(unary), 1e4));
  }
}

/** Energies `[n, c]` to bases `[n, channels]`, 2 < c ≤ channels + 1; channels beyond c − 1 never win. */
export function beginField(unary: usize, ones: usize, n: i32, c: i32, channels: i32, base: usize): void {
  const never = f32x4.splat(-1e30),
    most = f32x4.splat(1e4);
  const bytes = (<usize>channels) << 2;
  const rest = bytes - 16;
  // In the last vector, channels of labels before the last one.
  const own = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(c - 1 - <i32>(rest >> 2)));
  for (let p = 0; p < n; p++, unary += (<usize>c) << 2, ones += 4) {
    const energy = f32x4.pmin(v128.load32_splat(unary + ((<usize>c - 1) << 2)), most);
    const last = f32x4.sub(energy, v128.load32_splat(ones));
    for (let o: usize = 0; o < bytes; o += 16, base += 16) {
      const value = f32x4.sub(last, f32x4.pmin(v128.load(unary + o), most));
      v128.store(base, o === rest ? v128.bitselect(value, never, own) : value);
    }
  }
}

/** Messages `[count]` of one channel. */
function slice1(b: usize, g: usize, count: i32, to: usize): void {
  const end = to + ((<usize>count) << 2);
  for (let o = to; o < end; o += 4, b += 48) {
    const left = load<f32>(b, 24) * load<f32>(load<u32>(b)) + load<f32>(b, 28) * load<f32>(load<u32>(b, 4));
    const middle = load<f32>(b, 32) * load<f32>(load<u32>(b, 8)) + load<f32>(b, 36) * load<f32>(load<u32>(b, 12));
    const right = load<f32>(b, 40) * load<f32>(load<u32>(b, 16)) + load<f32>(b, 44) * load<f32>(load<u32>(b, 20));
    store<f32>(o, left + middle + right);
  }
  for (let o = to; o < end; o += 4, g += 24) {
    const left = load<f32>(g, 12) * load<f32>(load<u32>(g)) + load<f32>(g, 16) * load<f32>(load<u32>(g, 4));
    store<f32>(o, load<f32>(o) + left + load<f32>(g, 20) * load<f32>(load<u32>(g, 8)));
  }
}

function add1(at: usize, value: f32): void {
  store<f32>(at, load<f32>(at) + value);
}

function splat1(b: usize, g: usize, bp: usize, gp: usize, count: i32, q: usize): void {
  const end = q + ((<usize>count) << 2);
  for (let o = q; o < end; o += 4, b += 48) {
    const value = load<f32>(o);
    add1(bp + load<u32>(b), load<f32>(b, 24) * value);
    add1(bp + load<u32>(b, 4), load<f32>(b, 28) * value);
    add1(bp + load<u32>(b, 8), load<f32>(b, 32) * value);
    add1(bp + load<u32>(b, 12), load<f32>(b, 36) * value);
    add1(bp + load<u32>(b, 16), load<f32>(b, 40) * value);
    add1(bp + load<u32>(b, 20), load<f32>(b, 44) * value);
  }
  for (let o = q; o < end; o += 4, g += 24) {
    const value = load<f32>(o);
    add1(gp + load<u32>(g), load<f32>(g, 12) * value);
    add1(gp + load<u32>(g, 4), load<f32>(g, 16) * value);
    add1(gp + load<u32>(g, 8), load<f32>(g, 20) * value);
  }
}

/** A pass for two labels. Arrays hold a multiple of four pixels. @param q `[n]`, of the first label */
export function update1(
  n: i32,
  b: usize,
  g: usize,
  bp: usize,
  gp: usize,
  base: usize,
  ones: usize,
  q: usize,
  mode: i32,
): void {
  const one = f32x4.splat(1),
    limit = f32x4.splat(most);
  for (let p = 0; p < n; p += chunk, b += 48 * chunk, g += 24 * chunk) {
    const count = min(chunk, n - p);
    const to = mode & 4 ? q + ((<usize>p) << 2) : q;
    if (mode & 1) slice1(b, g, count, to);
    const end = to + ((<usize>count) << 2);
    for (let o = to; o < end; o += 16, base += 16, ones += 16) {
      const message = v128.load(o);
      const d = f32x4.add(v128.load(base), mode & 1 ? f32x4.add(message, message) : v128.load(ones));
      const e = exp4(f32x4.pmin(d, limit));
      v128.store(o, f32x4.div(e, f32x4.add(one, e)));
    }
    if (mode & 2) splat1(b, g, bp, gp, count, to);
  }
}

/** Messages `[count, 4]`, from values bo and go bytes after the corners' own. */
export function slice4(b: usize, g: usize, bo: usize, go: usize, count: i32, to: usize): void {
  const end = to + ((<usize>count) << 4);
  for (let o = to; o < end; o += 16, b += 48) {
    let x = f32x4.mul(v128.load32_splat(b, 24), v128.load(bo + load<u32>(b)));
    let y = f32x4.mul(v128.load32_splat(b, 28), v128.load(bo + load<u32>(b, 4)));
    x = f32x4.add(x, f32x4.mul(v128.load32_splat(b, 32), v128.load(bo + load<u32>(b, 8))));
    y = f32x4.add(y, f32x4.mul(v128.load32_splat(b, 36), v128.load(bo + load<u32>(b, 12))));
    x = f32x4.add(x, f32x4.mul(v128.load32_splat(b, 40), v128.load(bo + load<u32>(b, 16))));
    y = f32x4.add(y, f32x4.mul(v128.load32_splat(b, 44), v128.load(bo + load<u32>(b, 20))));
    v128.store(o, f32x4.add(x, y));
  }
  for (let o = to; o < end; o += 16, g += 24) {
    let x = f32x4.mul(v128.load32_splat(g, 12), v128.load(go + load<u32>(g)));
    x = f32x4.add(x, f32x4.mul(v128.load32_splat(g, 16), v128.load(go + load<u32>(g, 4))));
    x = f32x4.add(x, f32x4.mul(v128.load32_splat(g, 20), v128.load(go + load<u32>(g, 8))));
    v128.store(o, f32x4.add(v128.load(o), x));
  }
}

function add4(at: usize, weight: v128, value: v128): void {
  v128.store(at, f32x4.add(v128.load(at), f32x4.mul(weight, value)));
}

export function splat4(b: usize, g: usize, bp: usize, gp: usize, count: i32, q: usize): void {
  const end = q + ((<usize>count) << 4);
  for (let o = q; o < end; o += 16, b += 48) {
    const value = v128.load(o);
    add4(bp + load<u32>(b), v128.load32_splat(b, 24), value);
    add4(bp + load<u32>(b, 4), v128.load32_splat(b, 28), value);
    add4(bp + load<u32>(b, 8), v128.load32_splat(b, 32), value);
    add4(bp + load<u32>(b, 12), v128.load32_splat(b, 36), value);
    add4(bp + load<u32>(b, 16), v128.load32_splat(b, 40), value);
    add4(bp + load<u32>(b, 20), v128.load32_splat(b, 44), value);
  }
  for (let o = q; o < end; o += 16, g += 24) {
    const value = v128.load(o);
    add4(gp + load<u32>(g), v128.load32_splat(g, 12), value);
    add4(gp + load<u32>(g, 4), v128.load32_splat(g, 16), value);
    add4(gp + load<u32>(g, 8), v128.load32_splat(g, 20), value);
  }
}

/** e^x in place, four vectors at a time, so that one ends while the next begins. */
function exponentials(o: usize, end: usize): void {
  for (; o < end; o += 64) {
    const a = exp4(v128.load(o)),
      b = exp4(v128.load(o, 16)),
      c = exp4(v128.load(o, 32)),
      d = exp4(v128.load(o, 48));
    v128.store(o, a);
    v128.store(o, b, 16);
    v128.store(o, c, 32);
    v128.store(o, d, 48);
  }
}

/** Softmax of a pixel with values that may overflow. */
function soften4(o: usize): void {
  const excess = excess4(v128.load(o));
  const x = exp4(f32x4.sub(v128.load(o), excess));
  v128.store(o, f32x4.div(x, f32x4.add(exp4(f32x4.neg(excess)), sum4(x))));
}

/** A pass for three to five labels. @param q `[n, 4]` */
export function update4(
  n: i32,
  b: usize,
  g: usize,
  bp: usize,
  gp: usize,
  base: usize,
  ones: usize,
  q: usize,
  mode: i32,
): void {
  const limit = f32x4.splat(most),
    one = f32x4.splat(1);
  let highest = limit;
  for (let p = 0; p < n; p += chunk, b += 48 * chunk, g += 24 * chunk) {
    const count = min(chunk, n - p);
    const to = mode & 4 ? q + ((<usize>p) << 4) : q;
    if (mode & 1) slice4(b, g, 0, 0, count, to);
    const end = to + ((<usize>count) << 4);
    for (let o = to; o < end; o += 16, base += 16, ones += 4) {
      let x = v128.load(base),
        all = v128.load32_splat(ones);
      if (mode & 1) {
        const message = v128.load(o);
        x = f32x4.add(x, message);
        all = sum4(message);
      }
      x = f32x4.add(x, all);
      v128.store(o, x);
      highest = f32x4.pmax(highest, x);
    }
    if (v128.any_true(f32x4.gt(highest, limit))) {
      for (let o = to; o < end; o += 16) soften4(o);
      highest = limit;
    } else {
      exponentials(to, end);
      for (let o = to; o < end; o += 16) {
        const x = v128.load(o);
        v128.store(o, f32x4.div(x, f32x4.add(one, sum4(x))));
      }
    }
    if (mode & 2) splat4(b, g, bp, gp, count, to);
  }
}

/** Messages `[count, 8]`. */
function slice8(b: usize, g: usize, count: i32, to: usize): void {
  const end = to + ((<usize>count) << 5);
  for (let o = to; o < end; o += 32, b += 48) {
    let x = f32x4.splat(0),
      y = x;
    for (let k: usize = 0; k < 24; k += 4) {
      const at = load<u32>(b + k);
      const weight = v128.load32_splat(b + k, 24);
      x = f32x4.add(x, f32x4.mul(weight, v128.load(at)));
      y = f32x4.add(y, f32x4.mul(weight, v128.load(at, 16)));
    }
    v128.store(o, x);
    v128.store(o, y, 16);
  }
  for (let o = to; o < end; o += 32, g += 24) {
    let x = v128.load(o),
      y = v128.load(o, 16);
    for (let k: usize = 0; k < 12; k += 4) {
      const at = load<u32>(g + k);
      const weight = v128.load32_splat(g + k, 12);
      x = f32x4.add(x, f32x4.mul(weight, v128.load(at)));
      y = f32x4.add(y, f32x4.mul(weight, v128.load(at, 16)));
    }
    v128.store(o, x);
    v128.store(o, y, 16);
  }
}

function add8(at: usize, weight: v128, low: v128, high: v128): void {
  v128.store(at, f32x4.add(v128.load(at), f32x4.mul(weight, low)));
  v128.store(at, f32x4.add(v128.load(at, 16), f32x4.mul(weight, high)), 16);
}

function splat8(b: usize, g: usize, bp: usize, gp: usize, count: i32, q: usize): void {
  const end = q + ((<usize>count) << 5);
  for (let o = q; o < end; o += 32, b += 48) {
    const low = v128.load(o),
      high = v128.load(o, 16);
    for (let k: usize = 0; k < 24; k += 4) add8(bp + load<u32>(b + k), v128.load32_splat(b + k, 24), low, high);
  }
  for (let o = q; o < end; o += 32, g += 24) {
    const low = v128.load(o),
      high = v128.load(o, 16);
    for (let k: usize = 0; k < 12; k += 4) add8(gp + load<u32>(g + k), v128.load32_splat(g + k, 12), low, high);
  }
}

/** The softmax of such a pixel with eight channels. */
function soften8(o: usize): void {
  const excess = excess4(f32x4.pmax(v128.load(o), v128.load(o, 16)));
  const x = exp4(f32x4.sub(v128.load(o), excess)),
    y = exp4(f32x4.sub(v128.load(o, 16), excess));
  const share = f32x4.div(f32x4.splat(1), f32x4.add(exp4(f32x4.neg(excess)), sum4(f32x4.add(x, y))));
  v128.store(o, f32x4.mul(x, share));
  v128.store(o, f32x4.mul(y, share), 16);
}

/** A pass for six to nine labels. @param q `[n, 8]` */
export function update8(
  n: i32,
  b: usize,
  g: usize,
  bp: usize,
  gp: usize,
  base: usize,
  ones: usize,
  q: usize,
  mode: i32,
): void {
  const limit = f32x4.splat(most),
    one = f32x4.splat(1);
  let highest = limit;
  for (let p = 0; p < n; p += chunk, b += 48 * chunk, g += 24 * chunk) {
    const count = min(chunk, n - p);
    const to = mode & 4 ? q + ((<usize>p) << 5) : q;
    if (mode & 1) slice8(b, g, count, to);
    const end = to + ((<usize>count) << 5);
    for (let o = to; o < end; o += 32, base += 32, ones += 4) {
      let x = v128.load(base),
        y = v128.load(base, 16),
        all = v128.load32_splat(ones);
      if (mode & 1) {
        const m = v128.load(o),
          l = v128.load(o, 16);
        x = f32x4.add(x, m);
        y = f32x4.add(y, l);
        all = sum4(f32x4.add(m, l));
      }
      x = f32x4.add(x, all);
      y = f32x4.add(y, all);
      v128.store(o, x);
      v128.store(o, y, 16);
      highest = f32x4.pmax(highest, f32x4.pmax(x, y));
    }
    if (v128.any_true(f32x4.gt(highest, limit))) {
      for (let o = to; o < end; o += 32) soften8(o);
      highest = limit;
    } else {
      exponentials(to, end);
      for (let o = to; o < end; o += 32) {
        const x = v128.load(o),
          y = v128.load(o, 16);
        const share = f32x4.div(one, f32x4.add(one, sum4(f32x4.add(x, y))));
        v128.store(o, f32x4.mul(x, share));
        v128.store(o, f32x4.mul(y, share), 16);
      }
    }
    if (mode & 2) splat8(b, g, bp, gp, count, to);
  }
}

/** Q `[n, channels]` to rows of all c labels `[n, c]`. */
export function fieldMarginals(q: usize, n: i32, c: i32, channels: i32, out: usize): void {
  for (let p = 0; p < n; p++, q += (<usize>channels) << 2) {
    let rest: f32 = 1;
    for (let k = 0; k < c - 1; k++, out += 4) {
      const value = load<f32>(q + ((<usize>k) << 2));
      store<f32>(out, value);
      rest -= value;
    }
    store<f32>(out, max(rest, 0));
    out += 4;
  }
}
