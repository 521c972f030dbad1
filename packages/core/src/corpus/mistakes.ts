/**
 * Segments whose category a model doubts that the image did not teach. Its shares q of the categories speak of every patch; a
 * segment is doubted if they name another category by more than is usual for segments of its own: a model is weak in some
 * categories, and no mask is wrong for that.
 */
import type { Mask } from '../mask/mask.ts';
import type { NodeScores } from '../nodes/scores.ts';

/** What a model says of one segment of a mask. */
export interface SegmentOpinion {
  segment: number;
  /** As the mask has it. */
  category: number;
  /** The likeliest of the other categories. */
  found: number;
  /** Mean of ln q_found − ln q_category over the segment's patches: above 0, the model would name it `found`. */
  odds: number;
  /** Part of the image, 0 … 1. */
  share: number;
  /** Its pixel in the middle of the patch where they differ most. */
  place: { x: number; y: number };
}

export interface Mistake extends SegmentOpinion {
  /** The lesser of `odds` and `odds` less what is usual of its category. */
  strength: number;
}

/** Chosen on street scenes with planted mistakes (docs/quality.md, "Mistakes"). */
export const mistakeDefaults = { strength: 2, share: 0.01 };

/** A model is never sure that a category is absent. */
const leastShare = 0.02;

/**
 * Patches count by the square of what the segment covers of them: one that it fills says more of it than two halves.
 *
 * @param shares of every patch, rows `[h·w, c]` that sum to 1 (`classify`), of a model without what the image taught
 * @param mask of the image
 * @param categoryOf by segment id: a category, 0 … c − 1; undefined: of one that the model lacks, or nobody's
 * @returns by segment id; of segments with a category
 */
export function opinionsOfSegments(
  { data, h, w, labels }: NodeScores,
  { ids, width, height }: Mask,
  categoryOf: (segment: number) => number | undefined,
): SegmentOpinion[] {
  const c = labels.length;
  if (c < 2) return [];
  const patchOf = (x: number, y: number) =>
    Math.floor(((y + 0.5) * h) / height) * w + Math.floor(((x + 0.5) * w) / width);
  /** The pixel of a patch nearest to its middle, of those that are wanted. */
  const pixelIn = (patch: number, wanted: (pixel: number) => boolean) => {
    const [row, column] = [Math.floor(patch / w), patch % w];
    const [middleX, middleY] = [((column + 0.5) * width) / w - 0.5, ((row + 0.5) * height) / h - 0.5];
    let place = { x: 0, y: 0 };
    let nearest = Infinity;
    for (let y = Math.floor((row * height) / h); y < Math.min(height, ((row + 1) * height) / h); y++) {
      for (let x = Math.floor((column * width) / w); x < Math.min(width, ((column + 1) * width) / w); x++) {
        const distance = (x - middleX) ** 2 + (y - middleY) ** 2;
        if (distance < nearest && wanted(y * width + x) && patchOf(x, y) === patch) {
          [place, nearest] = [{ x, y }, distance];
        }
      }
    }
    return place;
  };
  const segments = new Map<number, { category: number; area: number; cover: Float64Array }>();
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      let own = segments.get(ids[i]);
      if (!own) {
        own = { category: categoryOf(ids[i]) ?? -1, area: 0, cover: new Float64Array(h * w) };
        segments.set(ids[i], own);
      }
      own.area++;
      own.cover[patchOf(x, y)]++;
    }
  }
  const log = (patch: number, category: number) => Math.log(data[patch * c + category] + leastShare);
  const found: SegmentOpinion[] = [];
  for (const [segment, { category, area, cover }] of segments) {
    if (category < 0) continue;
    const sums = new Float64Array(c);
    let all = 0;
    cover.forEach((pixels, patch) => {
      if (pixels === 0) return;
      for (let k = 0; k < c; k++) sums[k] += pixels ** 2 * log(patch, k);
      all += pixels ** 2;
    });
    let best = category === 0 ? 1 : 0;
    for (let k = 0; k < c; k++) if (k !== category && sums[k] > sums[best]) best = k;
    let [deepest, most] = [-1, -Infinity];
    cover.forEach((pixels, patch) => {
      const differ = pixels ** 2 * (log(patch, best) - log(patch, category));
      if (pixels > 0 && differ > most) [deepest, most] = [patch, differ];
    });
    const place = pixelIn(deepest, (i) => ids[i] === segment);
    const odds = (sums[best] - sums[category]) / all;
    found.push({ segment, category, found: best, odds, share: area / ids.length, place });
  }
  return found.sort((a, b) => a.segment - b.segment);
}

/**
 * The segments that are doubted, the strongest doubt first. What is usual of a category is the median of its segments' odds.
 *
 * @param opinions of segments of many images, each by a model without its image
 * @param options strength, share: the least that are listed
 */
export function mistakesAmong<T extends Pick<SegmentOpinion, 'category' | 'odds' | 'share'>>(
  opinions: readonly T[],
  { strength: least, share }: Partial<typeof mistakeDefaults> = {},
): (T & Pick<Mistake, 'strength'>)[] {
  const large = opinions.filter((one) => one.share >= (share ?? mistakeDefaults.share));
  const byCategory = new Map<number, number[]>();
  for (const { category, odds } of large) byCategory.set(category, [...(byCategory.get(category) ?? []), odds]);
  const usual = new Map([...byCategory].map(([category, odds]) => [category, median(odds)]));
  return large
    .map((one) => ({ ...one, strength: Math.min(one.odds, one.odds - usual.get(one.category)!) }))
    .filter(({ strength }) => strength >= (least ?? mistakeDefaults.strength))
    .sort((a, b) => b.strength - a.strength);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
