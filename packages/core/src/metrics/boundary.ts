/**
 * Boundary IoU: the overlap of two segments along their outlines. Cheng, Girshick, Dollár, Berg, Kirillov 2021, "Boundary IoU:
 * Improving Object-Centric Image Segmentation Evaluation".
 */
import type { Mask } from '../mask/mask.ts';
import { depths } from './depths.ts';
import { iou, type JointAreas, jointAreas } from './joint-areas.ts';

/** The id of pixels inside a segment and off its band; no id of a panoptic PNG. */
const inside = 0x1000000;

/** Pixels across a band: 2 % of the image's diagonal, rounded as Python rounds (halves to even), and at least 1. */
export function bandWidth({ width, height }: { width: number; height: number }, share = 0.02): number {
  const exact = share * Math.sqrt(width * width + height * height);
  const floor = Math.floor(exact);
  const up = exact - floor > 0.5 || (exact - floor === 0.5 && floor % 2 === 1);
  return Math.max(1, up ? floor + 1 : floor);
}

/**
 * The inner bands of all segments at once: pixels that `band` erosions of their segment by a 3 × 3 square take away. What lies
 * beyond the image's border belongs to no segment.
 *
 * @returns ids within the bands, and 2²⁴ elsewhere
 */
export function innerBands(mask: Mask, band: number): Mask {
  const depth = depths(mask, band + 1);
  return { ...mask, ids: mask.ids.map((id, i) => (depth[i] <= band ? id : inside)) };
}

/** Pixels that the bands of two masks share, `bandWidth` wide. @throws InvalidInputError if the masks differ in size */
export function bandAreas(a: Mask, b: Mask, ignore?: Uint8Array): JointAreas {
  const band = bandWidth(a);
  return jointAreas(innerBands(a, band), innerBands(b, band), ignore);
}

/** The IoU of the bands of a segment of a and one of b; 1 if all of both is ignored. @param areas of `bandAreas` */
export const boundaryIou = (areas: JointAreas, i: number, j: number): number =>
  areas.a.has(i) || areas.b.has(j) ? iou(areas, i, j) : 1;
