/**
 * From nodes to pixels, and from pixels to owners: interpolates scores, weighs them by colour, turns them into energies, takes
 * the best label. Twins: image/interpolate.ts, refine/colour-likelihood.ts, refine/refine.ts.
 *
 * Rows of c scores follow each other without padding. Vectors of four run over a row's end; rows are written in order, so
 * that the next row overwrites the excess, and arrays have 16 spare bytes.
 */
import { exp4, log4, sums4 } from '../../arena/kernels/exp';

/** The lanes in use of the last vector of c values. */
function lastLanes(c: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(((c - 1) & 3) + 1));
}

/**
 * Rows y0 … y1 − 1 of a linearly resized grid of vectors.
 *
 * @param data `[h, w, c]`
 * @param down taps by row: lower index int32, upper index int32, weight f32; `across`: the same by column
 * @param line scratch, w·c floats
 * @param out `[y1 − y0, width, c]`
 */
export function interpolateRows(
  data: usize,
  w: i32,
  c: i32,
  down: usize,
  across: usize,
  y0: i32,
  y1: i32,
  width: i32,
  line: usize,
  out: usize,
): void {
  const bytes = (<usize>c) << 2;
  const row = <usize>w * bytes;
  for (let y = y0; y < y1; y++) {
    const tap = down + 12 * <usize>y;
    const top = data + <usize>load<u32>(tap) * row,
      bottom = data + <usize>load<u32>(tap, 4) * row;
    const v = v128.load32_splat(tap, 8);
    for (let o: usize = 0; o < row; o += 16) {
      const a = v128.load(top + o);
      v128.store(line + o, f32x4.add(a, f32x4.mul(v, f32x4.sub(v128.load(bottom + o), a))));
    }
    const end = across + 12 * <usize>width;
    for (let tap = across; tap < end; tap += 12, out += bytes) {
      const left = line + <usize>load<u32>(tap) * bytes,
        right = line + <usize>load<u32>(tap, 4) * bytes;
      const u = v128.load32_splat(tap, 8);
      for (let o: usize = 0; o < bytes; o += 16) {
        const a = v128.load(left + o);
        v128.store(out + o, f32x4.add(a, f32x4.mul(u, f32x4.sub(v128.load(right + o), a))));
      }
    }
  }
}

/** −ln max(score, least), in place. */
export function scoreEnergies(scores: usize, count: i32, least: f32): void {
  const end = scores + ((<usize>count) << 2);
  const floor = f32x4.splat(least);
  for (; scores < end; scores += 16) v128.store(scores, f32x4.neg(log4(f32x4.pmax(floor, v128.load(scores)))));
}

/**
 * Energies of hard labels `[n, c]`.
 *
 * @param labels `[n]` int32, −1 where hidden
 * @param right energy of a pixel's own label; `wrong`: of all others; `hidden`: of every label at a hidden pixel
 */
export function hardEnergies(labels: usize, n: i32, c: i32, right: f32, wrong: f32, hidden: f32, out: usize): void {
  const bytes = (<usize>c) << 2;
  for (let p = 0; p < n; p++, labels += 4, out += bytes) {
    const label = load<i32>(labels);
    const value = f32x4.splat(label < 0 ? hidden : wrong);
    for (let o: usize = 0; o < bytes; o += 16) v128.store(out + o, value);
    if (label >= 0) store<f32>(out + ((<usize>label) << 2), right);
  }
}

/** Every pixel takes the value of the node whose cell holds it. @param columns `[width]` int32 @param nodes `[h, w]` int32 */
export function nearestNodes(nodes: usize, h: i32, w: i32, columns: usize, height: i32, width: i32, out: usize): void {
  for (let y = 0; y < height; y++) {
    const row = nodes + ((<usize>(<i32>(((<f64>y + 0.5) * <f64>h) / <f64>height) * w)) << 2);
    for (let x: usize = 0; x < (<usize>width) << 2; x += 4, out += 4) {
      store<u32>(out, load<u32>(row + ((<usize>load<u32>(columns + x)) << 2)));
    }
  }
}

/** The number of bins: 16 a channel. */
const bins: usize = 4096;

function binOf(pixel: usize): usize {
  return (
    ((<usize>(load<u8>(pixel) >> 4)) << 8) |
    ((<usize>(load<u8>(pixel, 1) >> 4)) << 4) |
    <usize>(load<u8>(pixel, 2) >> 4)
  );
}

/** Adds pixels' scores to the counts of their colours, `[4096, ⌈c/4⌉·4]`; lanes beyond c are arbitrary. */
export function countColours(scores: usize, pixels: usize, n: i32, c: i32, counts: usize): void {
  const bytes = (<usize>c) << 2;
  const stride = (<usize>((c + 3) & ~3)) << 2;
  for (let p = 0; p < n; p++, scores += bytes, pixels += 3) {
    const bin = counts + binOf(pixels) * stride;
    for (let o: usize = 0; o < bytes; o += 16) {
      v128.store(bin + o, f32x4.add(v128.load(bin + o), v128.load(scores + o)));
    }
  }
}

