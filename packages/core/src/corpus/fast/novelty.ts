/** Novelty of several patches at once: the twin of that of corpus/classifier.ts, with the same bits. */
import type { Keys } from '../../keys/keys.ts';
import { type Classifier, expectDimensions } from '../classifier.ts';

/** Patches that go through the substitution side by side: their sums do not wait for one another. */
const atOnce = 4;

/** @returns `[h·w]` @throws InvalidInputError if keys have other dimensions */
export function novelty({ d, mean, total, factor }: Classifier, keys: Keys): Float32Array {
  expectDimensions(keys, d);
  const n = keys.h * keys.w;
  const out = new Float32Array(n);
  const lines = new Float64Array(atOnce * d);
  for (let first = 0; first < n; first += atOnce) {
    const count = Math.min(atOnce, n - first);
    for (let j = 0; j < count; j++) {
      for (let p = 0; p < d; p++) lines[atOnce * p + j] = keys.data[(first + j) * d + p] - mean[p];
    }
    let [a, b, c, e] = [0, 0, 0, 0];
    for (let i = 0, o = 0; i < d; i++) {
      const at = atOnce * i;
      let s0 = lines[at];
      let s1 = lines[at + 1];
      let s2 = lines[at + 2];
      let s3 = lines[at + 3];
      for (let k = 0; k < at; k += atOnce) {
        const l = factor[o++];
        s0 -= l * lines[k];
        s1 -= l * lines[k + 1];
        s2 -= l * lines[k + 2];
        s3 -= l * lines[k + 3];
      }
      const diagonal = factor[o++];
      lines[at] = s0 /= diagonal;
      lines[at + 1] = s1 /= diagonal;
      lines[at + 2] = s2 /= diagonal;
      lines[at + 3] = s3 /= diagonal;
      a += s0 * s0;
      b += s1 * s1;
      c += s2 * s2;
      e += s3 * s3;
    }
    const sums = [a, b, c, e];
    for (let j = 0; j < count; j++) out[first + j] = total * sums[j];
  }
  return out;
}
