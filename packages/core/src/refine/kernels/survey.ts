/**
 * The tiles where labels may matter (tiles.ts): by the unary, by the vertices that a tile's pixels touch, and by the reach of
 * messages.
 */
import { exp4, highestLane } from '../../arena/kernels/exp';

export const tileWidth = 32;
export const tileHeight = 8;

/** The number of tiles in a row. */
export function across(width: i32): i32 {
  return (width + tileWidth - 1) / tileWidth;
}

/**
 * From the unary alone: floors `[n]`; by tile and label the most that a marginal rises above its floor's,
 * `[tiles, ⌈c/4⌉·4]`; by tile the highest marginal at the floor, `[tiles]`.
 */
export function surveyTiles(
  unary: usize,
  width: i32,
  height: i32,
  c: i32,
  floors: usize,
  above: usize,
  lowest: usize,
): void {
  const columns = across(width);
  const tiles = <usize>(columns * ((height + tileHeight - 1) / tileHeight));
  const bytes = (<usize>c) << 2,
    stride = (bytes + 15) & ~15;
  memory.fill(above, 0, tiles * stride);
  memory.fill(lowest, 0, tiles << 2);
  const rest = stride - 16;
  // Lanes of the last vector beyond c belong to the next pixel.
  const foreign = i32x4.gt_s(i32x4(0, 1, 2, 3), i32x4.splat((c - 1) & 3));
  const most = f32x4.splat(1e4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, unary += bytes, floors += 4) {
      const tile = <usize>((y / tileHeight) * columns + x / tileWidth);
      const first = v128.load32_splat(unary);
      let low = first,
        high = first;
      for (let o: usize = 0; o < stride; o += 16) {
        let energy = v128.load(unary + o);
        if (o === rest) energy = v128.bitselect(first, energy, foreign);
        low = f32x4.pmin(low, energy);
        high = f32x4.pmax(high, energy);
      }
      const least = f32x4.splat(lowestLane(low)),
        floor = f32x4.pmin(f32x4.splat(highestLane(high)), most);
      v128.store32_lane(floors, floor, 0);
      const none = exp4(f32x4.sub(least, floor));
      let sum = f32x4.splat(0);
      let others: f32 = 0;
      for (let o: usize = 0; o < stride; o += 16) {
        let energy = v128.load(unary + o);
        if (o === rest) energy = v128.bitselect(floor, energy, foreign);
        if (v128.any_true(f32x4.lt(energy, floor))) sum = f32x4.add(sum, exp4(f32x4.sub(least, energy)));
        else others += 4;
      }
      const total = <f32>sumLanes(sum) + (others - <f32>((stride - bytes) >> 2)) * f32x4.extract_lane(none, 0);
      const share = f32x4.splat(1 / total);
      const at = above + tile * stride;
      for (let o: usize = 0; o < stride; o += 16) {
        let energy = v128.load(unary + o);
        if (o === rest) energy = v128.bitselect(floor, energy, foreign);
        if (!v128.any_true(f32x4.lt(energy, floor))) continue;
        const excess = f32x4.mul(share, f32x4.sub(exp4(f32x4.sub(least, energy)), none));
        v128.store(at + o, f32x4.pmax(v128.load(at + o), excess));
      }
      const bottom = lowest + (tile << 2);
      store<f32>(bottom, max(load<f32>(bottom), f32x4.extract_lane(none, 0) / total));
    }
  }
}

function lowestLane(x: v128): f32 {
  const pairs = f32x4.pmin(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return min(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

function sumLanes(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/**
 * The addresses of the vertices that each tile's pixels touch: tile t's from starts[t] to starts[t + 1].
 *
 * @param marks `[m + 1]` int32, zero before
 * @param shift log₂ of a vertex's bytes
 * @param starts `[tiles + 1]` int32
 * @param norms `[tiles]`: the largest sum of a pixel's weights
 * @param out room for `room` addresses
 * @returns the number of addresses, which may exceed `room`
 */
export function tileVertices(
  corners: usize,
  d: i32,
  width: i32,
  height: i32,
  first: usize,
  shift: usize,
  marks: usize,
  starts: usize,
  norms: usize,
  out: usize,
  room: i32,
): i32 {
  const size = (<usize>(d + 1)) << 2;
  const columns = across(width);
  const tiles = columns * ((height + tileHeight - 1) / tileHeight);
  let found = 0;
  for (let t = 0; t < tiles; t++) {
    store<i32>(starts + ((<usize>t) << 2), found);
    const y0 = (t / columns) * tileHeight,
      x0 = (t % columns) * tileWidth;
    let norm: f32 = 0;
    for (let y = y0; y < min(y0 + tileHeight, height); y++) {
      for (let x = x0; x < min(x0 + tileWidth, width); x++) {
        const corner = corners + <usize>(y * width + x) * (size << 1);
        let sum: f32 = 0;
        for (let o: usize = 0; o < size; o += 4) {
          const address = load<u32>(corner + o);
          sum += load<f32>(corner + size + o);
          const mark = marks + (((<usize>address - first) >> shift) << 2);
          if (load<i32>(mark) === t + 1) continue;
          store<i32>(mark, t + 1);
          if (found < room) store<u32>(out + ((<usize>found) << 2), address);
          found++;
        }
        norm = max(norm, sum);
      }
    }
    store<f32>(norms + ((<usize>t) << 2), norm);
  }
  store<i32>(starts + ((<usize>tiles) << 2), found);
  return found;
}

/** The highest value on vertices `from` … `to`, read that many bytes after their addresses. */
function highest(from: usize, to: usize, offset: usize): f32 {
  let most = f32x4.splat(0);
  for (; from < to; from += 4) most = f32x4.pmax(most, v128.load(offset + load<u32>(from)));
  return highestLane(most);
}

/**
 * The tiles where a message may exceed the need: no pixel gets more than the sum of its weights times the highest value
 * around it.
 *
 * @param need `[tiles]`; infinite for tiles that are followed
 * @param b three addresses: starts, vertices and norms of the lattice in place and colour; g: of the lattice in place
 * @param bo bytes from a vertex's address to the group's value; go: the same in place
 * @returns the number of tiles in `out`
 */
export function reachedTiles(tiles: i32, need: usize, b: usize, g: usize, bo: usize, go: usize, out: usize): i32 {
  let count = 0;
  for (let t: usize = 0; t < (<usize>tiles) << 2; t += 4) {
    const needed = load<f32>(need + t);
    if (needed > 1e30) continue;
    if (bound(b, t, bo) + bound(g, t, go) > needed) {
      store<i32>(out + ((<usize>count) << 2), <i32>(t >> 2));
      count++;
    }
  }
  return count;
}

function bound(lattice: usize, t: usize, offset: usize): f32 {
  const starts = load<usize>(lattice) + t,
    vertices = load<usize>(lattice, 4);
  const first = vertices + ((<usize>load<u32>(starts)) << 2),
    end = vertices + ((<usize>load<u32>(starts, 4)) << 2);
  return highest(first, end, offset) * load<f32>(load<usize>(lattice, 8) + t);
}
