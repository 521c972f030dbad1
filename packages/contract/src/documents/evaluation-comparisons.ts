/** What differs between two evaluations of the same images. */
import * as z from '../zod.ts';
import { interval } from './bakeoffs.ts';
import { evaluationMeans, protocols } from './evaluations.ts';

/** One measure of one variant, over the images that both runs have it of. */
export const evaluationDifference = z.object({
  protocol: z.enum(protocols),
  source: z.string(),
  /** As the first run names it, and the second. */
  before: z.string(),
  after: z.string(),
  measure: z.enum(evaluationMeans),
  images: z.number(),
  /** Means. */
  values: z.object({ before: z.number(), after: z.number() }),
  /** After less before, image by image. */
  difference: interval,
  /** Images that gained, and that lost. */
  better: z.number(),
  worse: z.number(),
});
export type EvaluationDifference = z.infer<typeof evaluationDifference>;

/** Mean IoU of an image, of the protocol's first variant. */
export const changedImage = z.object({
  protocol: z.enum(protocols),
  image: z.string(),
  source: z.string(),
  before: z.number(),
  after: z.number(),
});
export type ChangedImage = z.infer<typeof changedImage>;

export const evaluationComparison = z.object({
  version: z.literal(1),
  dataset: z.string(),
  /** Backbone and preset of each run. */
  before: z.object({ backbone: z.string(), preset: z.string() }),
  after: z.object({ backbone: z.string(), preset: z.string() }),
  differences: z.array(evaluationDifference),
  /** All images, the most changed first. */
  images: z.array(changedImage),
});
export type EvaluationComparison = z.infer<typeof evaluationComparison>;
