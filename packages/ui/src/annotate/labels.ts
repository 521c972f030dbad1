/** Labels of a picture, and those of a mask that the server has. */
import { bytes } from '../api.ts';
import { pixelsOf } from './pixels.ts';

/** Labels of the picture, of whatever size they are. */
export interface Labels {
  /** Of how many interactions they are the answer. */
  n: number;
  width: number;
  height: number;
  /** Segment ids, row-major. */
  ids: Uint32Array;
}

/** Segment ids of a panoptic PNG: R + 256·G + 65536·B. @throws ApiError */
export async function readMask(path: string, n = 0): Promise<Labels> {
  const { rgba: data, width, height } = await pixelsOf(new Blob([await bytes(path)], { type: 'image/png' }));
  const ids = new Uint32Array(width * height);
  for (let i = 0, o = 0; i < ids.length; i++, o += 4) ids[i] = data[o] + 256 * data[o + 1] + 65_536 * data[o + 2];
  return { n, width, height, ids };
}
