/** Guided upsampling in an arena, by kernels/guided-filter.ts: the twin of refine/guided-filter.ts. */
import type { GuidedOptions } from '@saltworks/contract/options';
import type { Address, Arena } from '../../arena/arena.ts';
import type { RgbImage } from '../../image/image.ts';
import { type Grid, linearRows, type Rows, rowsInBlock } from './pixels.ts';

/** An image, and the address of its bytes. */
export type Sized = RgbImage & { pixels: Address };

/** What fits of an image's windows need: it depends on the image alone. */
export interface ColourWindows {
  image: Sized;
  radius: number;
  /** `[height, width, 4, 4]`, as `invertCovariances` writes it. */
  fits: Address;
}

/** @param image at the smaller size @param scale its share of the image's own */
export function colourWindows(
  arena: Arena,
  image: Sized,
  { radius: wanted, epsilon }: GuidedOptions,
  scale: number,
): ColourWindows {
  const { kernels } = arena;
  const n = image.width * image.height;
  const radius = Math.max(1, Math.round(wanted * scale));
  const fits = arena.reserve(64 * n);
  const mark = arena.mark();
  const moments = arena.reserve(48 * n);
  kernels.colourMoments(image.pixels, n, moments);
  windowMeans(arena, moments, image, 3, radius);
  kernels.invertCovariances(moments, n, epsilon, fits);
  arena.release(mark);
  return { image, radius, fits };
}

/** @param values `[height, width, vectors, 4]`, replaced by their means */
function windowMeans(
  arena: Arena,
  values: Address,
  { width, height }: RgbImage,
  vectors: number,
  radius: number,
): void {
  const mark = arena.mark();
  const scratch = arena.reserve(16 * width * vectors * (2 * radius + 1 + 2) + 8 * width);
  arena.kernels.windowMeans(values, width, height, vectors, radius, scratch);
  arena.release(mark);
}

/**
 * Guided upsampling of the first `count` values of each vector.
 *
 * @param values at the windows' size
 * @param image at its own size
 */
export function guidedRows(
  arena: Arena,
  { image: small, radius, fits }: ColourWindows,
  { data, h, w, c }: Grid,
  count: number,
  { width, height, pixels }: Sized,
): Rows {
  const { kernels } = arena;
  const functions = { data: arena.reserve(16 * h * w * count), h, w, c: 4 * count };
  kernels.timesColours(data, c, count, small.pixels, h * w, functions.data);
  windowMeans(arena, functions.data, small, count, radius);
  kernels.fitColours(fits, h * w, count, functions.data);
  windowMeans(arena, functions.data, small, count, radius);
  const interpolated = linearRows(arena, functions, height, width);
  const block = arena.reserve(16 * rowsInBlock * width * count);
  return (y0, y1, out) => {
    interpolated(y0, y1, block);
    kernels.applyColours(block, pixels + 3 * y0 * width, (y1 - y0) * width, count, out);
  };
}
