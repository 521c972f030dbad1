/**
 * The random walk on the 8-neighbour grid, the twin of walk/grid-walk.ts. Planes of nodes are padded by `pad` ≥ w + 4 zeros on
 * either side; addresses of planes point at the first node.
 */
import { exp4, sums4 } from '../../arena/kernels/exp';

/**
 * Squared key distances along the edges of the node grid, and squared lengths of the nodes' keys.
 *
 * @param z patches' keys `[h, w, d]`, d a multiple of 8
 * @param double 1: nodes are the 2h × 2w grid between patches; 0: the patches themselves
 * @param rows scratch: (2·2w + w)·d floats if doubled
 * @param edges four planes (east, south, south-east, south-west), `stride` floats apart
 */
export function edgeDistances(
  z: usize,
  h: i32,
  w: i32,
  d: i32,
  double: i32,
  rows: usize,
  edges: usize,
  stride: i32,
  norms: usize,
): void {
  const height = double ? 2 * h : h;
  const width = double ? 2 * w : w;
  const size = (<usize>d) << 2;
  const plane = (<usize>stride) << 2;
  const line = rows + 2 * <usize>width * size;
  let above: usize = 0;
  for (let y = 0; y < height; y++) {
    let row = z + <usize>(y * w) * size;
    if (double) {
      row = rows + <usize>(y & 1) * <usize>width * size;
      nodeRow(z, h, w, d, y, line, row);
    }
    for (let x = 0; x < width; x++) {
      const i = (<usize>(y * width + x)) << 2;
      const here = row + <usize>x * size;
      // Past the last column any key will do: there is no edge.
      const next = x + 1 < width ? here + size : here;
      const over = above ? above + <usize>x * size : here;
      const overNext = above ? (x + 1 < width ? over + size : over) : here;
      let e = f32x4.splat(0);
      let s = e;
      let se = e;
      let sw = e;
      let own = e;
      for (let k: usize = 0; k < size; k += 16) {
        const a = v128.load(here + k);
        const b = v128.load(next + k);
        const c = v128.load(over + k);
        const f = v128.load(overNext + k);
        own = f32x4.add(own, f32x4.mul(a, a));
        const ab = f32x4.sub(a, b);
        e = f32x4.add(e, f32x4.mul(ab, ab));
        const ac = f32x4.sub(a, c);
        s = f32x4.add(s, f32x4.mul(ac, ac));
        const bc = f32x4.sub(b, c);
        se = f32x4.add(se, f32x4.mul(bc, bc));
        const af = f32x4.sub(a, f);
        sw = f32x4.add(sw, f32x4.mul(af, af));
      }
      const sums = sums4(e, s, se, sw);
      const lengths = sums4(own, own, own, own);
      store<f32>(norms + i, f32x4.extract_lane(lengths, 0));
      if (x + 1 < width) store<f32>(edges + i, f32x4.extract_lane(sums, 0));
      if (above) {
        const up = edges + i - ((<usize>width) << 2);
        store<f32>(up + plane, f32x4.extract_lane(sums, 1));
        if (x + 1 < width) {
          store<f32>(up + 2 * plane, f32x4.extract_lane(sums, 2));
          store<f32>(up + 4 + 3 * plane, f32x4.extract_lane(sums, 3));
        }
      }
    }
    above = row;
  }
}

/** Keys of row y of the ×2 grid, `[2w, d]`. @param line scratch, w·d floats */
export function nodeRow(z: usize, h: i32, w: i32, d: i32, y: i32, line: usize, out: usize): void {
  const size = (<usize>d) << 2;
  const width = <usize>w * size;
  const a = z + <usize>max((y - 1) >> 1, 0) * width;
  const b = z + <usize>min((y + 1) >> 1, h - 1) * width;
  const quarter = f32x4.splat(0.25);
  const most = f32x4.splat(0.75);
  const wa = y & 1 ? most : quarter;
  const wb = y & 1 ? quarter : most;
  for (let q: usize = 0; q < width; q += 16) {
    v128.store(line + q, f32x4.add(f32x4.mul(wa, v128.load(a + q)), f32x4.mul(wb, v128.load(b + q))));
  }
  for (let x = 0; x < w; x++) {
    const here = line + <usize>x * size;
    const left = x > 0 ? here - size : here;
    const right = x + 1 < w ? here + size : here;
    for (let k: usize = 0; k < size; k += 16, out += 16) {
      const middle = f32x4.mul(most, v128.load(here + k));
      v128.store(out, f32x4.add(middle, f32x4.mul(quarter, v128.load(left + k))));
      v128.store(out + size, f32x4.add(middle, f32x4.mul(quarter, v128.load(right + k))));
    }
    out += size;
  }
}

