/** What is looked for: a few directions that stand for the patches of an example, each made to tell them from the corpus. */
import { eachRun } from '@saltworks/contract/documents/run-lengths';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Keys } from '../keys/keys.ts';
import { backSubstitute, forwardSubstitute } from '../walk/cholesky.ts';
import { dot, meansOf, pickFarthest } from './picks.ts';
import { directionsFrom, type SearchSpace } from './space.ts';

/** Kinds of patches that an example is taken to have, at most. */
const kinds = 2;

/** float32 `[n, d]`: the inner product with a key's direction says how alike they are. */
export interface Probe {
  data: Float32Array;
  n: number;
  d: number;
}

/**
 * The patches of a region of pixels: those that it covers at least half as much as the patch that it covers most.
 *
 * @param region run lengths of pixels (spec/scribbles.md)
 * @returns places in the grid, ascending
 * @throws InvalidInputError if it holds no pixel of the image
 */
export function patchesOf(
  region: readonly number[],
  { width, height }: { width: number; height: number },
  { h, w }: Pick<Keys, 'h' | 'w'>,
): number[] {
  const covered = new Float64Array(h * w);
  eachRun(region, (start, end) => {
    for (let at = start; at < Math.min(end, width * height); at++) {
      const [x, y] = [at % width, Math.floor(at / width)];
      covered[Math.floor(((y + 0.5) * h) / height) * w + Math.floor(((x + 0.5) * w) / width)]++;
    }
  });
  const most = covered.reduce((a, b) => Math.max(a, b), 0);
  if (most === 0) throw new InvalidInputError('an example without a pixel; expected at least one in the image');
  return [...covered.keys()].filter((patch) => covered[patch] >= most / 2);
}

/**
 * Linear detectors of an example (exemplar LDA: Hariharan, Malik, Ramanan 2012): Σ⁻¹q for a direction q of it, Σ the corpus's
 * covariance of directions, scaled so that q itself scores 1 in units of its own length in that metric.
 *
 * @param patches of the example; above 0 of them
 */
export function probeOf({ data, d }: Keys, patches: readonly number[], { mean, factor }: SearchSpace): Probe {
  const own = new Float32Array(patches.length * d);
  for (const [i, patch] of patches.entries()) own.set(data.subarray(patch * d, (patch + 1) * d), i * d);
  const directions = directionsFrom(mean, own);
  const white = new Float32Array(directions.length);
  for (let o = 0; o < white.length; o += d) {
    const line = Float64Array.from(directions.subarray(o, o + d));
    forwardSubstitute(factor, line);
    const length = Math.hypot(...line);
    for (let k = 0; k < d; k++) white[o + k] = length > 0 ? line[k] / length : 0;
  }
  const means = meansOf(pickFarthest(white, d, kinds), directions, d);
  for (let o = 0; o < means.length; o += d) {
    const line = Float64Array.from(means.subarray(o, o + d));
    forwardSubstitute(factor, line);
    const length = Math.hypot(...line);
    backSubstitute(factor, line);
    for (let k = 0; k < d; k++) means[o + k] = length > 0 ? line[k] / length : 0;
  }
  return { data: means, n: means.length / d, d };
}

/** How alike keys are to the nearest of a probe's directions. @param data `[n, d]` @returns float32 `[n]` */
export function likenessTo(probe: Probe, { mean }: SearchSpace, data: Float32Array): Float32Array {
  const { d } = probe;
  const directions = directionsFrom(mean, data);
  const out = new Float32Array(data.length / d);
  for (let i = 0; i < out.length; i++) {
    let best = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < probe.n; j++) best = Math.max(best, dot(directions, i * d, probe.data, j * d, d));
    out[i] = best;
  }
  return out;
}
