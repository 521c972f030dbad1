/**
 * Values on a lattice's vertices: blurring, and the symmetric normalisation of a filter.
 *
 * There are two planes, `[2, m + 1, channels]`: passes over pixels read the first and add to the second; the blur moves the
 * second back into the first and leaves the second zero. Vertex 0 stays zero.
 */

/**
 * Blurs one channel along all directions, (¼ ½ ¼) × 2 each.
 *
 * @param neighbours `[d + 1, m + 1, 2]`
 * @param gain factor of the result
 */
export function blur1(values: usize, m: i32, neighbours: usize, d: i32, gain: f32): void {
  const plane = (<usize>(m + 1)) << 2;
  let from = plane;
  for (let j = 0; j <= d; j++, from = plane - from) {
    const self: f32 = j === d ? gain : 1;
    const side: f32 = 0.5 * self;
    const read = values + from,
      write = values + plane - from;
    neighbours += 8;
    for (let o: usize = 4; o < plane; o += 4, neighbours += 8) {
      const a = load<f32>(read + ((<usize>load<u32>(neighbours)) << 2));
      const b = load<f32>(read + ((<usize>load<u32>(neighbours, 4)) << 2));
      store<f32>(write + o, self * load<f32>(read + o) + side * (a + b));
    }
  }
  settlePlanes(values, plane, from);
}

/** Moves the result from the plane at `from` to the first plane; the second becomes zero. */
function settlePlanes(values: usize, plane: usize, from: usize): void {
  if (from !== 0) memory.copy(values, values + plane, plane);
  memory.fill(values + plane, 0, plane);
}

/** {@link blur1} for four channels. */
export function blur4(values: usize, m: i32, neighbours: usize, d: i32, gain: f32): void {
  const plane = (<usize>(m + 1)) << 4;
  let from = plane;
  for (let j = 0; j <= d; j++, from = plane - from) {
    const self = f32x4.splat(j === d ? gain : 1),
      side = f32x4.splat(0.5 * (j === d ? gain : 1));
    const read = values + from,
      write = values + plane - from;
    neighbours += 8;
    for (let o: usize = 16; o < plane; o += 16, neighbours += 8) {
      const a = v128.load(read + ((<usize>load<u32>(neighbours)) << 4));
      const b = v128.load(read + ((<usize>load<u32>(neighbours, 4)) << 4));
      v128.store(write + o, f32x4.add(f32x4.mul(self, v128.load(read + o)), f32x4.mul(side, f32x4.add(a, b))));
    }
  }
  settlePlanes(values, plane, from);
}

/** {@link blur1} for eight channels. */
export function blur8(values: usize, m: i32, neighbours: usize, d: i32, gain: f32): void {
  const plane = (<usize>(m + 1)) << 5;
  let from = plane;
  for (let j = 0; j <= d; j++, from = plane - from) {
    const self = f32x4.splat(j === d ? gain : 1),
      side = f32x4.splat(0.5 * (j === d ? gain : 1));
    const read = values + from,
      write = values + plane - from;
    neighbours += 8;
    for (let o: usize = 32; o < plane; o += 32, neighbours += 8) {
      const a = read + ((<usize>load<u32>(neighbours)) << 5);
      const b = read + ((<usize>load<u32>(neighbours, 4)) << 5);
      const low = f32x4.add(v128.load(a), v128.load(b)),
        high = f32x4.add(v128.load(a, 16), v128.load(b, 16));
      v128.store(write + o, f32x4.add(f32x4.mul(self, v128.load(read + o)), f32x4.mul(side, low)));
      v128.store(write + o, f32x4.add(f32x4.mul(self, v128.load(read + o, 16)), f32x4.mul(side, high)), 16);
    }
  }
  settlePlanes(values, plane, from);
}

/**
 * With the filter of ones in the first plane, multiplies every pixel's weights by 1/√filter, and splats those norms.
 *
 * @param corners vertices as numbers
 */
export function normaliseCorners(corners: usize, n: i32, d: i32, values: usize, m: i32): void {
  const sums = values + ((<usize>(m + 1)) << 2);
  const size = (<usize>(d + 1)) << 2;
  for (let p = 0; p < n; p++, corners += size << 1) {
    let sum: f32 = 0;
    for (let o: usize = 0; o < size; o += 4) {
      const v = values + ((<usize>load<u32>(corners + o)) << 2);
      sum += load<f32>(v) * load<f32>(corners + size + o);
    }
    const norm: f32 = 1 / sqrt(sum + 1e-20);
    for (let o: usize = 0; o < size; o += 4) {
      const v = sums + ((<usize>load<u32>(corners + o)) << 2);
      const weight = norm * load<f32>(corners + size + o);
      store<f32>(corners + size + o, weight);
      store<f32>(v, load<f32>(v) + weight);
    }
  }
}

/**
 * Adds the normalised filter of ones to every pixel's, and turns the numbers of its vertices into addresses.
 *
 * @param ones `[n]`
 * @param shift log₂ of a vertex's bytes in a plane
 */
export function settleCorners(corners: usize, n: i32, d: i32, values: usize, ones: usize, shift: usize): void {
  const size = (<usize>(d + 1)) << 2;
  for (let p = 0; p < n; p++, corners += size << 1, ones += 4) {
    let sum: f32 = 0;
    for (let o: usize = 0; o < size; o += 4) {
      const number = <usize>load<u32>(corners + o);
      sum += load<f32>(values + (number << 2)) * load<f32>(corners + size + o);
      store<u32>(corners + o, <u32>(values + (number << shift)));
    }
    store<f32>(ones, load<f32>(ones) + sum);
  }
}

/** Turns corners for vertices of 2^old bytes into corners for vertices of 2^shift bytes. */
export function moveCorners(corners: usize, n: i32, d: i32, values: usize, old: usize, shift: usize): void {
  const size = (<usize>(d + 1)) << 2;
  for (let p = 0; p < n; p++, corners += size << 1) {
    for (let o: usize = 0; o < size; o += 4) {
      store<u32>(corners + o, <u32>(values + (((<usize>load<u32>(corners + o) - values) >> old) << shift)));
    }
  }
}