/**
 * exp(−d²_key·γ − weight·d²_colour) + least, in place of squared key distances to the nodes `offset` places on.
 *
 * @param colour three padded planes, `stride` floats apart
 */
export function edgeWeights(
  edge: usize,
  offset: i32,
  n: i32,
  gamma: f32,
  colour: usize,
  stride: i32,
  weight: f32,
  least: f32,
): void {
  const plane = (<usize>stride) << 2;
  const ahead = (<usize>offset) << 2;
  const g = f32x4.splat(-gamma);
  const c = f32x4.splat(weight);
  const l = f32x4.splat(least);
  const end = edge + ((<usize>n) << 2);
  for (; edge < end; edge += 16, colour += 16) {
    const red = f32x4.sub(v128.load(colour), v128.load(colour + ahead));
    const green = f32x4.sub(v128.load(colour + plane), v128.load(colour + plane + ahead));
    const blue = f32x4.sub(v128.load(colour + 2 * plane), v128.load(colour + 2 * plane + ahead));
    const d2 = f32x4.add(f32x4.add(f32x4.mul(red, red), f32x4.mul(green, green)), f32x4.mul(blue, blue));
    v128.store(edge, f32x4.add(exp4(f32x4.sub(f32x4.mul(g, v128.load(edge)), f32x4.mul(c, d2))), l));
  }
}

