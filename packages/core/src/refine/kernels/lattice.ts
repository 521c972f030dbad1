/**
 * The permutohedral lattice around every pixel of an 8-bit image: vertices, weights, neighbours. The twin of
 * refine/permutohedral.ts, which names the sources; here features are computed on the way, four pixels at a time.
 *
 * A lattice point has d + 1 coordinates with the same remainder modulo d + 1; the last follows from the others. Its key holds
 * the quotients of the first d, `bits` each, and the remainder above them at bit 60. A step along direction j takes 1 from
 * all coordinates and gives d + 1 to the j-th, so it changes the key's remainder and at most d quotients.
 *
 * A pixel's corners are d + 1 addresses or numbers of vertices, then d + 1 weights: 8 (d + 1) bytes. Vertices are numbered
 * from 1 in order of appearance; number 0 is none, and its value is always zero.
 *
 * The table holds numbers of vertices, u32 (0: free). Keys, u64, lie in order of numbers: those of neighbours lie close.
 */

const top: u64 = 60;
/** 2⁶⁴ / golden ratio. */
const multiplier: u64 = ((<u64>0x9e3779b9) << 32) | 0x7f4a7c15;
/** Offset in the scratch: after the wanted keys come the contents of their slots. */
const looked: usize = 256;
/** The number of vertices whose neighbours are looked up together. */
const batch = 32;

function slotOf(key: u64, shift: i32): usize {
  return <usize>((key * multiplier) >> <u64>shift);
}

/**
 * Fills corners (numbers and weights) from pixel `from` on.
 *
 * @param image `[height, width, 3]` bytes, and nine spare ones
 * @param d 2: place; 5: place and colour
 * @param scales `[d]` float32: deviation / ((d + 1) √((i + 1)(i + 2)) σ_i)
 * @param table 2^(64 − shift) numbers, of which half may be taken
 * @param keys of all vertices; number 0 has the key 0, which no vertex has
 * @param values receives the weight that falls on each vertex; zero before
 * @param count int32, the number of vertices; updated
 * @param scratch 1 KiB
 * @returns n, or the first pixel for which the table had no room
 */
export function embedPixels(
  image: usize,
  width: i32,
  n: i32,
  d: i32,
  bits: i32,
  scales: usize,
  from: i32,
  table: usize,
  shift: i32,
  keys: usize,
  values: usize,
  count: usize,
  scratch: usize,
  corners: usize,
): i32 {
  const size = d + 1;
  const mask = ((<usize>1) << (64 - shift)) - 1;
  const room = <i32>(mask >> 1) - 4 * size;
  const share = scratch,
    quotient = scratch + 96,
    rank = scratch + 192,
    ordered = scratch + 288,
    steps = scratch + 320,
    features = scratch + 384,
    wanted = scratch + 512;
  const half: u64 = (<u64>1) << (<u64>bits - 1);
  const zero = i32x4.splat(0),
    one = i32x4.splat(1),
    sizes = i32x4.splat(size),
    ds = i32x4.splat(d);
  let found = load<i32>(count);
  let y = from / width;
  let x = from - y * width;
  image += <usize>(3 * from);
  let p = from;
  for (; p < n && found < room; p += 4) {
    for (let lane: usize = 0; lane < 16; lane += 4) {
      store<f32>(features + lane, <f32>x);
      store<f32>(features + lane, <f32>y, 16);
      if (d === 5) {
        store<f32>(features + lane, <f32>load<u8>(image), 32);
        store<f32>(features + lane, <f32>load<u8>(image, 1), 48);
        store<f32>(features + lane, <f32>load<u8>(image, 2), 64);
        image += 3;
      }
      if (++x === width) {
        x = 0;
        y++;
      }
    }
    // Coordinates divided by d + 1, and the nearest whole numbers.
    let sum = f32x4.splat(0);
    let excess = zero;
    for (let j = d; j >= 0; j--) {
      const o = (<usize>j) << 4;
      let coordinate = sum;
      if (j > 0) {
        const feature = f32x4.mul(v128.load(features + o - 16), v128.load32_splat(scales + ((<usize>j - 1) << 2)));
        coordinate = f32x4.sub(sum, f32x4.mul(f32x4.splat(<f32>j), feature));
        sum = f32x4.add(sum, feature);
      }
      const nearest = f32x4.floor(f32x4.add(coordinate, f32x4.splat(0.5)));
      const whole = i32x4.trunc_sat_f32x4_s(nearest);
      v128.store(share + o, f32x4.sub(coordinate, nearest));
      v128.store(quotient + o, whole);
      v128.store(rank + o, zero);
      excess = i32x4.add(excess, whole);
    }
    // The ranks of the differences tell the simplex that the point lies in.
    for (let i = 0; i < d; i++) {
      const oi = (<usize>i) << 4;
      const own = v128.load(share + oi);
      let above = v128.load(rank + oi);
      for (let j = i + 1; j <= d; j++) {
        const oj = rank + ((<usize>j) << 4);
        const less = f32x4.lt(own, v128.load(share + ((<usize>j) << 4)));
        above = i32x4.sub(above, less);
        v128.store(oj, i32x4.add(v128.load(oj), i32x4.add(less, one)));
      }
      v128.store(rank + oi, above);
    }
    // Rounding may have left the hyperplane: step back along the coordinates that moved furthest.
    for (let i = 0; i <= d; i++) {
      const o = (<usize>i) << 4;
      const shifted = i32x4.add(v128.load(rank + o), excess);
      const under = i32x4.lt_s(shifted, zero);
      const over = i32x4.gt_s(shifted, ds);
      // A true lane is −1: add 1 where under, subtract 1 where over.
      const move = i32x4.sub(over, under);
      v128.store(rank + o, i32x4.add(shifted, i32x4.sub(v128.and(under, sizes), v128.and(over, sizes))));
      v128.store(quotient + o, i32x4.add(v128.load(quotient + o), move));
      v128.store(share + o, f32x4.sub(v128.load(share + o), f32x4.convert_i32x4_s(move)));
    }

    const lanes = min(4, n - p);
    let corner = corners + <usize>p * <usize>(8 * size);
    let to = wanted;
    for (let l: usize = 0; l < (<usize>lanes) << 2; l += 4) {
      let key: u64 = 0;
      for (let i = 0; i <= d; i++) {
        const o = ((<usize>i) << 4) + l;
        const r = <usize>load<u32>(rank + o);
        store<f32>(ordered + (r << 2), load<f32>(share + o));
        const unit: u64 = i < d ? (<u64>1) << (<u64>bits * <u64>i) : 0;
        store<u64>(steps + (r << 3), unit);
        key += unit * <u64>(<i64>load<i32>(quotient + o) + <i64>half);
      }
      let before = load<f32>(ordered) - 1;
      const weights = corner + ((<usize>size) << 2);
      for (let k = 0; k <= d; k++, to += 8) {
        const o = <usize>(d - k);
        if (k > 0) key += ((<u64>1) << top) - load<u64>(steps + ((o + 1) << 3));
        const next = load<f32>(ordered + (o << 2));
        store<f32>(weights + ((<usize>k) << 2), next - before);
        store<u64>(to, key);
        before = next;
      }
      corner += (<usize>size) << 3;
    }
    // All slots are read before any is decided upon: memory serves many reads at once.
    for (let at = wanted; at < to; at += 8) {
      store<u32>(at, load<u32>(table + (slotOf(load<u64>(at), shift) << 2)), looked);
    }
    corner = corners + <usize>p * <usize>(8 * size);
    let at = wanted;
    for (let lane = 0; lane < lanes; lane++) {
      for (const end = corner + ((<usize>size) << 2); corner < end; corner += 4, at += 8) {
        const key = load<u64>(at);
        let number = load<u32>(at, looked);
        if (load<u64>(keys + ((<usize>number) << 3)) !== key) {
          let slot = slotOf(key, shift);
          for (;;) {
            number = load<u32>(table + (slot << 2));
            if (number === 0) {
              number = ++found;
              store<u32>(table + (slot << 2), number);
              store<u64>(keys + ((<usize>number) << 3), key);
              break;
            }
            if (load<u64>(keys + ((<usize>number) << 3)) === key) break;
            slot = (slot + 1) & mask;
          }
        }
        store<u32>(corner, number);
        const value = values + ((<usize>number) << 2);
        store<f32>(value, load<f32>(value) + load<f32>(corner + ((<usize>size) << 2)));
      }
      corner += (<usize>size) << 2;
    }
  }
  store<i32>(count, found);
  return min(p, n);
}