/** Blurs by ¼, ½, ¼ along the channel with bins 2^step bins apart; counts that leave the cube are lost. */
export function blurColours(counts: usize, c: i32, step: usize, out: usize): void {
  const stride = (<usize>((c + 3) & ~3)) << 2;
  const away = stride << step;
  const half = f32x4.splat(0.5),
    quarter = f32x4.splat(0.25),
    zero = f32x4.splat(0);
  for (let bin: usize = 0; bin < bins; bin++) {
    const at = (bin >> step) & 15;
    for (let o: usize = 0; o < stride; o += 16, counts += 16, out += 16) {
      const below = at > 0 ? v128.load(counts - away) : zero,
        above = at < 15 ? v128.load(counts + away) : zero;
      v128.store(out, f32x4.add(f32x4.mul(half, v128.load(counts)), f32x4.mul(quarter, f32x4.add(below, above))));
    }
  }
}

/**
 * Turns counts into posteriors to the power of `exponent`, in place: scales each label's to sum to n, adds `smoothing`, and
 * divides by the sum over labels.
 *
 * @param totals each label's count before the blur, f64, padded like counts; used as scratch
 */
export function colourPosteriors(counts: usize, c: i32, totals: usize, n: i32, smoothing: f32, exponent: f32): void {
  const stride = (<usize>((c + 3) & ~3)) << 2;
  for (let k: usize = 0; k < stride; k += 4) {
    const total = load<f64>(totals + (k << 1));
    store<f32>(totals + k, k < (<usize>c) << 2 && total > 0 ? <f32>(<f64>n / total) : 0);
  }
  const rest = stride - 16;
  const own = lastLanes(c);
  const small = f32x4.splat(smoothing),
    power = f32x4.splat(exponent);
  for (let bin: usize = 0; bin < bins; bin++, counts += stride) {
    let sum = f32x4.splat(0);
    for (let o: usize = 0; o < stride; o += 16) {
      let value = f32x4.add(f32x4.mul(v128.load(totals + o), v128.load(counts + o)), small);
      if (o === rest) value = v128.and(value, own);
      v128.store(counts + o, value);
      sum = f32x4.add(sum, value);
    }
    const zero = f32x4.splat(0);
    const all = sums4(sum, zero, zero, zero);
    const share = f32x4.div(f32x4.splat(1), v128.shuffle<f32>(all, all, 0, 0, 0, 0));
    for (let o: usize = 0; o < stride; o += 16) {
      v128.store(counts + o, exp4(f32x4.mul(power, log4(f32x4.mul(share, v128.load(counts + o))))));
    }
  }
}

/** Each label's count, f64 `[⌈c/4⌉·4]`. */
export function colourTotals(counts: usize, c: i32, totals: usize): void {
  const stride = (<usize>((c + 3) & ~3)) << 2;
  memory.fill(totals, 0, stride << 1);
  for (let bin: usize = 0; bin < bins; bin++) {
    for (let o: usize = 0; o < stride; o += 4, counts += 4) {
      const at = totals + (o << 1);
      store<f64>(at, load<f64>(at) + <f64>load<f32>(counts));
    }
  }
}

/** Multiplies scores by the factors of their pixels' colours, in place; each pixel's scores then sum to 1. */
export function weighByColours(scores: usize, pixels: usize, n: i32, c: i32, factors: usize): void {
  const bytes = (<usize>c) << 2;
  const stride = (<usize>((c + 3) & ~3)) << 2;
  const rest = stride - 16;
  const own = lastLanes(c);
  for (let p = 0; p < n; p++, scores += bytes, pixels += 3) {
    const factor = factors + binOf(pixels) * stride;
    let sum = f32x4.splat(0);
    for (let o: usize = 0; o < rest; o += 16) {
      const value = f32x4.mul(v128.load(scores + o), v128.load(factor + o));
      v128.store(scores + o, value);
      sum = f32x4.add(sum, value);
    }
    // The last vector may hold scores of the next pixel, which must not change.
    const end = v128.load(scores + rest);
    const value = v128.and(own, f32x4.mul(end, v128.load(factor + rest)));
    sum = f32x4.add(sum, value);
    sum = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 2, 3, 0, 1));
    sum = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 1, 0, 3, 2));
    const positive = f32x4.gt(sum, f32x4.splat(0));
    const share = v128.bitselect(f32x4.div(f32x4.splat(1), sum), f32x4.splat(1), positive);
    for (let o: usize = 0; o < rest; o += 16) v128.store(scores + o, f32x4.mul(share, v128.load(scores + o)));
    v128.store(scores + rest, v128.bitselect(f32x4.mul(share, value), end, own));
  }
}

/**
 * The segment id of every pixel's best label, the first of several.
 *
 * @param scores `[n, stride]`, of which the first `given` count
 * @param ids `[given]` u32, or one more: then the last label has the rest to 1
 */
export function bestLabels(scores: usize, n: i32, stride: i32, given: i32, rest: i32, ids: usize, out: usize): void {
  const bytes = (<usize>stride) << 2;
  const end = (<usize>given) << 2;
  for (let p = 0; p < n; p++, scores += bytes, out += 4) {
    let most = load<f32>(scores);
    let best: usize = 0;
    let sum = most;
    for (let o: usize = 4; o < end; o += 4) {
      const score = load<f32>(scores + o);
      if (score > most) {
        best = o;
        most = score;
      }
      sum += score;
    }
    if (rest && <f32>1 - sum > most) best = end;
    store<u32>(out, load<u32>(ids + best));
  }
}