/** The sum of the edges at every node. @param edges four padded planes, `stride` floats apart */
export function edgeDegrees(edges: usize, stride: i32, n: i32, w: i32, out: usize): void {
  const plane = (<usize>stride) << 2;
  const row = (<usize>w) << 2;
  const end = edges + ((<usize>n) << 2);
  for (; edges < end; edges += 16, out += 16) {
    const south = edges + plane;
    const southEast = south + plane;
    const southWest = southEast + plane;
    const a = f32x4.add(v128.load(edges), v128.load(edges - 4));
    const b = f32x4.add(v128.load(south), v128.load(south - row));
    const c = f32x4.add(v128.load(southEast), v128.load(southEast - row - 4));
    const d = f32x4.add(v128.load(southWest), v128.load(southWest - row + 4));
    v128.store(out, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  }
}

/** The diagonal degree + prior, + hold at seeds, and its inverse. @param held int32 labels of seeds, −1 elsewhere */
export function walkDiagonal(
  degree: usize,
  held: usize,
  n: i32,
  prior: f32,
  hold: f32,
  diagonal: usize,
  inverse: usize,
): void {
  for (let i: usize = 0; i < (<usize>n) << 2; i += 4) {
    const value: f32 = load<f32>(degree + i) + prior + (load<i32>(held + i) >= 0 ? hold : 0);
    store<f32>(diagonal + i, value);
    store<f32>(inverse + i, 1 / value);
  }
}

/**
 * Solves (L + diag(hold·seed + prior)) x = hold·Y + prior·P for one label by conjugate gradients from 0, preconditioned by
 * the diagonal.
 *
 * @param diagonal, with `inverse`: from {@link walkDiagonal}
 * @param p the label's prior
 * @param work four planes, `stride` floats apart: x (the result), residual, direction, image; all zero but for x
 * @returns the number of steps, negative if they did not meet tol
 */
export function walkLabel(
  edges: usize,
  stride: i32,
  n: i32,
  w: i32,
  diagonal: usize,
  inverse: usize,
  p: usize,
  held: usize,
  label: i32,
  prior: f32,
  hold: f32,
  tol: f32,
  maxIter: i32,
  work: usize,
): i32 {
  const plane = (<usize>stride) << 2;
  const x = work;
  const residual = x + plane;
  const direction = residual + plane;
  const image = direction + plane;
  const bytes = (<usize>n) << 2;
  let rz: f64 = 0;
  for (let i: usize = 0; i < bytes; i += 4) {
    const r: f32 = prior * load<f32>(p + i) + (load<i32>(held + i) === label ? hold : 0);
    const z = r * load<f32>(inverse + i);
    store<f32>(x + i, 0);
    store<f32>(residual + i, r);
    store<f32>(direction + i, z);
    rz += <f64>r * <f64>z;
  }
  for (let step = 0; step < maxIter; ) {
    const alpha = <f32>(rz / applyLaplacian(edges, plane, bytes, (<usize>w) << 2, diagonal, direction, image));
    const a = f32x4.splat(alpha);
    let low = f64x2.splat(0);
    let high = low;
    let worst = f32x4.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) {
      v128.store(x + i, f32x4.add(v128.load(x + i), f32x4.mul(a, v128.load(direction + i))));
      const r = f32x4.sub(v128.load(residual + i), f32x4.mul(a, v128.load(image + i)));
      v128.store(residual + i, r);
      const z = f32x4.mul(r, v128.load(inverse + i));
      worst = f32x4.pmax(worst, f32x4.abs(z));
      const term = f32x4.mul(r, z);
      low = f64x2.add(low, f64x2.promote_low_f32x4(term));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(term, term, 2, 3, 2, 3)));
    }
    step++;
    if (!v128.any_true(f32x4.gt(worst, f32x4.splat(tol)))) return step;
    const next = lanes(f64x2.add(low, high));
    const b = f32x4.splat(<f32>(next / rz));
    rz = next;
    for (let i: usize = 0; i < bytes; i += 16) {
      const z = f32x4.mul(v128.load(residual + i), v128.load(inverse + i));
      v128.store(direction + i, f32x4.add(z, f32x4.mul(b, v128.load(direction + i))));
    }
  }
  return -maxIter;
}

/** image = (L + diagonal)·direction. @returns ⟨direction, image⟩ */
export function applyLaplacian(
  edges: usize,
  plane: usize,
  bytes: usize,
  row: usize,
  diagonal: usize,
  direction: usize,
  image: usize,
): f64 {
  let low = f64x2.splat(0);
  let high = low;
  for (let i: usize = 0; i < bytes; i += 16) {
    const east = edges + i;
    const south = east + plane;
    const southEast = south + plane;
    const southWest = southEast + plane;
    const d = direction + i;
    const own = v128.load(d);
    let sum = f32x4.mul(v128.load(east), v128.load(d + 4));
    sum = f32x4.add(sum, f32x4.mul(v128.load(east - 4), v128.load(d - 4)));
    sum = f32x4.add(sum, f32x4.mul(v128.load(south), v128.load(d + row)));
    sum = f32x4.add(sum, f32x4.mul(v128.load(south - row), v128.load(d - row)));
    sum = f32x4.add(sum, f32x4.mul(v128.load(southEast), v128.load(d + row + 4)));
    sum = f32x4.add(sum, f32x4.mul(v128.load(southEast - row - 4), v128.load(d - row - 4)));
    sum = f32x4.add(sum, f32x4.mul(v128.load(southWest), v128.load(d + row - 4)));
    sum = f32x4.add(sum, f32x4.mul(v128.load(southWest - row + 4), v128.load(d - row + 4)));
    const value = f32x4.sub(f32x4.mul(own, v128.load(diagonal + i)), sum);
    v128.store(image + i, value);
    const term = f32x4.mul(own, value);
    low = f64x2.add(low, f64x2.promote_low_f32x4(term));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(term, term, 2, 3, 2, 3)));
  }
  return lanes(f64x2.add(low, high));
}

function lanes(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}
