/** Where keys of many images are compared: as directions from the corpus's mean, in the metric of its covariance. */
import { factorise, rowStart } from '../walk/cholesky.ts';
import { meanOf } from '../walk/whiten.ts';

/** Added to the covariance's diagonal, in units of the mean of its eigenvalues. */
const shrinkage = 0.1;

export interface SearchSpace {
  d: number;
  /** Of the corpus's keys. */
  mean: Float64Array;
  /** Packed Cholesky factor of the shrunk covariance of directions. */
  factor: Float64Array;
}

/** Keys as directions from a mean, each of length 1, or 0 where a key is the mean. @param data `[n, d]` */
export function directionsFrom(mean: ArrayLike<number>, data: Float32Array): Float32Array {
  const d = mean.length;
  const out = new Float32Array(data.length);
  for (let o = 0; o < data.length; o += d) {
    let square = 0;
    for (let k = 0; k < d; k++) {
      const value = data[o + k] - mean[k];
      out[o + k] = value;
      square += value * value;
    }
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let k = 0; k < d; k++) out[o + k] *= scale;
  }
  return out;
}

/** @param sample `[n, d]`, keys of the corpus; above 0 of them */
export function spaceOf(sample: Float32Array, d: number): SearchSpace {
  const mean = meanOf(sample, d);
  const directions = directionsFrom(mean, sample);
  const factor = new Float64Array(rowStart(d));
  for (let o = 0; o < directions.length; o += d) {
    for (let i = 0, at = 0; i < d; i++) {
      const value = directions[o + i];
      for (let j = 0; j <= i; j++) factor[at++] += value * directions[o + j];
    }
  }
  let trace = 0;
  for (let i = 0; i < d; i++) trace += factor[rowStart(i) + i];
  // Of keys that are all alike nothing can be told apart: any metric does.
  const ridge = trace > 0 ? (shrinkage * trace) / d : 1;
  for (let i = 0; i < d; i++) factor[rowStart(i) + i] += ridge;
  factorise(factor, 0, d);
  return { d, mean, factor };
}
