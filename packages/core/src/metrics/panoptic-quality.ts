/** Panoptic quality: Kirillov, He, Girshick, Rother, Dollár 2019, "Panoptic Segmentation". Counted as COCO's panopticapi counts. */
import type { PanopticCount } from '@saltworks/contract/documents/evaluations';
import type { Mask } from '../mask/mask.ts';
import { iou, jointAreas } from './joint-areas.ts';

/**
 * Counts the segments of one image that match (IoU above ½, the same category), by category. Ids need not be equal. Ignored
 * pixels are void: no union has them, and an unmatched predicted segment of which they make up more than half is no false
 * positive; nor is one whose pixels are mostly void or of a crowd of its category. A crowd matches nothing and is never missed.
 *
 * Id 0 is the background, a segment without a name, if the truth has it outside ignored pixels; else it is no segment.
 *
 * @param ignore 1 at pixels that do not count
 * @param categories by segment id, of prediction and truth
 * @param crowds ids of the truth that stand for several things
 * @returns one count for each category that has a segment, by name, those without a name last
 * @throws InvalidInputError if the masks differ in size
 */
export function countPanoptic(
  prediction: Mask,
  truth: Mask,
  ignore: Uint8Array | undefined,
  categories: ReadonlyMap<number, string>,
  crowds: ReadonlySet<number> = new Set(),
): PanopticCount[] {
  const areas = jointAreas(prediction, truth, ignore);
  const whole = ignore ? jointAreas(prediction, truth).a : areas.a;
  const isSegment = (id: number) => id !== 0 || areas.b.has(0);
  const predicted = [...whole.keys()].filter(isSegment);
  const actual = [...areas.b.keys()].filter((id) => isSegment(id) && !crowds.has(id));
  const nameOf = (id: number) => categories.get(id) ?? null;

  const counts = new Map<string | null, PanopticCount>();
  const countOf = (id: number): PanopticCount => {
    const category = nameOf(id);
    const known = counts.get(category);
    if (known) return known;
    const count = { category, matched: 0, iou: 0, false_positives: 0, false_negatives: 0 };
    counts.set(category, count);
    return count;
  };

  // At most one segment overlaps another by more than half.
  const matched = new Set<number>();
  for (const j of actual.sort((a, b) => a - b)) {
    const i = predicted.find((id) => nameOf(id) === nameOf(j) && iou(areas, id, j) > 0.5);
    const count = countOf(j);
    if (i === undefined) {
      count.false_negatives++;
      continue;
    }
    matched.add(i);
    count.matched++;
    count.iou += iou(areas, i, j);
  }
  for (const i of predicted) {
    if (matched.has(i)) continue;
    const area = whole.get(i) ?? 0;
    let excused = area - (areas.a.get(i) ?? 0);
    for (const crowd of crowds) if (nameOf(crowd) === nameOf(i)) excused += areas.shared(i, crowd);
    if (excused / area > 0.5) continue;
    countOf(i).false_positives++;
  }
  return [...counts.values()].sort((a, b) => order(a.category, b.category));
}

export interface PanopticQuality {
  /** SQ · RQ. */
  pq: number;
  /** Mean IoU of matched segments; 0 if there are none. */
  sq: number;
  /** Matched segments, over the mean of predicted and true ones. */
  rq: number;
}

/**
 * Quality from the counts of any number of images.
 *
 * @returns by category in order of name; and their mean, NaN of no category
 */
export function panopticQuality(
  counts: readonly PanopticCount[],
): PanopticQuality & { categories: (PanopticQuality & { category: string | null })[] } {
  const sums = new Map<string | null, PanopticCount>();
  for (const count of counts) {
    const sum = sums.get(count.category);
    if (!sum) {
      sums.set(count.category, { ...count });
      continue;
    }
    sum.matched += count.matched;
    sum.iou += count.iou;
    sum.false_positives += count.false_positives;
    sum.false_negatives += count.false_negatives;
  }
  const categories = [...sums.values()]
    .sort((a, b) => order(a.category, b.category))
    .map(({ category, matched, iou, false_positives, false_negatives }) => {
      const segments = matched + (false_positives + false_negatives) / 2;
      return { category, pq: iou / segments, sq: matched === 0 ? 0 : iou / matched, rq: matched / segments };
    });
  const mean = (key: keyof PanopticQuality) => categories.reduce((sum, one) => sum + one[key], 0) / categories.length;
  return { pq: mean('pq'), sq: mean('sq'), rq: mean('rq'), categories };
}

/** By name; no name comes last. */
function order(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}
