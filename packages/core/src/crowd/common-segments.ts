/** The segments of several annotators, each with ids of its own, under common ids. */

import type { Segment } from '@saltworks/contract/documents/scribbles';
import type { Mask } from '../mask/mask.ts';
import { iou, jointAreas } from '../metrics/joint-areas.ts';
import { assign } from './hungarian.ts';

/** An annotator's segments, and the mask from this annotator's strokes alone. */
export interface OwnAnswer {
  annotator: string;
  segments: readonly Segment[];
  mask: Mask;
}

export interface CommonSegment extends Segment {
  /** The annotators' segments that it stands for, at most one of each annotator. */
  from: { annotator: string; segment: number }[];
}

/** Things with a smaller IoU are two things. */
const leastOverlap = 0.3;

/**
 * Takes one annotator after the other and matches the segments with the common segments so far, one to one, so that IoU sums
 * to the most (for a common segment of several, their mean IoU); unmatched ones become new common segments. Only segments of
 * one category and kind match. Stuff is one region whatever its overlap.
 *
 * @param answers of one image and size, the most trusted first; the background, 0, is common to all
 * @returns common segments, numbered from 1
 */
export function commonSegments(answers: readonly OwnAnswer[]): CommonSegment[] {
  const common: CommonSegment[] = [];
  answers.forEach(({ annotator, segments, mask }, index) => {
    const areas = new Map(
      answers.slice(0, index).map((earlier) => [earlier.annotator, jointAreas(earlier.mask, mask)]),
    );
    const overlap = (segment: Segment, { from }: CommonSegment) =>
      from.reduce((sum, { annotator, segment: other }) => {
        const joint = areas.get(annotator);
        return sum + (joint ? iou(joint, other, segment.id) : 0);
      }, 0) / from.length;
    const score = (segment: Segment, other: CommonSegment) => {
      if (segment.category !== other.category || segment.isthing !== other.isthing) return 0;
      const mean = overlap(segment, other);
      if (!segment.isthing) return Math.max(mean, Number.EPSILON);
      return mean < leastOverlap ? 0 : mean;
    };
    const columns = assign(segments.map((segment) => common.map((other) => score(segment, other))));
    segments.forEach(({ id, category, isthing, attributes }, row) => {
      const from = { annotator, segment: id };
      const known = common[columns[row]];
      if (!known) {
        common.push({ id: common.length + 1, category, isthing, ...(attributes && { attributes }), from: [from] });
        return;
      }
      known.from.push(from);
      // The most trusted annotator comes first, and a value that is given stays.
      if (attributes) known.attributes = { ...attributes, ...known.attributes };
    });
  });
  return common;
}
