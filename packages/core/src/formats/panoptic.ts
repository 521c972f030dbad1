/** The document beside a panoptic PNG (spec/mask.md). */
import { type Category, categoriesOf, type SegmentInfo, segmentsInfo } from '../mask.ts';
import type { Segmentation } from '../segment.ts';
import type { Segment } from './scribbles.ts';

export interface PanopticDocument {
  version: 1;
  image: { file_name: string; width: number; height: number; sha256: string };
  /** The PNG. */
  file_name: string;
  segments_info: SegmentInfo[];
  categories: Category[];
  nodes: { height: number; width: number; sigma?: number; iterations: number; converged: boolean };
  /** What was left out, in words. */
  warnings: string[];
}

/** @param names the image file and the PNG that this describes */
export function panopticDocument(
  { mask, nodes, seeds, sigma }: Omit<Segmentation, 'timings'>,
  segments: readonly Segment[],
  names: { image: string; sha256: string; mask: string },
): PanopticDocument {
  const categories = categoriesOf(segments);
  const { h: height, w: width, iterations, converged } = nodes;
  return {
    version: 1,
    image: { file_name: names.image, width: mask.width, height: mask.height, sha256: names.sha256 },
    file_name: names.mask,
    segments_info: segmentsInfo(mask, segments, categories),
    categories,
    nodes: { height, width, sigma, iterations, converged },
    warnings: seeds.unseeded.map(
      (id) =>
        `segment ${id} has no node of its own on the ${height} × ${width} grid and is missing; expected larger strokes, or a larger --long-side`,
    ),
  };
}
