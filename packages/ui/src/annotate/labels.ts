/** Labels of an image, and how to read them from the server's mask. */
import { bytes } from '../api.ts';
import type { Step } from '../traces.ts';
import { pixelsOf } from './pixels.ts';

/** Labels of an image, at any size. */
export interface Labels {
  /** The number of interactions that they answer. */
  n: number;
  width: number;
  height: number;
  /** Segment ids, row-major. */
  ids: Uint32Array;
}

/** Segment ids of a panoptic PNG: R + 256·G + 65536·B. @throws ApiError */
export async function readMask(path: string, n = 0, step?: Step): Promise<Labels> {
  const {
    rgba: data,
    width,
    height,
  } = await pixelsOf(new Blob([await bytes(path, 0, { step })], { type: 'image/png' }));
  return { n, width, height, ids: idsOf(data) };
}

/** @param rgba pixels of a panoptic PNG */
export function idsOf(rgba: Uint8ClampedArray): Uint32Array {
  const ids = new Uint32Array(rgba.length / 4);
  for (let i = 0, o = 0; i < ids.length; i++, o += 4) ids[i] = rgba[o] + 256 * rgba[o + 1] + 65_536 * rgba[o + 2];
  return ids;
}

/** The segment at a place. @param size the image's size, in whose pixels places are given */
export function idAt(
  { ids, width, height }: Labels,
  size: { width: number; height: number },
  { x, y }: { x: number; y: number },
): number {
  const at = (place: number, from: number, to: number) =>
    Math.min(to - 1, Math.max(0, Math.floor((place * to) / from)));
  return ids[at(y, size.height, height) * width + at(x, size.width, width)];
}
