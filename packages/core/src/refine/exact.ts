/**
 * Exact pixels: whatever a solve, its refinement and its small parts say, they have the label of their stroke or lock. They
 * are given last, and steer nothing: where their stroke should, it is a seed and holds its pixels as others do.
 */
import type { SegmentOptions } from '@saltworks/contract/options';
import type { Mask } from '../mask/mask.ts';
import type { LabelledPixels } from '../seeds/sheet.ts';
import type { WeightedStrokes } from '../seeds/soft-seeds.ts';
import { giveHeld, heaviest, holds } from './held.ts';

/**
 * The pixels that are exact to any of several annotators, each with the label of most weight: exact strokes and locks vote,
 * and so do other strokes where settings hold their pixels. Of two labels with the most weight, the picture's stays.
 */
export function exactTogether(
  drawn: readonly WeightedStrokes[],
  { strokes }: Pick<SegmentOptions, 'strokes'>,
): LabelledPixels | undefined {
  const { width, height } = drawn[0].raster;
  const isHeld = holds(strokes);
  const own = drawn.flatMap(({ raster: { exact } }) => (exact ? [exact] : []));
  if (own.length === 0) return undefined;
  const pixels = Int32Array.from(new Set(own.flatMap(({ pixels }) => Array.from(pixels)))).sort();
  const people = drawn.map(({ raster, weight }) => ({ raster, weight, at: 0 }));
  const found: { pixel: number; id: number }[] = [];
  for (const pixel of pixels) {
    const votes = new Map<number, number>();
    for (const person of people) {
      const { raster, weight } = person;
      const { exact, owner, segments } = raster;
      if (exact) while (exact.pixels[person.at] < pixel) person.at++;
      const isExact = exact?.pixels[person.at] === pixel;
      if (!isExact && (!isHeld || owner[pixel] === 0)) continue;
      const id = isExact ? exact.ids[person.at] : segments[owner[pixel] - 1];
      votes.set(id, (votes.get(id) ?? 0) + weight);
    }
    const id = heaviest(votes);
    if (id !== undefined) found.push({ pixel, id });
  }
  return {
    ...{ width, height },
    pixels: Int32Array.from(found, ({ pixel }) => pixel),
    ids: Int32Array.from(found, ({ id }) => id),
  };
}

/** Gives exact pixels their labels, in place. */
export function giveExact(mask: Mask, exact: LabelledPixels | undefined): Mask {
  if (exact) giveHeld(mask.ids, exact);
  return mask;
}
