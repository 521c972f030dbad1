/** Spreading over the tiles of affinity.ts: products with several labels at once, each label a plane of 4·nb floats. */
import { sums4 } from './exp';

/** Tiles that stay in the first cache while every label passes over them. */
const chunk = 192;
/** Of planes that are mostly zero, tiles that are looked through at once. */
const fine = 32;

/**
 * out = A·F for planes F `[c, 4·nb]`. Each tile serves twice: its rows for the nodes of its row, its columns for those
 * of its column.
 *
 * @param seeded 1: F is zero at most nodes; tiles that meet zeros only are passed over
 */
export function product(tiles: usize, nb: i32, f: usize, c: i32, seeded: i32, out: usize): void {
  const plane = (<usize>nb) << 4;
  const length = seeded ? fine : chunk;
  memory.fill(out, 0, plane * <usize>c);
  for (let I = 0; I < nb; I++) {
    diagonalTile(tiles, f + ((<usize>I) << 4), c, plane, out + ((<usize>I) << 4));
    tiles += 64;
    for (let J = I + 1; J < nb; J += length) {
      const count = min(length, nb - J);
      const across = (<usize>J) << 4;
      for (let k = 0; k < c; k++) {
        const own = plane * <usize>k + ((<usize>I) << 4);
        const other = plane * <usize>k + across;
        if (seeded && !v128.any_true(v128.load(f + own)) && allZero(f + other, count)) continue;
        tileRun(tiles, count, f + own, f + other, out + own, out + other);
      }
      tiles += (<usize>count) << 6;
    }
  }
}

function allZero(f: usize, count: i32): bool {
  const end = f + ((<usize>count) << 4);
  for (; f < end; f += 16) if (v128.any_true(v128.load(f))) return false;
  return true;
}

function diagonalTile(tile: usize, f: usize, c: i32, plane: usize, out: usize): void {
  for (let k = 0; k < c; k++, f += plane, out += plane) {
    let sum = f32x4.mul(v128.load(tile), v128.load32_splat(f));
    sum = f32x4.add(sum, f32x4.mul(v128.load(tile, 16), v128.load32_splat(f, 4)));
    sum = f32x4.add(sum, f32x4.mul(v128.load(tile, 32), v128.load32_splat(f, 8)));
    sum = f32x4.add(sum, f32x4.mul(v128.load(tile, 48), v128.load32_splat(f, 12)));
    v128.store(out, f32x4.add(v128.load(out), sum));
  }
}

/**
 * Lists the tiles that matter to a solve whose row sums are known: tile (I, J) is left out if what its nodes hand each
 * other is less than `least` of what those who take it have.
 *
 * @param given `[4·nb]`: α·scale·the most that each node has had at any iteration
 * @param had `[4·nb]`: what each node has in the end, over its scale
 * @param starts receives, for each I and after the last, where its tiles begin in `list`, as int32
 * @param list receives J − I of each, as int32; there is room for all
 */
export function listTiles(
  tiles: usize,
  nb: i32,
  given: usize,
  had: usize,
  least: f32,
  starts: usize,
  list: usize,
): void {
  const l = f32x4.splat(least);
  let listed = 0;
  for (let I = 0; I < nb; I++) {
    const own = (<usize>I) << 4;
    store<i32>(starts + ((<usize>I) << 2), listed);
    const g0 = v128.load32_splat(given + own);
    const g1 = v128.load32_splat(given + own, 4);
    const g2 = v128.load32_splat(given + own, 8);
    const g3 = v128.load32_splat(given + own, 12);
    const enough = f32x4.mul(l, v128.load(had + own));
    tiles += 64;
    for (let J = I + 1; J < nb; J++, tiles += 64) {
      const other = (<usize>J) << 4;
      const g = v128.load(given + other);
      const t0 = v128.load(tiles);
      const t1 = v128.load(tiles, 16);
      const t2 = v128.load(tiles, 32);
      const t3 = v128.load(tiles, 48);
      const rows = sums4(f32x4.mul(t0, g), f32x4.mul(t1, g), f32x4.mul(t2, g), f32x4.mul(t3, g));
      const left = f32x4.add(f32x4.mul(t0, g0), f32x4.mul(t1, g1));
      const columns = f32x4.add(left, f32x4.add(f32x4.mul(t2, g2), f32x4.mul(t3, g3)));
      const matters = v128.or(f32x4.gt(rows, enough), f32x4.gt(columns, f32x4.mul(l, v128.load(had + other))));
      if (v128.any_true(matters)) {
        store<i32>(list + ((<usize>listed) << 2), J - I);
        listed++;
      }
    }
  }
  store<i32>(starts + ((<usize>nb) << 2), listed);
}

