/** How good a mask is against the truth. */

import type { Category } from '@saltworks/contract/categories';
import type { Mask, SegmentInfo } from './mask.ts';

export interface Overlap {
  id: number;
  /** |A ∩ B| / |A ∪ B|, 0 … 1. */
  iou: number;
  /** 2|A ∩ B| / (|A| + |B|), 0 … 1. */
  dice: number;
}

/**
 * Overlap of equal ids, for every id that the truth holds outside ignored pixels.
 *
 * @param ignore 1 where a pixel counts for nothing (void, crowds)
 */
export function overlaps(prediction: Mask, truth: Mask, ignore?: Uint8Array): Overlap[] {
  const both = new Map<number, number>();
  const predicted = new Map<number, number>();
  const actual = new Map<number, number>();
  const count = (map: Map<number, number>, id: number) => map.set(id, (map.get(id) ?? 0) + 1);
  for (let i = 0; i < truth.ids.length; i++) {
    if (ignore?.[i]) continue;
    count(predicted, prediction.ids[i]);
    count(actual, truth.ids[i]);
    if (prediction.ids[i] === truth.ids[i]) count(both, truth.ids[i]);
  }
  return [...actual]
    .sort(([a], [b]) => a - b)
    .map(([id, area]) => {
      const shared = both.get(id) ?? 0;
      const sum = area + (predicted.get(id) ?? 0);
      return { id, iou: shared / (sum - shared), dice: (2 * shared) / sum };
    });
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export interface PanopticScore {
  /** sq · rq */
  pq: number;
  /** Mean IoU of matched segments. */
  sq: number;
  /** F1 of matching. */
  rq: number;
  /** Categories that occur. */
  categories: number;
}

export interface Panoptic {
  mask: Mask;
  segments: readonly SegmentInfo[];
}

/**
 * Panoptic quality over a set of images, averaged over the categories that occur.
 * Kirillov et al. 2019, "Panoptic Segmentation": segments of one category match where IoU > 0.5, void pixels of the
 * truth left out of the union; what is mostly void or crowd of its category is no false positive.
 */
export function panopticQuality(
  pairs: readonly { prediction: Panoptic; truth: Panoptic }[],
  categories: readonly Pick<Category, 'id'>[],
): PanopticScore {
  const tally = new Map(categories.map(({ id }) => [id, { iou: 0, matched: 0, wrong: 0, missed: 0 }]));
  for (const { prediction, truth } of pairs) {
    const shared = intersections(prediction.mask, truth.mask);
    const crowds = truth.segments.filter(({ iscrowd }) => iscrowd === 1);
    const matched = new Set<number>();
    for (const real of truth.segments) {
      const count = tally.get(real.category_id);
      if (!count || real.iscrowd) continue;
      const match = prediction.segments.find((guess) => {
        if (guess.category_id !== real.category_id || matched.has(guess.id)) return false;
        const common = shared(guess.id, real.id);
        const iou = common / (guess.area + real.area - common - shared(guess.id, 0));
        if (iou > 0.5) count.iou += iou;
        return iou > 0.5;
      });
      if (match) {
        matched.add(match.id);
        count.matched++;
      } else count.missed++;
    }
    for (const guess of prediction.segments) {
      const count = tally.get(guess.category_id);
      if (!count || matched.has(guess.id)) continue;
      const excused = crowds
        .filter(({ category_id }) => category_id === guess.category_id)
        .reduce((sum, crowd) => sum + shared(guess.id, crowd.id), shared(guess.id, 0));
      if (excused / guess.area <= 0.5) count.wrong++;
    }
  }
  const scores = [...tally.values()]
    .filter(({ matched, wrong, missed }) => matched + wrong + missed > 0)
    .map(({ iou, matched, wrong, missed }) => ({
      sq: matched ? iou / matched : 0,
      rq: matched / (matched + wrong / 2 + missed / 2),
    }));
  return {
    pq: mean(scores.map(({ sq, rq }) => sq * rq)),
    sq: mean(scores.map(({ sq }) => sq)),
    rq: mean(scores.map(({ rq }) => rq)),
    categories: scores.length,
  };
}

/** Pixels that a predicted and a true segment share. */
function intersections(prediction: Mask, truth: Mask): (predicted: number, actual: number) => number {
  const counts = new Map<number, number>();
  const pair = (predicted: number, actual: number) => predicted * 0x1000000 + actual;
  for (let i = 0; i < truth.ids.length; i++) {
    const key = pair(prediction.ids[i], truth.ids[i]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return (predicted, actual) => counts.get(pair(predicted, actual)) ?? 0;
}
