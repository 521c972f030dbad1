/**
 * The dense affinity A over n nodes as 4 × 4 tiles, upper triangle only: tile row I holds tiles (I, I), (I, I + 1) …,
 * each 16 floats row-major. nb = ⌈n/4⌉ tiles a side. Diagonal tiles are whole; nodes beyond n are like no other.
 */
import { expAbove, highestLane, sums4 } from '../../arena/kernels/exp';

/** The start of tile row I, in tiles. */
export function tileRow(I: i32, nb: i32): usize {
  return <usize>I * <usize>nb - ((<usize>I * (<usize>I - 1)) >> 1);
}

/**
 * Row i of the Gram matrix of the ×2 grid from the Gram matrix of the h × w grid: node i with the nodes of its own grid row
 * and of the rows below.
 *
 * @param g `[h·w, stride]`
 * @param line scratch, h·w floats
 * @param row scratch, w + 8 floats
 * @param out `[4·h·w]` and 8 floats more
 */
export function doubledRow(g: usize, stride: i32, h: i32, w: i32, i: i32, line: usize, row: usize, out: usize): void {
  const y = i / (2 * w);
  const x = i - y * 2 * w;
  const top = max((y - 1) >> 1, 0);
  const bottom = min((y + 1) >> 1, h - 1);
  const left = max((x - 1) >> 1, 0);
  const right = min((x + 1) >> 1, w - 1);
  // Odd positions lie a quarter of the way past the lower of their two, even ones three quarters; at the border the two are one.
  const v: f32 = y & 1 ? 0.25 : 0.75;
  const u: f32 = x & 1 ? 0.25 : 0.75;
  const bytes = (<usize>stride) << 2;
  const above = g + <usize>(top * w) * bytes;
  const below = g + <usize>(bottom * w) * bytes;
  const a = <usize>left * bytes;
  const b = <usize>right * bytes;
  mixRows(above + a, above + b, below + a, below + b, u, v, top * w, h * w, line);
  doubleGrid(line, h, w, y, row, out);
}

/** Mixes four rows bilinearly, from one column to another: (1 − v)·((1 − u)·a + u·b) + v·((1 − u)·c + u·d). */
export function mixRows(a: usize, b: usize, c: usize, d: usize, u: f32, v: f32, from: i32, to: i32, out: usize): void {
  const wa = f32x4.splat((1 - v) * (1 - u));
  const wb = f32x4.splat((1 - v) * u);
  const wc = f32x4.splat(v * (1 - u));
  const wd = f32x4.splat(v * u);
  const end = (<usize>to) << 2;
  for (let q = (<usize>from) << 2; q < end; q += 16) {
    const upper = f32x4.add(f32x4.mul(wa, v128.load(a + q)), f32x4.mul(wb, v128.load(b + q)));
    const lower = f32x4.add(f32x4.mul(wc, v128.load(c + q)), f32x4.mul(wd, v128.load(d + q)));
    v128.store(out + q, f32x4.add(upper, lower));
  }
}

/**
 * Doubles an h × w grid by linear interpolation, from row `from` of 2h on.
 *
 * @param row scratch, w + 8 floats
 * @param out `[2h, 2w]` and 8 floats more
 */
export function doubleGrid(grid: usize, h: i32, w: i32, from: i32, row: usize, out: usize): void {
  const quarter = f32x4.splat(0.25);
  const most = f32x4.splat(0.75);
  const width = (<usize>w) << 2;
  const inner = row + 4;
  for (let y = from; y < 2 * h; y++) {
    const a = grid + <usize>max((y - 1) >> 1, 0) * width;
    const b = grid + <usize>min((y + 1) >> 1, h - 1) * width;
    const wa = y & 1 ? most : quarter;
    const wb = y & 1 ? quarter : most;
    for (let q: usize = 0; q < width; q += 16) {
      v128.store(inner + q, f32x4.add(f32x4.mul(wa, v128.load(a + q)), f32x4.mul(wb, v128.load(b + q))));
    }
    store<f32>(row, load<f32>(inner));
    store<f32>(inner + width, load<f32>(inner + width - 4));
    let to = out + ((<usize>(y * 2 * w)) << 2);
    for (let q: usize = 0; q < width; q += 16, to += 32) {
      const middle = f32x4.mul(most, v128.load(inner + q));
      const even = f32x4.add(middle, f32x4.mul(quarter, v128.load(row + q)));
      const odd = f32x4.add(middle, f32x4.mul(quarter, v128.load(inner + q, 4)));
      v128.store(to, v128.shuffle<f32>(even, odd, 0, 4, 1, 5));
      v128.store(to, v128.shuffle<f32>(even, odd, 2, 6, 3, 7), 16);
    }
  }
}

