/**
 * The matrix of the walk (walk.ts), factored once for all labels. Nodes are numbered along the grid's shorter side, so that
 * no edge reaches more than `width` places on: the matrix is a band, and so is its Cholesky factor.
 *
 * A band has columns of `width` + 8 floats: row j + 1 + t of column j is at t. `width` is a multiple of 4, at least the
 * shorter side + 1; the last 8 floats are 0, so that vectors may run over. N = n rounded up to a multiple of 4; the extra
 * nodes have no edges.
 */
import { sums4 } from '../../arena/kernels/exp';
import { applyLaplacian } from './walk';

/**
 * Factors A = LLᵀ, where A is the Laplacian of the edges with another diagonal.
 *
 * @param edges four padded planes as in walk.ts, `stride` floats apart
 * @param diagonal n floats, all above 0
 * @param band `[N, width + 8]`
 * @param inverse `[N]`: 1 over the factor's diagonal
 */
export function factorBand(
  edges: usize,
  stride: i32,
  h: i32,
  w: i32,
  diagonal: usize,
  width: i32,
  band: usize,
  inverse: usize,
): void {
  const n = h * w;
  const count = (n + 3) & ~3;
  const size = (<usize>(width + 8)) << 2;
  memory.fill(band, 0, <usize>count * size);
  fillBand(edges, (<usize>stride) << 2, h, w, diagonal, band, size, inverse);
  for (let i = n; i < count; i++) store<f32>(inverse + ((<usize>i) << 2), 1);
  const bytes = (<usize>width) << 2;
  for (let j = 0; j < count; j += 4) {
    const first = band + <usize>j * size;
    const own = inverse + ((<usize>j) << 2);
    // First four columns among themselves …
    for (let q: usize = 0; q < 4; q++) {
      const column = first + q * size;
      let d = load<f32>(own + (q << 2));
      for (let p: usize = 0; p < q; p++) {
        const other = first + p * size + ((q - p) << 2);
        const l = load<f32>(other - 4);
        const weight = f32x4.splat(l);
        d -= l * l;
        for (let t: usize = 0; t < bytes; t += 16) {
          v128.store(column + t, f32x4.sub(v128.load(column + t), f32x4.mul(weight, v128.load(other + t))));
        }
      }
      // Rounding must not make it 0.
      const r: f32 = 1 / sqrt(max(d, f32.MIN_NORMAL_VALUE));
      store<f32>(own + (q << 2), r);
      const scale = f32x4.splat(r);
      for (let t: usize = 0; t < bytes; t += 16) v128.store(column + t, f32x4.mul(scale, v128.load(column + t)));
    }
    // … then their part of all columns that they reach is subtracted.
    const last = min(j + 4 + width, count);
    for (let m = j + 4; m < last; m++) {
      const ahead = (<usize>(m - j)) << 2;
      const c0 = first + ahead;
      const c1 = c0 + size - 4;
      const c2 = c1 + size - 4;
      const c3 = c2 + size - 4;
      const l0 = load<f32>(c0 - 4);
      const l1 = load<f32>(c1 - 4);
      const l2 = load<f32>(c2 - 4);
      const l3 = load<f32>(c3 - 4);
      const at = inverse + ((<usize>m) << 2);
      store<f32>(at, load<f32>(at) - (l0 * l0 + l1 * l1 + (l2 * l2 + l3 * l3)));
      const w0 = f32x4.splat(l0);
      const w1 = f32x4.splat(l1);
      const w2 = f32x4.splat(l2);
      const w3 = f32x4.splat(l3);
      const column = band + <usize>m * size;
      const reach = (<usize>(j + 3 + width - m)) << 2;
      for (let t: usize = 0; t < reach; t += 16) {
        const a = f32x4.add(f32x4.mul(w0, v128.load(c0 + t)), f32x4.mul(w1, v128.load(c1 + t)));
        const b = f32x4.add(f32x4.mul(w2, v128.load(c2 + t)), f32x4.mul(w3, v128.load(c3 + t)));
        v128.store(column + t, f32x4.sub(v128.load(column + t), f32x4.add(a, b)));
      }
    }
  }
}

