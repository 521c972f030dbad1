/** The quality of a mask against the truth. */

import type { Mask } from './mask.ts';

export interface Overlap {
  id: number;
  /** |A ∩ B| / |A ∪ B|, 0 … 1. */
  iou: number;
  /** 2|A ∩ B| / (|A| + |B|), 0 … 1. */
  dice: number;
}

/**
 * The overlap of equal ids, for every id that the truth has outside ignored pixels.
 *
 * @param ignore 1 at pixels to ignore (void, crowds)
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
