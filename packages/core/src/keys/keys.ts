/**
 * Keys: the vectors that attention compares at one layer of a Vision Transformer, one a patch.
 *
 * h × w is the patch grid (rows × columns), d the dimension with heads merged. The graph joins nodes: the patches
 * themselves, or the ×2 grid of 2h × 2w between them.
 */
import { interpolateLinear } from '../image/interpolate.ts';

/** float32 `[h, w, d]`, row-major, prefix tokens dropped. */
export interface Keys {
  data: Float32Array;
  h: number;
  w: number;
  d: number;
  /** The dimension of the backbone's keys, where these are coordinates along d of their directions; else d. */
  space?: number;
}

/** The keys of the ×2 grid: linear interpolation between patches, half-pixel centres, clamped at the border. */
export function doubleKeys({ data, h, w, d, ...rest }: Keys): Keys {
  return { data: interpolateLinear(data, h, w, d, 2 * h, 2 * w), h: 2 * h, w: 2 * w, d, ...rest };
}

/**
 * The keys of the ×2 grid, measured instead of interpolated: four passes over the image, shifted by a quarter patch up or
 * down and left or right, fill every other node each.
 *
 * @param passes keys of the h × w grid each, in the order (up, left), (up, right), (down, left), (down, right)
 */
export function interleaveKeys(passes: readonly Keys[]): Keys {
  const { h, w, d } = passes[0];
  const data = new Float32Array(4 * h * w * d);
  passes.forEach((pass, index) => {
    const dy = index >> 1;
    const dx = index & 1;
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const node = (2 * y + dy) * 2 * w + 2 * x + dx;
        data.set(pass.data.subarray((y * w + x) * d, (y * w + x + 1) * d), node * d);
      }
    }
  });
  return { data, h: 2 * h, w: 2 * w, d };
}