function fillBand(
  edges: usize,
  plane: usize,
  h: i32,
  w: i32,
  diagonal: usize,
  band: usize,
  size: usize,
  out: usize,
): void {
  const row = (<usize>w) << 2;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const i = (<usize>(y * w + x)) << 2;
      const east = load<f32>(edges + i);
      const south = load<f32>(edges + plane + i);
      const southEast = load<f32>(edges + 2 * plane + i);
      const q = <usize>place(x, y, h, w);
      const column = band + q * size;
      store<f32>(out + (q << 2), load<f32>(diagonal + i));
      if (w > h) {
        // Down the columns: the next node is to the south, and the next column's start at the north-east.
        take(column, 0, south);
        if (h > 1) take(column, h - 2, load<f32>(edges + 3 * plane + i - row + 4));
        take(column, h - 1, east);
        take(column, h, southEast);
      } else {
        take(column, 0, east);
        if (w > 1) take(column, w - 2, load<f32>(edges + 3 * plane + i));
        take(column, w - 1, south);
        take(column, w, southEast);
      }
    }
  }
}

function take(column: usize, t: i32, weight: f32): void {
  const at = column + ((<usize>t) << 2);
  store<f32>(at, load<f32>(at) - weight);
}

/** A node's place in the band. */
function place(x: i32, y: i32, h: i32, w: i32): i32 {
  return w > h ? x * h + y : y * w + x;
}

/**
 * Solves (L + diag(hold·seed + prior)) x = hold·Y + prior·P for one label, as walkLabel of walk.ts does: by the factor, then
 * again for the residual that rounding leaves.
 *
 * @param diagonal planes of the matrix's diagonal, and of its inverse
 * @param band from {@link factorBand}, with `factor`, 1 over its diagonal
 * @param work four padded planes, all zero; x is in the first
 * @param scratch N + width + 8 floats
 * @returns solves until every node is within tol of the value that its neighbours give it; −maxIter if it never was
 */
export function walkDirect(
  edges: usize,
  stride: i32,
  h: i32,
  w: i32,
  diagonal: usize,
  inverse: usize,
  width: i32,
  band: usize,
  factor: usize,
  p: usize,
  held: usize,
  label: i32,
  prior: f32,
  hold: f32,
  tol: f32,
  maxIter: i32,
  work: usize,
  scratch: usize,
): i32 {
  const plane = (<usize>stride) << 2;
  const x = work;
  const residual = x + plane;
  const source = residual + plane;
  const image = source + plane;
  const bytes = (<usize>(h * w)) << 2;
  for (let i: usize = 0; i < bytes; i += 4) {
    const b: f32 = prior * load<f32>(p + i) + (load<i32>(held + i) === label ? hold : 0);
    store<f32>(x + i, 0);
    store<f32>(source + i, b);
    store<f32>(residual + i, b);
  }
  for (let step = 1; step <= maxIter; step++) {
    solveBand(h, w, width, band, factor, residual, x, scratch);
    applyLaplacian(edges, plane, bytes, (<usize>w) << 2, diagonal, x, image);
    let worst = f32x4.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) {
      const r = f32x4.sub(v128.load(source + i), v128.load(image + i));
      v128.store(residual + i, r);
      worst = f32x4.pmax(worst, f32x4.abs(f32x4.mul(r, v128.load(inverse + i))));
    }
    if (!v128.any_true(f32x4.gt(worst, f32x4.splat(tol)))) return step;
  }
  return -maxIter;
}