/**
 * Squared distances of nodes 4I … 4I + 3 to all nodes from 4I on, as tile row I.
 *
 * @param rows inner products `[4, stride]`, columns from 4I on
 * @param norm `[4·nb]` of every node; infinite beyond n
 */
export function distanceTiles(rows: usize, stride: i32, norm: usize, I: i32, nb: i32, tiles: usize): void {
  const diagonal = tiles + (tileRow(I, nb) << 6);
  let to = diagonal;
  const bytes = (<usize>stride) << 2;
  const zero = f32x4.splat(0),
    two = f32x4.splat(2);
  const n0 = v128.load32_splat(norm + ((<usize>I) << 4)),
    n1 = v128.load32_splat(norm + ((<usize>I) << 4), 4);
  const n2 = v128.load32_splat(norm + ((<usize>I) << 4), 8),
    n3 = v128.load32_splat(norm + ((<usize>I) << 4), 12);
  for (let j = (<usize>I) << 4; j < (<usize>nb) << 4; j += 16, to += 64) {
    const other = v128.load(norm + j);
    let r = rows + j;
    v128.store(to, f32x4.pmax(zero, f32x4.sub(f32x4.add(n0, other), f32x4.mul(two, v128.load(r)))));
    r += bytes;
    v128.store(to, f32x4.pmax(zero, f32x4.sub(f32x4.add(n1, other), f32x4.mul(two, v128.load(r)))), 16);
    r += bytes;
    v128.store(to, f32x4.pmax(zero, f32x4.sub(f32x4.add(n2, other), f32x4.mul(two, v128.load(r)))), 32);
    r += bytes;
    v128.store(to, f32x4.pmax(zero, f32x4.sub(f32x4.add(n3, other), f32x4.mul(two, v128.load(r)))), 48);
  }
  mirror(diagonal);
}

/** Counts the entries of every `every`-th vector of four, by the upper 16 bits of their floats. @param bins `[65536]` int32 */
export function sampleBins(tiles: usize, count: usize, every: i32, bins: usize): void {
  const end = tiles + (count << 6);
  for (; tiles < end; tiles += (<usize>every) << 4) {
    for (let lane: usize = 0; lane < 16; lane += 4) {
      const bin = bins + ((<usize>load<u16>(tiles + lane, 2)) << 2);
      store<i32>(bin, load<i32>(bin) + 1);
    }
  }
}

/** Makes a diagonal tile symmetric: its rows were written from their own column on. */
function mirror(tile: usize): void {
  for (let r: usize = 1; r < 4; r++) {
    for (let s: usize = 0; s < r; s++) store<f32>(tile + 16 * r + 4 * s, load<f32>(tile + 16 * s + 4 * r));
  }
}

/**
 * Counts the entries of pairs i < j below `low`, and collects those in [low, high).
 *
 * @param found receives up to `room` of the collected entries, float32
 * @param below receives the number of entries below, float64
 * @returns the number of entries in [low, high), which may exceed `room`
 */
export function gather(tiles: usize, nb: i32, low: f32, high: f32, found: usize, room: i32, below: usize): i32 {
  let inside = 0;
  let less: i64 = 0;
  const l = f32x4.splat(low),
    h = f32x4.splat(high);
  for (let I = 0; I < nb; I++) {
    // Only the part of a diagonal tile above its diagonal.
    for (let r = 0; r < 3; r++) {
      for (let s = r + 1; s < 4; s++) {
        const value = load<f32>(tiles + ((<usize>(4 * r + s)) << 2));
        if (value < low) less++;
        else if (value < high && inside++ < room) store<f32>(found + ((<usize>(inside - 1)) << 2), value);
      }
    }
    tiles += 64;
    const end = tiles + ((<usize>(nb - 1 - I)) << 6);
    let lanes = i32x4.splat(0);
    for (; tiles < end; tiles += 16) {
      const x = v128.load(tiles);
      const under = f32x4.lt(x, l);
      lanes = i32x4.sub(lanes, under);
      const within = v128.andnot(f32x4.lt(x, h), under);
      if (v128.any_true(within)) {
        for (let lane: usize = 0; lane < 16; lane += 4) {
          const value = load<f32>(tiles + lane);
          if (value >= low && value < high && inside++ < room) store<f32>(found + ((<usize>(inside - 1)) << 2), value);
        }
      }
    }
    less +=
      i32x4.extract_lane(lanes, 0) +
      i32x4.extract_lane(lanes, 1) +
      i32x4.extract_lane(lanes, 2) +
      i32x4.extract_lane(lanes, 3);
  }
  store<f64>(below, <f64>less);
  return inside;
}

