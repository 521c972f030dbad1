/** How much the segments of a mask overlap with those of the truth. */
import type { Mask } from '../mask/mask.ts';
import { dice, iou, jointAreas } from './joint-areas.ts';

export interface Overlap {
  id: number;
  /** |A ∩ B| / |A ∪ B|, 0 … 1. */
  iou: number;
  /** 2|A ∩ B| / (|A| + |B|), 0 … 1. */
  dice: number;
}

/**
 * The overlap of equal ids, for every id that the truth has outside ignored pixels, ascending.
 *
 * @param ignore 1 at pixels to ignore (void, crowds)
 * @throws InvalidInputError if the masks differ in size
 */
export function overlaps(prediction: Mask, truth: Mask, ignore?: Uint8Array): Overlap[] {
  const areas = jointAreas(prediction, truth, ignore);
  return [...areas.b.keys()]
    .sort((a, b) => a - b)
    .map((id) => ({ id, iou: iou(areas, id, id), dice: dice(areas, id, id) }));
}
