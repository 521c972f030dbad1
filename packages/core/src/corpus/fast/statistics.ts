/** Labelled patches added in tiles: the twin of corpus/statistics.ts, with the same bits. */
import { rowStart } from '../../walk/cholesky.ts';
import { expectKeys, type Statistics } from '../statistics.ts';

/** Adds labelled patches, as `teach` of the plain twin does. @param keys `[n, d]` @param targets `[n, c]` */
export function teach(to: Statistics, keys: Float32Array, targets: Float32Array): void {
  const { d, c, xx, xy } = to;
  const n = expectKeys(to, keys, targets);
  const weights = Float64Array.from({ length: n }, (_, i) => {
    let weight = 0;
    for (let k = 0; k < c; k++) weight += targets[i * c + k];
    return weight;
  });
  const labelled = [...weights.keys()].filter((i) => weights[i] !== 0);
  const m = labelled.length;
  // Dimensions four by four, patch after patch: a tile reads two strips from start to end. The last holds zeros.
  const strips = Math.ceil((d + 1) / 4);
  const strip = 4 * m;
  const rows = new Float64Array(strips * strip);
  const scaled = new Float64Array(strips * strip);
  for (let j = 0; j < m; j++) {
    const i = labelled[j];
    for (let p = 0; p <= d; p++) {
      const value = p < d ? keys[i * d + p] : 1;
      const at = (p >> 2) * strip + 4 * j + (p & 3);
      rows[at] = value;
      scaled[at] = weights[i] * value;
    }
    for (let k = 0; k < c; k++) {
      const target = targets[i * c + k];
      if (target !== 0) {
        for (let p = 0, o = k * (d + 1); p < d; p++) xy[o++] += target * keys[i * d + p];
        xy[k * (d + 1) + d] += target;
      }
    }
  }
  const tile = new Float64Array(16);
  for (let a = 0; a < strips; a++) {
    for (let b = 0; b <= a; b++) {
      const [right, below] = [Math.min(4, d + 1 - 4 * b), Math.min(4, d + 1 - 4 * a)];
      for (let s = 0; s < below; s++) {
        for (let t = 0; t < right; t++) tile[4 * s + t] = xx[rowStart(4 * a + s) + 4 * b + t];
      }
      multiplyAdd(tile, scaled.subarray(a * strip, (a + 1) * strip), rows.subarray(b * strip, (b + 1) * strip));
      for (let s = 0; s < below; s++) {
        const last = Math.min(right, 4 * (a - b) + s + 1);
        for (let t = 0; t < last; t++) xx[rowStart(4 * a + s) + 4 * b + t] = tile[4 * s + t];
      }
    }
  }
}

/** Adds the products of two strips' rows, patch by patch: a register for each of half a tile's sums. */
function multiplyAdd(tile: Float64Array, left: Float64Array, right: Float64Array): void {
  for (let half = 0; half < 4; half += 2) {
    const o = 4 * half;
    let [s0, s1, s2, s3] = [tile[o], tile[o + 1], tile[o + 2], tile[o + 3]];
    let [t0, t1, t2, t3] = [tile[o + 4], tile[o + 5], tile[o + 6], tile[o + 7]];
    for (let i = 0; i < left.length; i += 4) {
      const s = left[i + half];
      const t = left[i + half + 1];
      const r0 = right[i];
      const r1 = right[i + 1];
      const r2 = right[i + 2];
      const r3 = right[i + 3];
      s0 += s * r0;
      s1 += s * r1;
      s2 += s * r2;
      s3 += s * r3;
      t0 += t * r0;
      t1 += t * r1;
      t2 += t * r2;
      t3 += t * r3;
    }
    tile[o] = s0;
    tile[o + 1] = s1;
    tile[o + 2] = s2;
    tile[o + 3] = s3;
    tile[o + 4] = t0;
    tile[o + 5] = t1;
    tile[o + 6] = t2;
    tile[o + 7] = t3;
  }
}
