/** Resizes and normalises images for a backbone. */
import { normalise, type RgbImage, resizeBicubic, shiftImage, workingSize } from '@saltworks/core/image/image';

/** `[3, height, width]` float32, both sides multiples of the patch. */
export interface Pixels {
  data: Float32Array;
  width: number;
  height: number;
}

export interface PreprocessOptions {
  /** Side of a patch, pixels. */
  patch: number;
  /** Long side of the result, pixels; `native` keeps the image's own size, rounded to the patch. */
  longSide: number | 'native';
  /** Height and width of the result whatever the image's are, for a backbone that takes no others. */
  size?: readonly number[];
  /** Mean and standard deviation of r, g, b in 0 … 1. */
  mean: readonly number[];
  std: readonly number[];
}

/** Resizes to the working size and normalises. */
export function preprocess(image: RgbImage, options: PreprocessOptions): Pixels {
  const { mean, std } = options;
  const { width, height } = sizeFor(image, options);
  return { data: normalise(resizeBicubic(image, width, height), mean, std), width, height };
}

/**
 * Makes four shifted views of one size, whose patches together lie at the centres of the ×2 grid: a quarter patch left and
 * right, up and down (−⌈p/4⌉, then half a patch further), in the order that `interleaveKeys` takes.
 */
export function preprocessOverlapping(image: RgbImage, options: PreprocessOptions): Pixels[] {
  const { patch, mean, std } = options;
  const { width, height } = sizeFor(image, options);
  const resized = resizeBicubic(image, width, height);
  const near = -Math.ceil(patch / 4);
  const far = near + Math.floor(patch / 2);
  return [near, far].flatMap((dy) =>
    [near, far].map((dx) => ({ data: normalise(shiftImage(resized, dx, dy), mean, std), width, height })),
  );
}

/**
 * Makes one view, half a patch larger each way, for a patch embedding of half the stride: its patches lie where those of
 * `preprocessOverlapping` do.
 */
export function preprocessForStride(image: RgbImage, options: PreprocessOptions): Pixels {
  const { patch, mean, std } = options;
  const size = sizeFor(image, options);
  const [width, height] = [size.width + patch / 2, size.height + patch / 2];
  const near = -Math.ceil(patch / 4);
  const shifted = shiftImage(resizeBicubic(image, size.width, size.height), near, near, { width, height });
  return { data: normalise(shifted, mean, std), width, height };
}

function sizeFor({ width, height }: RgbImage, { patch, longSide, size }: PreprocessOptions) {
  return size ? { height: size[0], width: size[1] } : workingSize(width, height, patch, longSide);
}
