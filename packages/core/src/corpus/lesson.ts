/** What an image that was drawn on teaches: strokes label a few patches, and their solve the rest. */

import type { Mask } from '../mask/mask.ts';
import type { Grid } from '../nodes/grid.ts';
import { margins, type NodeScores } from '../nodes/scores.ts';

/**
 * Targets of an image's patches: the shares of a patch's pixels that the mask gives to each category, weighed by how sure the
 * solve was, the mean margin of the patch's nodes.
 *
 * @param mask of the image's strokes
 * @param nodes the scores that it was made of, on the grid of nodes
 * @param grid of patches and nodes
 * @param categoryOf by segment id: a category, 0 … c − 1; segments without one teach nothing
 * @returns `[h·w, c]`, rows summing to 0 … 1
 */
export function lessonOf(
  { ids, width, height }: Mask,
  nodes: NodeScores,
  { h, w }: Pick<Grid, 'h' | 'w'>,
  categoryOf: ReadonlyMap<number, number>,
  c: number,
): Float32Array {
  const patches = h * w;
  const sure = new Float64Array(patches);
  const perPatch = (nodes.h * nodes.w) / patches;
  margins(nodes.data, nodes.labels.length).forEach((margin, node) => {
    const y = Math.floor((Math.floor(node / nodes.w) * h) / nodes.h);
    const x = Math.floor(((node % nodes.w) * w) / nodes.w);
    sure[y * w + x] += margin / perPatch;
  });
  const counts = new Float64Array(patches * c);
  const pixels = new Float64Array(patches);
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * h) / height) * w;
    for (let x = 0; x < width; x++, i++) {
      const patch = row + Math.floor(((x + 0.5) * w) / width);
      pixels[patch]++;
      const category = categoryOf.get(ids[i]);
      if (category !== undefined) counts[patch * c + category]++;
    }
  }
  return Float32Array.from(counts, (count, o) => {
    const patch = Math.floor(o / c);
    return count === 0 ? 0 : (sure[patch] * count) / pixels[patch];
  });
}
