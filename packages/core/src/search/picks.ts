/** A few of many vectors that stand for all: each next one is farthest from those before, so that what is rare is not lost. */

/** The nearest pick of every vector, and how alike they are. */
export interface Picks {
  /** Places of the picked vectors, the one nearest to the middle first. */
  picked: number[];
  /** Int32 `[n]`: the place in `picked` of the nearest one. */
  nearest: Int32Array;
}

/**
 * Farthest-point picks by cosine, the same for the same vectors; fewer than `most` where the others equal a pick.
 *
 * @param directions `[n, d]`, each of length 1 or 0; n above 0
 */
export function pickFarthest(directions: Float32Array, d: number, most: number): Picks {
  const n = directions.length / d;
  const middle = new Float32Array(d);
  for (let o = 0; o < directions.length; o += d) for (let k = 0; k < d; k++) middle[k] += directions[o + k];
  const nearest = new Int32Array(n);
  // A vector of length 0 is as near to any pick as to itself: the first one stands for it.
  const closeness = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    closeness[i] = dot(directions, i * d, directions, i * d, d) > 0 ? Number.NEGATIVE_INFINITY : 1;
  }
  let next = 0;
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    const value = dot(directions, i * d, middle, 0, d);
    if (value > best) [next, best] = [i, value];
  }
  const picked: number[] = [];
  for (;;) {
    const pick = picked.push(next) - 1;
    [closeness[next], nearest[next]] = [Number.POSITIVE_INFINITY, pick];
    let farthest = 1 - 1e-6;
    let found = -1;
    for (let i = 0; i < n; i++) {
      const value = dot(directions, i * d, directions, next * d, d);
      if (value > closeness[i]) [closeness[i], nearest[i]] = [value, pick];
      if (closeness[i] < farthest) [farthest, found] = [closeness[i], i];
    }
    if (found < 0 || picked.length === most) return { picked, nearest };
    next = found;
  }
}

/** Means of the vectors nearest to each pick, `[picks, d]`. @param data `[n, d]` */
export function meansOf({ picked, nearest }: Picks, data: Float32Array, d: number): Float32Array {
  const sums = new Float64Array(picked.length * d);
  const counts = new Float64Array(picked.length);
  for (let i = 0; i < nearest.length; i++) {
    const to = nearest[i] * d;
    counts[nearest[i]]++;
    for (let k = 0; k < d; k++) sums[to + k] += data[i * d + k];
  }
  return Float32Array.from(sums, (sum, at) => sum / counts[Math.floor(at / d)]);
}

/** The inner product of d values of each. One type of array keeps it fast. */
export function dot(a: Float32Array, from: number, b: Float32Array, at: number, d: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < d; k += 4, from += 4, at += 4) {
    s0 += a[from] * b[at];
    s1 += a[from + 1] * b[at + 1];
    s2 += a[from + 2] * b[at + 2];
    s3 += a[from + 3] * b[at + 3];
  }
  for (; k < d; k++) s0 += a[from++] * b[at++];
  return s0 + s1 + s2 + s3;
}
