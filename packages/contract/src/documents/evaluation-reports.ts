/** Reports of evaluations: what the rows of a run say, added up with intervals; and what differs between two runs. */
import * as z from '../zod.ts';
import { interval } from './bakeoffs.ts';
import { protocols } from './evaluations.ts';

/** One variant on the images of one source. Intervals are those of means over images. */
export const evaluationEstimate = z.object({
  protocol: z.enum(protocols),
  /** As the dataset names it; empty where it names none. */
  source: z.string(),
  variant: z.string(),
  /** The varied number. */
  x: z.optional(z.number()),
  images: z.number(),
  miou: interval,
  dice: interval,
  boundary_iou: interval,
  /** Medians over all segments; null where no segment has an outline. */
  parts: z.number(),
  contour: z.nullable(z.number()),
  /** Mean over categories; null where nothing was counted. */
  pq: z.nullable(z.number()),
  corrections: z.optional(
    z.object({
      /** Corrections a segment. */
      nci: interval,
      failed_segments: z.number(),
      failed_images: z.number(),
      /** Mean shares, of a correction: right pixels that it broke, its label's error that it mended. Null where none was made. */
      breaks: z.nullable(z.number()),
      mends: z.nullable(z.number()),
      /** Mean IoU after 0, 1, 2 … corrections. */
      curve: z.array(interval),
    }),
  ),
});
export type EvaluationEstimate = z.infer<typeof evaluationEstimate>;

export const evaluationReport = z.object({
  version: z.literal(1),
  dataset: z.string(),
  estimates: z.array(evaluationEstimate),
});
export type EvaluationReport = z.infer<typeof evaluationReport>;

/** What two runs are compared by. */
export const comparedMeasures = ['miou', 'dice', 'boundary_iou', 'nci'] as const;
export type ComparedMeasure = (typeof comparedMeasures)[number];

/** One measure of one variant, over the images that both runs have it of. */
export const evaluationDifference = z.object({
  protocol: z.enum(protocols),
  source: z.string(),
  /** As the first run names it, and the second. */
  before: z.string(),
  after: z.string(),
  measure: z.enum(comparedMeasures),
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
