/** Products as in product.ts, without the tiles that do not matter: spread/fast/sparing-products.ts defines these. */

import { sums4 } from '../../arena/kernels/exp';
import { tileRow } from './affinity';
import { chunk, diagonalTile } from './product';

/**
 * Counts the tiles off the diagonal that matter. Tile (I, J) does not if the most that the nodes of one block can hand to a
 * node of the other is less than `least` times that node's scores.
 *
 * @param tops the greatest entry of each tile
 * @param given `[nb]`: the sum that the four nodes of a block hand on
 * @param had `[nb]`: the least that one of them has
 */
export function countTiles(tops: usize, nb: i32, given: usize, had: usize, least: f32): i32 {
  let count = 0;
  for (let I = 0; I < nb; I++) {
    let step = 1;
    for (; step + 4 <= nb - I; step += 4) count += i32.popcnt(mattering(tops, given, had, least, I, step, nb));
    for (; step < nb - I; step++) count += <i32>matters(tops, given, had, least, I, step, nb);
  }
  return count;
}

/** A bit each for tile (I, I + step) and the three after it: whether it matters. */
function mattering(tops: usize, given: usize, had: usize, least: f32, I: i32, step: i32, nb: i32): i32 {
  const own = (<usize>I) << 2;
  const other = (<usize>(I + step)) << 2;
  const top = v128.load(tops + ((tileRow(I, nb) + <usize>step) << 2));
  const l = f32x4.splat(least);
  const down = f32x4.gt(f32x4.mul(top, v128.load(given + other)), f32x4.mul(l, v128.load32_splat(had + own)));
  const up = f32x4.gt(f32x4.mul(top, v128.load32_splat(given + own)), f32x4.mul(l, v128.load(had + other)));
  return i32x4.bitmask(v128.or(down, up));
}

function matters(tops: usize, given: usize, had: usize, least: f32, I: i32, step: i32, nb: i32): bool {
  const own = (<usize>I) << 2;
  const other = (<usize>(I + step)) << 2;
  const top = load<f32>(tops + ((tileRow(I, nb) + <usize>step) << 2));
  const down = top * load<f32>(given + other) > least * load<f32>(had + own);
  const up = top * load<f32>(given + own) > least * load<f32>(had + other);
  return (<i32>down | <i32>up) !== 0;
}

/** The room that {@link sparingProduct} needs for the starts of cells. */
export function cellsOf(nb: i32): i32 {
  return nb * ((nb + chunk - 1) / chunk) + 1;
}

/**
 * {@link product} over the diagonal and the tiles that matter only, which it packs one after the other on the way: the next
 * product reads less, and reads in order.
 *
 * @param given, with `had` and `least`: see {@link countTiles}
 * @param begun whether tiles are packed already; others are not looked at then
 * @param starts `[cellsOf(nb)]` int32: the start of each cell's tiles in `list`, and the end of the last one's. A cell is a
 *   row of tiles over `chunk` columns; cells of rows that take turns follow each other
 * @param list int32: 16·(J − I) of each packed tile, with room for one more
 * @param packed the tiles
 * @returns the number of packed tiles
 */
export function sparingProduct(
  tiles: usize,
  tops: usize,
  nb: i32,
  f: usize,
  c: i32,
  given: usize,
  had: usize,
  least: f32,
  begun: bool,
  starts: usize,
  list: usize,
  packed: usize,
  out: usize,
): i32 {
  const plane = (<usize>nb) << 4;
  memory.fill(out, 0, plane * <usize>c);
  let at = list;
  let from = 0;
  const turns = c < manyLabels ? 1 : together;
  for (let first = 0; first < nb; first += turns) {
    const rows = min(turns, nb - first);
    for (let I = first; I < first + rows; I++) {
      const own = (<usize>I) << 4;
      diagonalTile(tiles + (tileRow(I, nb) << 6), f + own, c, plane, out + own);
    }
    for (let J = first; J < nb; J += chunk) {
      const end = min(J + chunk, nb);
      const begin = at;
      for (let I = first, part = parts; I < first + rows; I++, part += 4, starts += 4) {
        // Tiles move towards the front: the start of the next cell is read before it is written.
        const to = begun ? load<i32>(starts, 4) : 0;
        store<i32>(starts, <i32>((at - list) >> 2));
        at = begun
          ? keepTiles(tops, nb, given, had, least, I, list, packed, from, to, at)
          : packTiles(tiles, tops, nb, given, had, least, I, list, packed, max(J - I, 1), end - I, at);
        from = to;
        store<usize>(part, at);
      }
      for (let k = 0, p = (<usize>first) << 4; k < c; k++, p += plane) {
        let run = begin;
        for (let r: usize = 0; r < <usize>rows; r++) {
          const next = load<usize>(parts + (r << 2));
          if (run < next) packedRun(packed + ((run - list) << 4), run, next, f + p + (r << 4), out + p + (r << 4));
          run = next;
        }
      }
    }
  }
  const kept = <i32>((at - list) >> 2);
  store<i32>(starts, kept);
  return kept;
}

