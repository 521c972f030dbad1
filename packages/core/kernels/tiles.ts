/**
 * Mean field with many labels: labels in groups of four, each only in those tiles of 32 × 8 pixels where one of them may
 * matter (wide, because rows lie in memory). src/fast/tiles.ts says which, and why the others may be left out.
 *
 * A group's block in a tile: `[2, 8, 32, 4]` f32, bases and values. Base: how much lower a label's energy is than the
 * floor, the pixel's highest. Values: base + message, then what marginals have above the floor's. Lanes without a label
 * stay at the floor. Jobs `[count, 2]` int32: a tile's number, its block's address.
 */
import { slice4, splat4 } from './crf';
import { exp4, sums4 } from './exp';
import { across, highestLane, tileHeight, tileWidth } from './survey';

const values: usize = 4096;
const rowBytes: usize = 512;

/** Bases of a group in a tile, its values equal to them. @param labels `[4]` int32, −1 for none */
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

/** Adds a group's values to the second planes of both lattices, bp and gp bytes after the first. */
export function splatTiles(
  jobs: usize,
  count: i32,
  width: i32,
  height: i32,
  b: usize,
  g: usize,
  bp: usize,
  gp: usize,
): void {
  const columns = across(width);
  for (const end = jobs + ((<usize>count) << 3); jobs < end; jobs += 8) {
    const tile = load<i32>(jobs);
    const y0 = (tile / columns) * tileHeight,
      x0 = (tile % columns) * tileWidth;
    let at = <usize>load<u32>(jobs, 4) + values;
    for (let y = y0; y < min(y0 + tileHeight, height); y++, at += rowBytes) {
      const p = <usize>(y * width + x0);
      splat4(b + 48 * p, g + 24 * p, bp, gp, min(tileWidth, width - x0), at);
    }
  }
}

/** A group's values become base + message. @returns whether one is so high that its exponential may overflow */
export function sliceTiles(jobs: usize, count: i32, width: i32, height: i32, b: usize, g: usize): i32 {
  const columns = across(width);
  let most = f32x4.splat(0);
  for (const end = jobs + ((<usize>count) << 3); jobs < end; jobs += 8) {
    const tile = load<i32>(jobs);
    const y0 = (tile / columns) * tileHeight,
      x0 = (tile % columns) * tileWidth;
    const block = <usize>load<u32>(jobs, 4);
    let at = block + values;
    for (let y = y0; y < min(y0 + tileHeight, height); y++, at += rowBytes) {
      const p = <usize>(y * width + x0);
      slice4(b + 48 * p, g + 24 * p, min(tileWidth, width - x0), at);
    }
    for (let o = block; o < block + values; o += 16) {
      const value = f32x4.add(v128.load(o), v128.load(o, values));
      most = f32x4.pmax(most, value);
      v128.store(o, value, values);
    }
  }
  return highestLane(most) > 60 ? 1 : 0;
}

/**
 * Softmax over all c labels: values become what marginals have above the floor's.
 *
 * @param tiles every tile's blocks are blocks[starts[t]] … blocks[starts[t + 1]]
 * @param high whether exponentials may overflow; else none is scaled
 * @param scratch 3 KiB
 */
export function softenTiles(tiles: i32, starts: usize, blocks: usize, c: i32, high: i32, scratch: usize): void {
  const shares = scratch + 1024,
    floors = scratch + 2048;
  const zero = f32x4.splat(0);
  for (let t: usize = 0; t < (<usize>tiles) << 2; t += 4) {
    const from = blocks + ((<usize>load<u32>(starts + t)) << 2),
      to = blocks + ((<usize>load<u32>(starts + t, 4)) << 2);
    const others = f32x4.splat(<f32>(c - <i32>(to - from)));
    for (let o: usize = 0; o < 1024; o += 16) v128.store(scratch + o, zero);
    for (let at = from; high && at < to; at += 4) {
      let value = <usize>load<u32>(at) + values;
      for (let o = scratch; o < shares; o += 16, value += 64) {
        // The highest of each pixel, four pixels at once.
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
    for (let at = from; at < to; at += 4) {
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
    for (let at = from; at < to; at += 4) {
      let value = <usize>load<u32>(at) + values;
      for (let o = shares; o < floors; o += 4, value += 16) {
        const above = f32x4.sub(v128.load(value), v128.load32_splat(o, 1024));
        v128.store(value, f32x4.mul(above, v128.load32_splat(o)));
      }
    }
  }
}

/** Q `[n, c]`. @param labels by block `[4]` int32, −1 for none */
export function tileMarginals(
  width: i32,
  height: i32,
  starts: usize,
  blocks: usize,
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
      const from = (<usize>load<u32>(starts + t)) << 2,
        to = (<usize>load<u32>(starts + t, 4)) << 2;
      let rest: f32 = 1;
      for (let at = from; at < to; at += 4) {
        const value = <usize>load<u32>(blocks + at) + pixel;
        rest -= load<f32>(value) + load<f32>(value, 4) + (load<f32>(value, 8) + load<f32>(value, 12));
      }
      const floor: f32 = max<f32>(rest, 0) / <f32>c;
      for (let o: usize = 0; o < bytes; o += 4) store<f32>(out + o, floor);
      for (let at = from; at < to; at += 4) {
        const value = <usize>load<u32>(blocks + at) + pixel;
        for (let lane: usize = 0; lane < 16; lane += 4) {
          const label = load<i32>(labels + (at << 2) + lane);
          if (label >= 0) store<f32>(out + ((<usize>label) << 2), floor + load<f32>(value + lane));
        }
      }
    }
  }
}