/**
 * exp(γ·d²) in place of squared distances, γ < 0, the diagonal zero. Values below e^−86 become zero, as they soon would in
 * float32 anyway; none is rounded up, since a node may have no larger affinity.
 */
export function rbfTiles(tiles: usize, nb: i32, gamma: f32): void {
  const g = f32x4.splat(gamma);
  const least = f32x4.splat(-86);
  for (let I = 0; I < nb; I++) {
    const diagonal = tiles;
    const end = tiles + ((<usize>(nb - I)) << 6);
    for (; tiles < end; tiles += 16) {
      const x = f32x4.mul(g, v128.load(tiles));
      v128.store(tiles, v128.and(expAbove(x, -86), f32x4.gt(x, least)));
    }
    for (let r: usize = 0; r < 4; r++) store<f32>(diagonal + 20 * r, 0);
  }
}

/**
 * Nodes 4I … 4I + 3 against all nodes from 4I on: 1 where the cosine reaches τ, else ε; zero on the diagonal and beyond n.
 *
 * @param norm `[4·nb]` squared lengths
 */
export function similarityTiles(
  rows: usize,
  stride: i32,
  norm: usize,
  I: i32,
  n: i32,
  nb: i32,
  tau: f32,
  epsilon: f32,
  tiles: usize,
): void {
  const diagonal = tiles + (tileRow(I, nb) << 6);
  let to = diagonal;
  for (let J = I; J < nb; J++) {
    for (let r = 4 * I; r < 4 * I + 4; r++) {
      for (let s = 4 * J; s < 4 * J + 4; s++) {
        const length = sqrt(load<f32>(norm + ((<usize>r) << 2)) * load<f32>(norm + ((<usize>s) << 2)));
        const dot = load<f32>(rows + ((<usize>(r & 3) * <usize>stride + <usize>s) << 2));
        const alike = length > 0 ? dot >= tau * length : 0 >= tau;
        store<f32>(to, r === s || r >= n || s >= n ? 0 : alike ? 1 : epsilon);
        to += 4;
      }
    }
  }
  mirror(diagonal);
}

/**
 * Row sums of A.
 *
 * @param out receives the sums, `[4·nb]`
 * @param tops receives the greatest entry of each tile, in the order of tiles
 */
export function degrees(tiles: usize, nb: i32, out: usize, tops: usize): void {
  memory.fill(out, 0, (<usize>nb) << 4);
  for (let I = 0; I < nb; I++) {
    const own = out + ((<usize>I) << 4);
    let a0 = v128.load(tiles),
      a1 = v128.load(tiles, 16),
      a2 = v128.load(tiles, 32),
      a3 = v128.load(tiles, 48);
    store<f32>(tops, greatest(a0, a1, a2, a3));
    tiles += 64;
    tops += 4;
    let to = own + 16;
    const end = out + ((<usize>nb) << 4);
    for (; to < end; to += 16, tiles += 64, tops += 4) {
      const t0 = v128.load(tiles),
        t1 = v128.load(tiles, 16),
        t2 = v128.load(tiles, 32),
        t3 = v128.load(tiles, 48);
      a0 = f32x4.add(a0, t0);
      a1 = f32x4.add(a1, t1);
      a2 = f32x4.add(a2, t2);
      a3 = f32x4.add(a3, t3);
      v128.store(to, f32x4.add(v128.load(to), f32x4.add(f32x4.add(t0, t1), f32x4.add(t2, t3))));
      store<f32>(tops, greatest(t0, t1, t2, t3));
    }
    v128.store(own, f32x4.add(v128.load(own), sums4(a0, a1, a2, a3)));
  }
}

function greatest(a: v128, b: v128, c: v128, d: v128): f32 {
  return highestLane(f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d)));
}