/** The number of tile rows that take turns with a label while its stretch of F stays in the first cache … */
const together = 4;
/** … from this many labels on. With fewer, all of F stays there, and tiles lie row after row anyway. */
const manyLabels = 16;
/** The end of each of those rows' runs in the list. */
const parts = memory.data(4 * together);

/** Packs the tiles of (I, I + from) … (I, I + to − 1) that matter, behind `at` of the list. @returns its new end */
function packTiles(
  tiles: usize,
  tops: usize,
  nb: i32,
  given: usize,
  had: usize,
  least: f32,
  I: i32,
  list: usize,
  packed: usize,
  from: i32,
  to: i32,
  at: usize,
): usize {
  const first = at;
  for (; from + 4 <= to; from += 4) {
    const mask = mattering(tops, given, had, least, I, from, nb);
    if (mask === 0) continue;
    // Written in any case, and overwritten if it does not matter: no branch to mispredict.
    const across = from << 4;
    store<i32>(at, across);
    at += (mask & 1) << 2;
    store<i32>(at, across + 16);
    at += (mask & 2) << 1;
    store<i32>(at, across + 32);
    at += mask & 4;
    store<i32>(at, across + 48);
    at += (mask & 8) >> 1;
  }
  for (; from < to; from++) {
    store<i32>(at, from << 4);
    at += (<usize>matters(tops, given, had, least, I, from, nb)) << 2;
  }
  const row = tiles + (tileRow(I, nb) << 6);
  let tile = packed + ((first - list) << 4);
  for (let entry = first; entry < at; entry += 4, tile += 64) copyTile(row + ((<usize>load<i32>(entry)) << 2), tile);
  return at;
}

/** Moves the packed tiles from..to, of row I, that still matter to `at` of the list. @returns its new end */
function keepTiles(
  tops: usize,
  nb: i32,
  given: usize,
  had: usize,
  least: f32,
  I: i32,
  list: usize,
  packed: usize,
  from: i32,
  to: i32,
  at: usize,
): usize {
  const end = list + ((<usize>to) << 2);
  let tile = packed + ((<usize>from) << 6);
  for (let entry = list + ((<usize>from) << 2); entry < end; entry += 4, tile += 64) {
    const across = load<i32>(entry);
    store<i32>(at, across);
    copyTile(tile, packed + ((at - list) << 4));
    at += (<usize>matters(tops, given, had, least, I, across >> 4, nb)) << 2;
  }
  return at;
}

function copyTile(from: usize, to: usize): void {
  const t0 = v128.load(from);
  const t1 = v128.load(from, 16);
  const t2 = v128.load(from, 32);
  const t3 = v128.load(from, 48);
  v128.store(to, t0);
  v128.store(to, t1, 16);
  v128.store(to, t2, 32);
  v128.store(to, t3, 48);
}

function packedRun(tile: usize, list: usize, end: usize, f: usize, y: usize): void {
  const s0 = v128.load32_splat(f);
  const s1 = v128.load32_splat(f, 4);
  const s2 = v128.load32_splat(f, 8);
  const s3 = v128.load32_splat(f, 12);
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  for (; list < end; list += 4, tile += 64) {
    const across = <usize>load<i32>(list);
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
