/**
 * Mean field with many labels, in groups of four, each group only in the tiles where one of its labels may matter.
 * refine/fast/tiles.ts chooses the tiles, and shows why the others may be left out. Tiles have 32 × 8 pixels: wide, because
 * memory holds rows.
 *
 * A group's block in a tile is `[2, 8, 32, 4]` f32, bases and values. A label's base is the amount by which its energy is
 * lower than the floor, the pixel's highest. Its value is base + message, then the part of its marginal above the floor's.
 * Lanes without a label stay at the floor.
 */

import { exp4, highestLane, sums4 } from '../../arena/kernels/exp';
import { slice4, splat4 } from './crf';
import { across, tileHeight, tileWidth } from './survey';

const values: usize = 4096;
const rowBytes: usize = 512;

/** Fills a group's block in a tile: bases, and values equal to them. @param labels `[4]` int32, −1 for none */
export function fillBlock(
  unary: usize,
  floors: usize,
  width: i32,
  height: i32,
  c: i32,
  tile: i32,
  labels: usize,
  block: usize,
): void {
  memory.fill(block, 0, 2 * values);
  const columns = across(width);
  const y0 = (tile / columns) * tileHeight,
    x0 = (tile % columns) * tileWidth;
  for (let y = y0; y < min(y0 + tileHeight, height); y++) {
    let at = block + <usize>(y - y0) * rowBytes;
    for (let x = x0; x < min(x0 + tileWidth, width); x++, at += 16) {
      const p = <usize>(y * width + x);
      const floor = load<f32>(floors + (p << 2));
      for (let lane: usize = 0; lane < 16; lane += 4) {
        const label = load<i32>(labels + lane);
        if (label < 0) continue;
        const base = max<f32>(floor - load<f32>(unary + ((p * <usize>c + <usize>label) << 2)), 0);
        store<f32>(at + lane, base);
        store<f32>(at + lane, base, values);
      }
    }
  }
}

/**
 * A pass over all tiles: messages, softmax over all c labels, splat. A tile's data stays in the first caches while all its
 * groups pass over it.
 *
 * @param starts tile t's blocks are entries starts[t] … starts[t + 1]
 * @param entries `[, 3]` int32: a block's address, and for either lattice the bytes from the corners' addresses to the
 *   group's values
 * @param bp bytes from a lattice's first plane to its second; gp: the same in place
 * @param mode 1 slices (else values are bases), 2 splats
 * @param scratch 3 KiB
 */
export function updateTiles(
  width: i32,
  height: i32,
  c: i32,
  starts: usize,
  entries: usize,
  b: usize,
  g: usize,
  bp: usize,
  gp: usize,
  mode: i32,
  scratch: usize,
): void {
  const columns = across(width);
  const tiles = columns * ((height + tileHeight - 1) / tileHeight);
  for (let t = 0; t < tiles; t++, starts += 4) {
    const from = entries + 12 * <usize>load<u32>(starts),
      to = entries + 12 * <usize>load<u32>(starts, 4);
    const y0 = (t / columns) * tileHeight,
      x0 = (t % columns) * tileWidth;
    const rows = min(tileHeight, height - y0),
      count = min(tileWidth, width - x0);
    const first = <usize>(y0 * width + x0);
    let most: f32 = Infinity;
    if (mode & 1) {
      let all = f32x4.splat(0);
      for (let at = from; at < to; at += 12) {
        const block = <usize>load<u32>(at);
        let p = first;
        for (let row = block + values; row < block + values + <usize>rows * rowBytes; row += rowBytes) {
          slice4(b + 48 * p, g + 24 * p, load<u32>(at, 4), load<u32>(at, 8), count, row);
          p += <usize>width;
        }
        for (let o = block; o < block + values; o += 16) {
          const value = f32x4.add(v128.load(o), v128.load(o, values));
          all = f32x4.pmax(all, value);
          v128.store(o, value, values);
        }
      }
      most = highestLane(all);
    }
    // Exponentials of such differences do not overflow.
    softenTile(from, to, c, most > 60, scratch);
    if (mode & 2) {
      for (let at = from; at < to; at += 12) {
        const block = <usize>load<u32>(at);
        let p = first;
        for (let row = block + values; row < block + values + <usize>rows * rowBytes; row += rowBytes) {
          splat4(b + 48 * p, g + 24 * p, bp + load<u32>(at, 4), gp + load<u32>(at, 8), count, row);
          p += <usize>width;
        }
      }
    }
  }
}

