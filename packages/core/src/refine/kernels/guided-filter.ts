/** Guided upsampling: moments of colours, means in windows, and fits of values to colours. Twin: refine/guided-filter.ts. */

/** A pixel's red, green and blue, 0 … 1, and one lane more. */
function colourOf(pixel: usize, last: f32): v128 {
  let colour = f32x4.splat(255 * last);
  colour = f32x4.replace_lane(colour, 0, <f32>load<u8>(pixel));
  colour = f32x4.replace_lane(colour, 1, <f32>load<u8>(pixel, 1));
  colour = f32x4.replace_lane(colour, 2, <f32>load<u8>(pixel, 2));
  return f32x4.div(colour, f32x4.splat(255));
}

/** Colours and their products. @param pixels bytes, r g b @param out `[n, 3, 4]`: r g b 0, rr rg rb 0, gg gb bb 0 */
export function colourMoments(pixels: usize, n: i32, out: usize): void {
  for (let p = 0; p < n; p++, pixels += 3, out += 48) {
    const colour = colourOf(pixels, 0);
    v128.store(out, colour);
    v128.store(out, f32x4.mul(v128.shuffle<f32>(colour, colour, 0, 0, 0, 3), colour), 16);
    const left = v128.shuffle<f32>(colour, colour, 1, 1, 2, 3),
      right = v128.shuffle<f32>(colour, colour, 1, 2, 2, 3);
    v128.store(out, f32x4.mul(left, right), 32);
  }
}

/**
 * From the means of colours and their products in windows to what fits need.
 *
 * @param moments `[n, 3, 4]`, of {@link colourMoments}
 * @param out `[n, 4, 4]`: means r g b 1; the columns of the inverse of covariance + ε, each with a 0
 */
export function invertCovariances(moments: usize, n: i32, epsilon: f64, out: usize): void {
  for (let p = 0; p < n; p++, moments += 48, out += 64) {
    const r = load<f32>(moments),
      g = load<f32>(moments, 4),
      b = load<f32>(moments, 8);
    const rr = <f64>load<f32>(moments, 16) - <f64>(r * r) + epsilon,
      rg = <f64>load<f32>(moments, 20) - <f64>(r * g),
      rb = <f64>load<f32>(moments, 24) - <f64>(r * b),
      gg = <f64>load<f32>(moments, 32) - <f64>(g * g) + epsilon,
      gb = <f64>load<f32>(moments, 36) - <f64>(g * b),
      bb = <f64>load<f32>(moments, 40) - <f64>(b * b) + epsilon;
    const first = gg * bb - gb * gb,
      second = rb * gb - rg * bb,
      third = rg * gb - rb * gg;
    const share = 1 / (rr * first + rg * second + rb * third);
    store<f32>(out, r);
    store<f32>(out, g, 4);
    store<f32>(out, b, 8);
    store<f32>(out, 1, 12);
    const across = <f32>(share * (rg * rb - rr * gb));
    storeColumn(out + 16, <f32>(share * first), <f32>(share * second), <f32>(share * third));
    storeColumn(out + 32, <f32>(share * second), <f32>(share * (rr * bb - rb * rb)), across);
    storeColumn(out + 48, <f32>(share * third), across, <f32>(share * (rr * gg - rg * rg)));
  }
}

function storeColumn(out: usize, r: f32, g: f32, b: f32): void {
  store<f32>(out, r);
  store<f32>(out, g, 4);
  store<f32>(out, b, 8);
  store<f32>(out, 0, 12);
}

/**
 * Values times their pixels' colours, and values.
 *
 * @param values `[n, stride]`, of which the first c are wanted
 * @param pixels bytes, r g b
 * @param out `[n, c, 4]`
 */
export function timesColours(values: usize, stride: i32, c: i32, pixels: usize, n: i32, out: usize): void {
  const end = (<usize>c) << 2;
  for (let p = 0; p < n; p++, pixels += 3, values += (<usize>stride) << 2) {
    const colour = colourOf(pixels, 1);
    for (let o: usize = 0; o < end; o += 4, out += 16) {
      v128.store(out, f32x4.mul(colour, v128.load32_splat(values + o)));
    }
  }
}

/**
 * From means in windows to the linear functions of colour that fit values best there, in place.
 *
 * @param windows `[n, 4, 4]`, of {@link invertCovariances}
 * @param products means of {@link timesColours}, `[n, c, 4]`; becomes factors of r, g, b, and what is added
 */
export function fitColours(windows: usize, n: i32, c: i32, products: usize): void {
  for (let p = 0; p < n; p++, windows += 64) {
    const mean = v128.load(windows),
      red = v128.load(windows, 16),
      green = v128.load(windows, 32),
      blue = v128.load(windows, 48);
    for (let k = 0; k < c; k++, products += 16) {
      const both = v128.load(products);
      const value = v128.shuffle<f32>(both, both, 3, 3, 3, 3);
      const away = f32x4.sub(both, f32x4.mul(mean, value));
      let factors = f32x4.mul(red, v128.shuffle<f32>(away, away, 0, 0, 0, 0));
      factors = f32x4.add(factors, f32x4.mul(green, v128.shuffle<f32>(away, away, 1, 1, 1, 1)));
      factors = f32x4.add(factors, f32x4.mul(blue, v128.shuffle<f32>(away, away, 2, 2, 2, 2)));
      const terms = f32x4.mul(factors, mean);
      const taken = f32x4.extract_lane(terms, 0) + f32x4.extract_lane(terms, 1) + f32x4.extract_lane(terms, 2);
      v128.store(products, f32x4.replace_lane(factors, 3, f32x4.extract_lane(value, 3) - taken));
    }
  }
}