/** Fills a table, all zero before, with vertices 1 … m. */
export function indexVertices(keys: usize, m: i32, table: usize, shift: i32): void {
  const mask = ((<usize>1) << (64 - shift)) - 1;
  for (let v = 1; v <= m; v++) {
    let slot = slotOf(load<u64>(keys + ((<usize>v) << 3)), shift);
    while (load<u32>(table + (slot << 2)) !== 0) slot = (slot + 1) & mask;
    store<u32>(table + (slot << 2), v);
  }
}

/** Neighbours of m vertices, `[d + 1, m + 1, 2]` numbers: along each direction one step ahead and one back, 0 for none. */
export function connectVertices(
  keys: usize,
  m: i32,
  d: i32,
  bits: i32,
  table: usize,
  shift: i32,
  scratch: usize,
  out: usize,
): void {
  const mask = ((<usize>1) << (64 - shift)) - 1;
  const plane = (<usize>(m + 1)) << 3;
  memory.fill(out, 0, plane * <usize>(d + 1));
  let all: u64 = 0;
  for (let i = 0; i < d; i++) all += (<u64>1) << (<u64>bits * <u64>i);
  for (let j = 0; j <= d; j++, out += plane) {
    const unit: u64 = j < d ? (<u64>1) << (<u64>bits * <u64>j) : 0;
    for (let first = 1; first <= m; first += batch) {
      const count = min(batch, m + 1 - first);
      const end = scratch + ((<usize>count) << 3);
      let from = keys + ((<usize>first) << 3);
      for (let at = scratch; at < end; at += 8, from += 8) {
        let key = load<u64>(from);
        key += key >> top === 0 ? ((<u64>d) << top) - all + unit : unit - ((<u64>1) << top);
        store<u64>(at, key);
        store<u32>(at, load<u32>(table + (slotOf(key, shift) << 2)), looked);
      }
      let v = first;
      for (let at = scratch; at < end; at += 8, v++) {
        const key = load<u64>(at);
        let ahead = load<u32>(at, looked);
        for (let slot = slotOf(key, shift); ahead !== 0 && load<u64>(keys + ((<usize>ahead) << 3)) !== key; ) {
          slot = (slot + 1) & mask;
          ahead = load<u32>(table + (slot << 2));
        }
        if (ahead === 0) continue;
        store<u32>(out + ((<usize>v) << 3), ahead);
        store<u32>(out + ((<usize>ahead) << 3), v, 4);
      }
    }
  }
}