/** Adds A⁻¹ r to x, both planes of nodes. */
function solveBand(h: i32, w: i32, width: i32, band: usize, inverse: usize, r: usize, x: usize, scratch: usize): void {
  const n = h * w;
  const count = (n + 3) & ~3;
  const size = (<usize>(width + 8)) << 2;
  const bytes = (<usize>width) << 2;
  memory.fill(scratch + ((<usize>n) << 2), 0, (<usize>(count - n + width + 8)) << 2);
  for (let v = 0, i: usize = 0; v < h; v++) {
    for (let u = 0; u < w; u++, i += 4) {
      store<f32>(scratch + ((<usize>place(u, v, h, w)) << 2), load<f32>(r + i));
    }
  }
  // Four columns at a time, c0 … c3: first among themselves, then with the rows below them.
  const end = (<usize>count) << 2;
  const block = size << 2;
  let c0 = band;
  for (let j: usize = 0; j < end; j += 16, c0 += block) {
    const c1 = c0 + size;
    const c2 = c1 + size;
    const c3 = c2 + size;
    const here = scratch + j;
    const at = inverse + j;
    const y0: f32 = load<f32>(here) * load<f32>(at);
    const y1: f32 = (load<f32>(here, 4) - y0 * load<f32>(c0)) * load<f32>(at, 4);
    const y2: f32 = (load<f32>(here, 8) - y0 * load<f32>(c0, 4) - y1 * load<f32>(c1)) * load<f32>(at, 8);
    const y3: f32 =
      (load<f32>(here, 12) - y0 * load<f32>(c0, 8) - y1 * load<f32>(c1, 4) - y2 * load<f32>(c2)) * load<f32>(at, 12);
    store<f32>(here, y0);
    store<f32>(here, y1, 4);
    store<f32>(here, y2, 8);
    store<f32>(here, y3, 12);
    const w0 = f32x4.splat(y0);
    const w1 = f32x4.splat(y1);
    const w2 = f32x4.splat(y2);
    const w3 = f32x4.splat(y3);
    for (let t: usize = 0; t < bytes; t += 16) {
      const a = f32x4.add(f32x4.mul(w0, v128.load(c0 + t, 12)), f32x4.mul(w1, v128.load(c1 + t, 8)));
      const b = f32x4.add(f32x4.mul(w2, v128.load(c2 + t, 4)), f32x4.mul(w3, v128.load(c3 + t)));
      v128.store(here + t, f32x4.sub(v128.load(here + t, 16), f32x4.add(a, b)), 16);
    }
  }
  for (let j = end; j > 0; ) {
    j -= 16;
    c0 -= block;
    const c1 = c0 + size;
    const c2 = c1 + size;
    const c3 = c2 + size;
    const here = scratch + j;
    const at = inverse + j;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (let t: usize = 0; t < bytes; t += 16) {
      const below = v128.load(here + t, 16);
      s0 = f32x4.add(s0, f32x4.mul(below, v128.load(c0 + t, 12)));
      s1 = f32x4.add(s1, f32x4.mul(below, v128.load(c1 + t, 8)));
      s2 = f32x4.add(s2, f32x4.mul(below, v128.load(c2 + t, 4)));
      s3 = f32x4.add(s3, f32x4.mul(below, v128.load(c3 + t)));
    }
    const left = f32x4.sub(v128.load(here), sums4(s0, s1, s2, s3));
    const x3: f32 = f32x4.extract_lane(left, 3) * load<f32>(at, 12);
    const x2: f32 = (f32x4.extract_lane(left, 2) - x3 * load<f32>(c2)) * load<f32>(at, 8);
    const x1: f32 = (f32x4.extract_lane(left, 1) - x2 * load<f32>(c1) - x3 * load<f32>(c1, 4)) * load<f32>(at, 4);
    const x0: f32 =
      (f32x4.extract_lane(left, 0) - x1 * load<f32>(c0) - x2 * load<f32>(c0, 4) - x3 * load<f32>(c0, 8)) *
      load<f32>(at);
    store<f32>(here, x0);
    store<f32>(here, x1, 4);
    store<f32>(here, x2, 8);
    store<f32>(here, x3, 12);
  }
  for (let v = 0, i: usize = 0; v < h; v++) {
    for (let u = 0; u < w; u++, i += 4) {
      store<f32>(x + i, load<f32>(x + i) + load<f32>(scratch + ((<usize>place(u, v, h, w)) << 2)));
    }
  }
}
