/** How far a corpus may be heard in images of its kind: by how well it names strokes of images that it was not taught by. */
import { mean } from '../metrics/mean.ts';

/**
 * Agreements up to the first are of no use, from the second on a corpus is heard as far as an image's own strokes allow: on
 * street scenes it gains at 0.43, on pictures of all kinds it loses at 0.21 (docs/quality.md, "Corpus").
 */
const [least, most] = [0.2, 0.4];

/**
 * The most trust that the corpus may have, 0 … 1: from the lower end of the agreements' mean, two standard errors below it, so
 * that few images count for less than many. Of fewer than two images it is 0.
 *
 * @param agreements one an image, each without what that image taught (`walk/opinion.ts`)
 */
export function trustOf(agreements: readonly number[]): number {
  const n = agreements.length;
  if (n < 2) return 0;
  const middle = mean(agreements);
  const variance = agreements.reduce((sum, one) => sum + (one - middle) ** 2, 0) / (n - 1);
  const lower = middle - 2 * Math.sqrt(variance / n);
  return Math.min(1, Math.max(0, (lower - least) / (most - least)));
}
