/** Preprocesses images in threads, beside inference. */
import type { RgbImage } from '@saltworks/core/image/image';
import { answerJobs } from '../threads/thread.ts';
import { type PreprocessOptions, preprocess, preprocessForStride, preprocessOverlapping } from './preprocess.ts';

/** How keys of the ×2 grid are computed, not interpolated: by four shifted passes, or by half the stride in one. */
export type Doubling = 'overlap' | 'stride';

export interface PreprocessJob {
  image: RgbImage;
  options: PreprocessOptions;
  doubling?: Doubling;
}

/** One view of an image, or four shifted ones for `overlap`, each `[3, height, width]`. */
export interface Views {
  data: Float32Array[];
  width: number;
  height: number;
  /** The view is for a patch embedding of half the stride. */
  halfStride: boolean;
}

answerJobs<PreprocessJob, Views>(async ({ image, options, doubling }) => {
  const views = viewsOf(image, options, doubling);
  const [{ width, height }] = views;
  const data = views.map((view) => view.data);
  const result = { data, width, height, halfStride: doubling === 'stride' };
  return { result, move: data.map(({ buffer }) => buffer) };
});

function viewsOf(image: RgbImage, options: PreprocessOptions, doubling: Doubling | undefined) {
  if (doubling === 'overlap') return preprocessOverlapping(image, options);
  return [doubling === 'stride' ? preprocessForStride(image, options) : preprocess(image, options)];
}
