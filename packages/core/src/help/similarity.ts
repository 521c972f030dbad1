/** Likeness as the backbone sees it: cosines between the keys of one image. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Keys } from '../keys/keys.ts';
import { meanOf } from '../walk/whiten.ts';

/**
 * Keys as directions from their mean, each of length 1, or 0 where a key is the mean. The common part of all patches, which
 * makes everything alike, is gone. (Whitened like the walk's, keys would be alike in no more than a spot.)
 *
 * @returns float32 `[h, w, d]`, row-major
 */
export function keyDirections({ data, h, w, d }: Keys): Keys {
  const mean = meanOf(data, d);
  const out = data.map((value, i) => value - mean[i % d]);
  for (let o = 0; o < out.length; o += d) {
    const length = Math.hypot(...out.subarray(o, o + d));
    for (let k = o; length > 0 && k < o + d; k++) out[k] /= length;
  }
  return { data: out, h, w, d };
}

/**
 * Cosine of every patch's direction with one patch's.
 *
 * @param directions from {@link keyDirections}
 * @param patch row-major, below h·w
 * @returns float32 `[h, w]`, −1 … 1
 */
export function similarTo({ data, h, w, d }: Keys, patch: number): Float32Array {
  if (!(Number.isInteger(patch) && patch >= 0 && patch < h * w)) {
    throw new InvalidInputError(`patch ${patch}; expected a whole number below ${h} × ${w}`);
  }
  const one = data.subarray(patch * d, (patch + 1) * d);
  const out = new Float32Array(h * w);
  for (let i = 0, o = 0; i < out.length; i++) {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += one[k] * data[o++];
    out[i] = sum;
  }
  return out;
}
