/**
 * Linear interpolation between grids over one image: half-pixel centres, clamped at the border. Keys are doubled by this
 * rule, and node scores become pixel scores.
 */

/** Each of `to` positions lies between inputs `lo` and `hi`, at `weight` of the way. */
export interface LinearTaps {
  lo: Int32Array;
  hi: Int32Array;
  weight: Float32Array;
}

/** The places of `to` even cell centres among `from` of them: (i + ½)·from/to − ½, clamped to the outer centres. */
export function linearTaps(from: number, to: number): LinearTaps {
  const lo = new Int32Array(to);
  const hi = new Int32Array(to);
  const weight = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    lo[i] = Math.floor(at);
    hi[i] = Math.min(lo[i] + 1, from - 1);
    weight[i] = at - lo[i];
  }
  return { lo, hi, weight };
}

/**
 * Resizes a grid of vectors to height × width.
 *
 * @param data `[h, w, d]`, row-major
 * @returns `[height, width, d]`, row-major
 */
export function interpolateLinear(
  data: Float32Array,
  h: number,
  w: number,
  d: number,
  height: number,
  width: number,
): Float32Array {
  const out = new Float32Array(height * width * d);
  const rows = linearRows(data, h, w, d, height, width);
  for (let y = 0; y < height; y++) out.set(rows(y), y * width * d);
  return out;
}

/**
 * Resizes row by row, for results too large to hold: `rows(y)` returns row y as `[width, d]`, in a buffer that the next
 * call overwrites.
 */
export function linearRows(
  data: Float32Array,
  h: number,
  w: number,
  d: number,
  height: number,
  width: number,
): (y: number) => Float32Array {
  const down = linearTaps(h, height);
  const across = linearTaps(w, width);
  const line = new Float32Array(w * d);
  const out = new Float32Array(width * d);
  return (y) => {
    const top = down.lo[y] * w * d;
    const bottom = down.hi[y] * w * d;
    const v = down.weight[y];
    for (let i = 0; i < line.length; i++) line[i] = data[top + i] + v * (data[bottom + i] - data[top + i]);
    for (let x = 0, o = 0; x < width; x++) {
      const left = across.lo[x] * d;
      const right = across.hi[x] * d;
      const u = across.weight[x];
      for (let k = 0; k < d; k++, o++) out[o] = line[left + k] + u * (line[right + k] - line[left + k]);
    }
    return out;
  };
}
