/** All that is measured of single segments: the `segments` of a row of an evaluation. */
import type { SegmentScore } from '@saltworks/contract/documents/evaluations';
import type { Mask } from '../mask/mask.ts';
import { bandAreas, bandWidth, boundaryIou } from './boundary.ts';
import { closeGaps, outlineLengths } from './contour.ts';
import { dice, iou, jointAreas } from './joint-areas.ts';
import { countParts } from './parts.ts';

/**
 * Scores every segment that the truth has outside ignored pixels against the predicted segment of the same id, by ascending id.
 *
 * @param ignore 1 at pixels that do not count: void, crowds
 * @throws InvalidInputError if the masks differ in size
 */
export function scoreSegments(prediction: Mask, truth: Mask, ignore?: Uint8Array): Omit<SegmentScore, 'category'>[] {
  const areas = jointAreas(prediction, truth, ignore);
  const bands = bandAreas(prediction, truth, ignore);
  const parts = countParts(prediction, ignore);
  const whole = ignore ? closeGaps(truth, ignore, bandWidth(truth)) : { truth, ignore };
  const [predicted, actual] = [outlineLengths(prediction, whole.ignore), outlineLengths(whole.truth, whole.ignore)];
  return [...areas.b]
    .sort(([a], [b]) => a - b)
    .map(([id, area]) => {
      const length = actual.get(id);
      return {
        id,
        area,
        iou: iou(areas, id, id),
        dice: dice(areas, id, id),
        boundary_iou: boundaryIou(bands, id, id),
        parts: parts.get(id) ?? 0,
        contour: length === undefined ? null : (predicted.get(id) ?? 0) / length,
      };
    });
}
