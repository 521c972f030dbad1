/** The document beside a panoptic PNG (spec/mask.md). */

import type { AttributeValues } from '@saltworks/contract/attributes';
import type { Category } from '@saltworks/contract/categories';
import type { MaskDocument } from '@saltworks/contract/documents/masks';
import type { Segment, Stroke } from '@saltworks/contract/documents/scribbles';
import { categoriesOf, segmentsInfo } from '../mask/mask.ts';
import { maskOrigin } from '../mask/origin.ts';
import { mean } from '../metrics/mean.ts';
import { expectedIous, type NodeScores } from '../nodes/scores.ts';
import type { Seeds } from '../seeds/seeds.ts';
import type { Segmentation } from '../segment.ts';

/** What the document tells of. */
export type Solved = Omit<Segmentation, 'timings' | 'seeds'> & { seeds: Pick<Seeds, 'unseeded' | 'outside'> };

/**
 * @param names the names of the image file and of the mask's PNG, and the hash of the image
 * @param known categories that have numbers already
 * @param strokes of the drawing, where some of it may be what the image began with
 * @param attributes values of the image
 */
export function panopticDocument(
  { mask, nodes, seeds, sigma }: Solved,
  segments: readonly Segment[],
  names: { image: string; sha256: string; mask: string },
  {
    known,
    strokes = [],
    attributes,
  }: {
    known?: readonly Category[];
    strokes?: readonly Stroke[];
    attributes?: AttributeValues;
  } = {},
): MaskDocument {
  const categories = categoriesOf(segments, known);
  const { segments: same, ...begun } = maskOrigin(mask, { segments, strokes });
  const accepted = new Set(segments.filter((segment) => segment.accepted).map(({ id }) => id));
  const { h: height, w: width, iterations, converged } = nodes;
  return {
    version: 1,
    image: { file_name: names.image, width: mask.width, height: mask.height, sha256: names.sha256 },
    file_name: names.mask,
    segments_info: segmentsInfo(mask, segments, categories).map((segment) => {
      const origin = same.get(segment.id);
      return origin ? { ...segment, origin, ...(accepted.has(segment.id) && { accepted: true as const }) } : segment;
    }),
    categories,
    ...begun,
    ...(attributes && { attributes }),
    nodes: { height, width, sigma, iterations, converged },
    uncertainty: uncertaintyOf(nodes),
    warnings: [
      ...(seeds.outside ?? []).map((stroke) => `strokes[${stroke - 1}] lies outside the picture and is left out`),
      ...seeds.unseeded.map((id) => {
        const left = mask.ids.includes(id) ? 'has little more than its strokes' : 'is missing';
        return `segment ${id} has no node of its own on the ${height} × ${width} grid and ${left}; expected larger strokes, or a larger --long-side`;
      }),
    ],
  };
}

/** 1 less the IoU to be expected of a segment, mean over those that own a seed; 0 … 1, to four decimals. */
export const uncertaintyOf = (nodes: Pick<NodeScores, 'data' | 'labels'>): number =>
  Math.round(1e4 * (1 - mean(expectedIous(nodes)))) / 1e4;
