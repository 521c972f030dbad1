/** What is looked for: the direction in which the patches of an example differ from the corpus. */
import { eachRun } from '@saltworks/contract/documents/run-lengths';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Keys } from '../keys/keys.ts';
import { backSubstitute, forwardSubstitute } from '../walk/cholesky.ts';
import { meanOf } from '../walk/whiten.ts';
import { dot } from './picks.ts';
import { directionsFrom, type SearchSpace } from './space.ts';

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
 * A linear detector of an example (exemplar LDA: Hariharan, Malik, Ramanan 2012): Σ⁻¹q, q the mean direction of its patches and Σ
 * the corpus's covariance of directions, over the length of q in that metric. Its inner product with a key's direction says how
 * alike they are. One direction for all patches: docs/search.md says what several give.
 *
 * @param patches of the example; above 0 of them
 * @returns float32 `[d]`
 */
export function probeOf({ data, d }: Keys, patches: readonly number[], { mean, factor }: SearchSpace): Float32Array {
  const own = new Float32Array(patches.length * d);
  for (const [i, patch] of patches.entries()) own.set(data.subarray(patch * d, (patch + 1) * d), i * d);
  const q = meanOf(directionsFrom(mean, own), d);
  forwardSubstitute(factor, q);
  const length = Math.hypot(...q);
  backSubstitute(factor, q);
  return Float32Array.from(q, (value) => (length > 0 ? value / length : 0));
}

/** How alike keys are to what a probe stands for. @param data `[n, d]` @returns float32 `[n]` */
export function likenessTo(probe: Float32Array, { d, mean }: SearchSpace, data: Float32Array): Float32Array {
  const directions = directionsFrom(mean, data);
  const out = new Float32Array(data.length / d);
  for (let i = 0; i < out.length; i++) out[i] = dot(directions, i * d, probe, 0, d);
  return out;
}