/**
 * Means over the (2·radius + 1)² pixels around each, in place; windows end at the border.
 *
 * @param values `[height, width, vectors, 4]`
 * @param radius at least 1
 * @param scratch for 2·radius + 1 rows, then for a row of f64, then for `width` f64
 */
export function windowMeans(values: usize, width: i32, height: i32, vectors: i32, radius: i32, scratch: usize): void {
  const row = (<usize>(width * vectors)) << 4;
  const rows = 2 * radius + 1;
  const sums = scratch + row * rows;
  const shares = sums + 2 * row;
  memory.fill(sums, 0, 2 * row);
  for (let y = 0; y < height + radius; y++) {
    const line = scratch + <usize>(y % rows) * row;
    if (y >= rows) addRow(line, row, -1, sums);
    if (y < height) {
      sumAcross(values + <usize>y * row, width, vectors, radius, line);
      addRow(line, row, 1, sums);
    }
    if (y < radius) continue;
    const down = min(y, height - 1) - max(y - rows + 1, 0) + 1;
    for (let x = 0; x < width; x++) {
      const across = min(x + radius, width - 1) - max(x - radius, 0) + 1;
      store<f64>(shares + ((<usize>x) << 3), 1 / <f64>(down * across));
    }
    writeMeans(sums, shares, width, vectors, values + <usize>(y - radius) * row);
  }
}

/** Sums of 2·radius + 1 neighbours in a row. */
function sumAcross(from: usize, width: i32, vectors: i32, radius: i32, to: usize): void {
  const step = (<usize>vectors) << 4;
  const ahead = <usize>radius * step;
  const behind = ahead + step;
  for (let v = 0; v < vectors; v++, from += 16, to += 16) {
    let low = f64x2.splat(0),
      high = f64x2.splat(0);
    const end = from + <usize>width * step;
    for (let at = from; at < min(from + ahead, end); at += step) {
      const value = v128.load(at);
      low = f64x2.add(low, f64x2.promote_low_f32x4(value));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(value, value, 2, 3, 0, 1)));
    }
    for (let at = from, out = to; at < end; at += step, out += step) {
      if (at + ahead < end) {
        const value = v128.load(at + ahead);
        low = f64x2.add(low, f64x2.promote_low_f32x4(value));
        high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(value, value, 2, 3, 0, 1)));
      }
      if (at >= from + behind) {
        const value = v128.load(at - behind);
        low = f64x2.sub(low, f64x2.promote_low_f32x4(value));
        high = f64x2.sub(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(value, value, 2, 3, 0, 1)));
      }
      const lower = f32x4.demote_f64x2_zero(low),
        upper = f32x4.demote_f64x2_zero(high);
      v128.store(out, v128.shuffle<f32>(lower, upper, 0, 1, 4, 5));
    }
  }
}

/** Adds a row of `bytes`, times `sign`, to sums in f64. */
function addRow(line: usize, bytes: usize, sign: f32, sums: usize): void {
  const factor = f32x4.splat(sign);
  for (let end = line + bytes; line < end; line += 16, sums += 32) {
    const value = f32x4.mul(v128.load(line), factor);
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(value)));
    const upper = f64x2.promote_low_f32x4(v128.shuffle<f32>(value, value, 2, 3, 0, 1));
    v128.store(sums, f64x2.add(v128.load(sums, 16), upper), 16);
  }
}

function writeMeans(sums: usize, shares: usize, width: i32, vectors: i32, out: usize): void {
  for (let x = 0; x < width; x++, shares += 8) {
    const share = v128.load64_splat(shares);
    for (let v = 0; v < vectors; v++, sums += 32, out += 16) {
      const lower = f32x4.demote_f64x2_zero(f64x2.mul(v128.load(sums), share)),
        upper = f32x4.demote_f64x2_zero(f64x2.mul(v128.load(sums, 16), share));
      v128.store(out, v128.shuffle<f32>(lower, upper, 0, 1, 4, 5));
    }
  }
}

/**
 * Applies linear functions of colour to pixels.
 *
 * @param functions `[n, c, 4]`: factors of red, green and blue, 0 … 1, and what is added
 * @param pixels bytes, r g b
 * @param out `[n, c]`
 */
export function applyColours(functions: usize, pixels: usize, n: i32, c: i32, out: usize): void {
  for (let p = 0; p < n; p++, pixels += 3) {
    const colour = colourOf(pixels, 1);
    for (let k = 0; k < c; k++, functions += 16, out += 4) {
      const terms = f32x4.mul(v128.load(functions), colour);
      const pairs = f32x4.add(terms, v128.shuffle<f32>(terms, terms, 2, 3, 0, 1));
      store<f32>(out, f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1));
    }
  }
}
