/** Preprocesses images in threads, beside inference. */
import type { RgbImage } from '@saltworks/core/image/image';
import { answerJobs } from '../threads/thread.ts';
import { type PreprocessOptions, preprocess, preprocessOverlapping } from './preprocess.ts';

export interface PreprocessJob {
  image: RgbImage;
  options: PreprocessOptions;
  overlap: boolean;
}

/** One view of an image, or four shifted ones for `overlap`, each `[3, height, width]`. */
export interface Views {
  data: Float32Array[];
  width: number;
  height: number;
}

answerJobs<PreprocessJob, Views>(async ({ image, options, overlap }) => {
  const views = overlap ? preprocessOverlapping(image, options) : [preprocess(image, options)];
  const [{ width, height }] = views;
  const data = views.map((view) => view.data);
  return { result: { data, width, height }, move: data.map(({ buffer }) => buffer) };
});