/** As {@link product}, over the diagonal and listed tiles only. */
export function listedProduct(tiles: usize, nb: i32, f: usize, c: i32, starts: usize, list: usize, out: usize): void {
  const plane = (<usize>nb) << 4;
  memory.fill(out, 0, plane * <usize>c);
  for (let I = 0; I < nb; I++) {
    const own = (<usize>I) << 4;
    diagonalTile(tiles, f + own, c, plane, out + own);
    const end = load<i32>(starts + ((<usize>I) << 2), 4);
    for (let at = load<i32>(starts + ((<usize>I) << 2)); at < end; at += chunk) {
      const first = list + ((<usize>at) << 2);
      const last = list + ((<usize>min(at + chunk, end)) << 2);
      for (let k = 0, p = own; k < c; k++, p += plane) listedRun(tiles, first, last, f + p, out + p);
    }
    tiles += (<usize>(nb - I)) << 6;
  }
}

function listedRun(tiles: usize, list: usize, end: usize, f: usize, y: usize): void {
  const s0 = v128.load32_splat(f);
  const s1 = v128.load32_splat(f, 4);
  const s2 = v128.load32_splat(f, 8);
  const s3 = v128.load32_splat(f, 12);
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  for (; list < end; list += 4) {
    const step = <usize>load<i32>(list);
    const tile = tiles + (step << 6);
    const across = step << 4;
    const x = v128.load(f + across);
    const t0 = v128.load(tile);
    const t1 = v128.load(tile, 16);
    a0 = f32x4.add(a0, f32x4.mul(t0, x));
    a1 = f32x4.add(a1, f32x4.mul(t1, x));
    const y0 = f32x4.add(f32x4.mul(t0, s0), f32x4.mul(t1, s1));
    const t2 = v128.load(tile, 32);
    const t3 = v128.load(tile, 48);
    a2 = f32x4.add(a2, f32x4.mul(t2, x));
    a3 = f32x4.add(a3, f32x4.mul(t3, x));
    const y1 = f32x4.add(f32x4.mul(t2, s2), f32x4.mul(t3, s3));
    v128.store(y + across, f32x4.add(v128.load(y + across), f32x4.add(y0, y1)));
  }
  v128.store(y, f32x4.add(v128.load(y), sums4(a0, a1, a2, a3)));
}

function tileRun(tile: usize, count: i32, fi: usize, fj: usize, yi: usize, yj: usize): void {
  const s0 = v128.load32_splat(fi),
    s1 = v128.load32_splat(fi, 4),
    s2 = v128.load32_splat(fi, 8),
    s3 = v128.load32_splat(fi, 12);
  let a0 = f32x4.splat(0),
    a1 = a0,
    a2 = a0,
    a3 = a0;
  const end = tile + ((<usize>count) << 6);
  for (; tile < end; tile += 64, fj += 16, yj += 16) {
    const x = v128.load(fj);
    const t0 = v128.load(tile),
      t1 = v128.load(tile, 16);
    a0 = f32x4.add(a0, f32x4.mul(t0, x));
    a1 = f32x4.add(a1, f32x4.mul(t1, x));
    const y0 = f32x4.add(f32x4.mul(t0, s0), f32x4.mul(t1, s1));
    const t2 = v128.load(tile, 32),
      t3 = v128.load(tile, 48);
    a2 = f32x4.add(a2, f32x4.mul(t2, x));
    a3 = f32x4.add(a3, f32x4.mul(t3, x));
    const y1 = f32x4.add(f32x4.mul(t2, s2), f32x4.mul(t3, s3));
    v128.store(yj, f32x4.add(v128.load(yj), f32x4.add(y0, y1)));
  }
  v128.store(yi, f32x4.add(v128.load(yi), sums4(a0, a1, a2, a3)));
}

/** out = F·scale, plane by plane. @param scale `[4·nb]` */
export function scalePlanes(f: usize, scale: usize, nb: i32, c: i32, out: usize): void {
  const plane = (<usize>nb) << 4;
  for (let k = 0; k < c; k++) {
    for (let i: usize = 0; i < plane; i += 16, f += 16, out += 16) {
      v128.store(out, f32x4.mul(v128.load(f), v128.load(scale + i)));
    }
  }
}

/**
 * next = α·scale·product + (1 − α)·Y.
 *
 * @returns the sum of |next − F|
 */
export function spreadStep(
  product: usize,
  scale: usize,
  y: usize,
  f: usize,
  nb: i32,
  c: i32,
  alpha: f32,
  next: usize,
): f64 {
  const plane = (<usize>nb) << 4;
  const a = f32x4.splat(alpha),
    b = f32x4.splat(1 - alpha);
  let low = f64x2.splat(0),
    high = f64x2.splat(0);
  for (let k = 0; k < c; k++) {
    for (let i: usize = 0; i < plane; i += 16, product += 16, y += 16, f += 16, next += 16) {
      const spread = f32x4.mul(a, f32x4.mul(v128.load(scale + i), v128.load(product)));
      const value = f32x4.add(spread, f32x4.mul(b, v128.load(y)));
      v128.store(next, value);
      const change = f32x4.abs(f32x4.sub(value, v128.load(f)));
      low = f64x2.add(low, f64x2.promote_low_f32x4(change));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(change, change, 2, 3, 2, 3)));
    }
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
