/**
 * e^x for four lanes, x ≤ 88, within a share of 2·10⁻⁷ + 6·10⁻⁸·|x|. Below −60 the result stays at e^−60: smaller results
 * would soon be denormal numbers, which processors multiply a hundred times slower, and add nothing to most sums.
 */
export function exp4(x: v128): v128 {
  return expAbove(x, -60);
}

/**
 * e^max(x, least) for four lanes, least ≥ −87.
 *
 * x·log₂e = k + r with |r| ≤ ½, exact but for the product's rounding; 2^r by a polynomial of degree 5 that is 1 at 0, fitted
 * to the least relative error (9·10⁻⁸); 2^k by adding k to the exponent.
 */
export function expAbove(x: v128, least: f32): v128 {
  const doublings = f32x4.mul(f32x4.pmax(x, f32x4.splat(least)), f32x4.splat(<f32>Math.LOG2E));
  // Adding 1½·2²³ rounds to a whole number, which the sum's lowest bits then hold.
  const shifted = f32x4.add(doublings, f32x4.splat(12582912));
  const r = f32x4.sub(doublings, f32x4.sub(shifted, f32x4.splat(12582912)));
  let p = f32x4.add(f32x4.mul(r, f32x4.splat(0.00132647273)), f32x4.splat(0.00967151299));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.0555073358));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.240222424));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.693147004));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

/** ln x for four lanes, x > 0 and not denormal, within 3 units in the last place. */
export function log4(x: v128): v128 {
  // x = 2^k · m with m in [√½, √2); ln m by atanh's series in s = (m − 1) / (m + 1).
  const shifted = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const k = f32x4.convert_i32x4_s(i32x4.shr_s(shifted, 23));
  const m = i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const s = f32x4.div(f32x4.sub(m, f32x4.splat(1)), f32x4.add(m, f32x4.splat(1)));
  const s2 = f32x4.mul(s, s);
  let p = f32x4.add(f32x4.mul(s2, f32x4.splat(2.0 / 9)), f32x4.splat(2.0 / 7));
  p = f32x4.add(f32x4.mul(p, s2), f32x4.splat(2.0 / 5));
  p = f32x4.add(f32x4.mul(p, s2), f32x4.splat(2.0 / 3));
  p = f32x4.add(f32x4.mul(f32x4.mul(p, s2), s), f32x4.add(s, s));
  return f32x4.add(f32x4.mul(k, f32x4.splat(<f32>Math.LN2)), p);
}

/** The sum of each vector's lanes, one in each lane. */
export function sums4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

export function highestLane(x: v128): f32 {
  const pairs = f32x4.pmax(x, v128.shuffle<f32>(x, x, 2, 3, 2, 3));
  return f32x4.extract_lane(f32x4.pmax(pairs, v128.shuffle<f32>(pairs, pairs, 1, 1, 1, 1)), 0);
}