/** Softmax over all c labels: values become the parts of marginals above the floor's. @param high whether they need scaling */
function softenTile(from: usize, to: usize, c: i32, high: boolean, scratch: usize): void {
  const shares = scratch + 1024,
    floors = scratch + 2048;
  const zero = f32x4.splat(0);
  const others = f32x4.splat(<f32>(c - 4 * <i32>((to - from) / 12)));
  for (let o: usize = 0; o < 1024; o += 16) v128.store(scratch + o, zero);
  for (let at = from; high && at < to; at += 12) {
    let value = <usize>load<u32>(at) + values;
    for (let o = scratch; o < shares; o += 16, value += 64) {
      // Each pixel's highest value, four pixels at once.
      const a = v128.load(value),
        b = v128.load(value, 16),
        d = v128.load(value, 32),
        e = v128.load(value, 48);
      const ab = f32x4.pmax(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
      const de = f32x4.pmax(v128.shuffle<f32>(d, e, 0, 4, 1, 5), v128.shuffle<f32>(d, e, 2, 6, 3, 7));
      const all = f32x4.pmax(v128.shuffle<f32>(ab, de, 0, 1, 4, 5), v128.shuffle<f32>(ab, de, 2, 3, 6, 7));
      v128.store(o, f32x4.pmax(v128.load(o), all));
    }
  }
  for (let o: usize = 0; o < 1024; o += 16) {
    const floor = exp4(f32x4.neg(v128.load(scratch + o)));
    v128.store(floors + o, floor);
    v128.store(shares + o, f32x4.mul(others, floor));
  }
  for (let at = from; at < to; at += 12) {
    let value = <usize>load<u32>(at) + values;
    for (let o = scratch; o < shares; o += 16, value += 64) {
      const a = exp4(f32x4.sub(v128.load(value), v128.load32_splat(o))),
        b = exp4(f32x4.sub(v128.load(value, 16), v128.load32_splat(o, 4))),
        d = exp4(f32x4.sub(v128.load(value, 32), v128.load32_splat(o, 8))),
        e = exp4(f32x4.sub(v128.load(value, 48), v128.load32_splat(o, 12)));
      v128.store(value, a);
      v128.store(value, b, 16);
      v128.store(value, d, 32);
      v128.store(value, e, 48);
      v128.store(o, f32x4.add(v128.load(o, 1024), sums4(a, b, d, e)), 1024);
    }
  }
  for (let o = shares; o < floors; o += 16) v128.store(o, f32x4.div(f32x4.splat(1), v128.load(o)));
  for (let at = from; at < to; at += 12) {
    let value = <usize>load<u32>(at) + values;
    for (let o = shares; o < floors; o += 4, value += 16) {
      const above = f32x4.sub(v128.load(value), v128.load32_splat(o, 1024));
      v128.store(value, f32x4.mul(above, v128.load32_splat(o)));
    }
  }
}

/** Q `[n, c]`. @param entries as above @param labels by entry `[4]` int32, −1 for none */
export function tileMarginals(
  width: i32,
  height: i32,
  starts: usize,
  entries: usize,
  labels: usize,
  c: i32,
  out: usize,
): void {
  const columns = across(width);
  const bytes = (<usize>c) << 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, out += bytes) {
      const t = (<usize>((y / tileHeight) * columns + x / tileWidth)) << 2;
      const pixel = values + ((<usize>((y % tileHeight) * tileWidth + (x % tileWidth))) << 4);
      const from = <usize>load<u32>(starts + t),
        to = <usize>load<u32>(starts + t, 4);
      let rest: f32 = 1;
      for (let at = from; at < to; at++) {
        const value = <usize>load<u32>(entries + 12 * at) + pixel;
        rest -= load<f32>(value) + load<f32>(value, 4) + (load<f32>(value, 8) + load<f32>(value, 12));
      }
      const floor: f32 = max<f32>(rest, 0) / <f32>c;
      for (let o: usize = 0; o < bytes; o += 4) store<f32>(out + o, floor);
      for (let at = from; at < to; at++) {
        const value = <usize>load<u32>(entries + 12 * at) + pixel;
        for (let lane: usize = 0; lane < 16; lane += 4) {
          const label = load<i32>(labels + (at << 4) + lane);
          if (label >= 0) store<f32>(out + ((<usize>label) << 2), floor + load<f32>(value + lane));
        }
      }
    }
  }
}
