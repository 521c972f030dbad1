/** Keys in fewer dimensions. */
import { eigenvectors } from './eigen.ts';
import type { Keys } from './keys.ts';

/**
 * The coordinates of keys along their principal directions, the orthonormal ones that hold most of their squared length. Of all
 * projections to so few dimensions this one changes the keys' inner products least, and so their distances. Directions are
 * from the origin, not from the mean: cosines between keys stay.
 *
 * @param count of directions, if there are as many
 * @returns float32 `[h, w, min(count, d)]`, the longest direction first
 */
export function principalCoordinates({ data, h, w, d, space = d }: Keys, count: number): Keys {
  const kept = Math.min(count, d);
  const moment = new Float64Array(d * d);
  for (let o = 0; o < data.length; o += d) {
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) moment[i * d + j] += data[o + i] * data[o + j];
  }
  const directions = eigenvectors(moment, d);
  const out = new Float32Array(h * w * kept);
  for (let o = 0, to = 0; o < data.length; o += d) {
    for (let k = 0; k < kept; k++) {
      let sum = 0;
      for (let i = 0; i < d; i++) sum += directions[k * d + i] * data[o + i];
      out[to++] = sum;
    }
  }
  return { data: out, h, w, d: kept, space };
}
