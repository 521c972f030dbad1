/** Evaluations: what a protocol measured on images with known masks. One line an image and variant; a summary for each run. */
import { extractSettings, preset } from '../options.ts';
import * as z from '../zod.ts';
import { interval } from './bakeoffs.ts';

export const protocols = [
  'strokes',
  'corrections',
  'help',
  'noise',
  'sparse',
  'one-patch',
  'layers',
  'graphs',
  'backbones',
  'upsample',
] as const;
export type ProtocolName = (typeof protocols)[number];

/** One segment of the truth against the segment of the same id. Shares from 0 to 1. */
export const segmentScore = z.object({
  id: z.number(),
  /** Name of its category; absent of the background and of regions without a name. */
  category: z.optional(z.string()),
  /** Pixels of the truth that are not ignored. */
  area: z.number(),
  iou: z.number(),
  dice: z.number(),
  /** IoU of the bands along the outlines, 2 % of the diagonal wide: Cheng et al. 2021, "Boundary IoU". */
  boundary_iou: z.number(),
  /** 4-connected parts of the prediction. */
  parts: z.number(),
  /** Length of the prediction's outline over that of the truth's, void along it closed; null where the truth has none. */
  contour: z.nullable(z.number()),
});
export type SegmentScore = z.infer<typeof segmentScore>;

/** Panoptic quality of one category in one image, as counts that add up: Kirillov et al. 2019, "Panoptic Segmentation". */
export const panopticCount = z.object({
  /** Null: regions without a name. */
  category: z.nullable(z.string()),
  matched: z.number(),
  /** Sum of the matched segments' IoU. */
  iou: z.number(),
  false_positives: z.number(),
  false_negatives: z.number(),
});
export type PanopticCount = z.infer<typeof panopticCount>;

/** What correcting one image took. */
export const correctionCounts = z.object({
  /** Mean IoU of the segments after 0, 1, 2 … corrections. */
  curve: z.array(z.number()),
  /** By segment, in the order of `segments`: the image's corrections until it first reached the bar; null if it was below at the end. */
  needed: z.array(z.nullable(z.number())),
  /** Corrections until all segments had reached the bar, or the whole budget, by the number of segments (NCI). */
  per_segment: z.number(),
  /** Whether all did. */
  sufficed: z.boolean(),
  /**
   * Of each correction since two labels were drawn: the share of right pixels that it broke, and of its label's error that it
   * mended; whether it broke more pixels than it mended of all labels, which earlier runs did not note.
   */
  effects: z.array(z.object({ breaks: z.number(), mends: z.number(), harms: z.optional(z.boolean()) })),
  /** Of images with one object: corrections until its IoU was 0.85 and 0.90; the budget where it was not (NoC). */
  noc: z.optional(z.object({ at85: z.number(), at90: z.number() })),
});
export type CorrectionCounts = z.infer<typeof correctionCounts>;

/** What the hints of the annotators' page did on one image. */
export const helpCounts = z.object({
  /** Mean IoU of the segments after 0, 1, 2 … strokes, and what the node scores let expect of it (`expectedIous`). */
  curve: z.optional(z.array(z.number())),
  expected: z.optional(z.array(z.number())),
  /** Right strokes and those of them that were suspect; wrong strokes planted one at a time, found, and right ones suspect beside them. */
  strokes: z.optional(
    z.object({
      right: z.number(),
      alarms: z.number(),
      planted: z.number(),
      found: z.number(),
      mistaken: z.number(),
    }),
  ),
});
export type HelpCounts = z.infer<typeof helpCounts>;

/**
 * The nodes that an annotator labelled, as the paper counts them (Tables 2 and 3): right ones lie in a segment of the category,
 * wrong ones elsewhere; `total` counts all nodes that truly are of it.
 */
export const patchCount = z.object({
  category: z.nullable(z.string()),
  right: z.number(),
  wrong: z.number(),
  total: z.number(),
});
export type PatchCount = z.infer<typeof patchCount>;

/** A line of results: one image under one variant. */
export const evaluationRow = z.object({
  /** Stem of the image's file. */
  image: z.string(),
  /** As the dataset names it; empty where it names none. */
  source: z.string(),
  protocol: z.enum(protocols),
  /** What tells it from the protocol's other variants, such as "best", "paper, p = 0.3" or "layer 9, value". */
  variant: z.string(),
  /** The varied number, for plots; absent where variants are no scale. */
  x: z.optional(z.number()),
  /** Chose what chance chose. */
  seed: z.number(),
  segments: z.array(segmentScore),
  panoptic: z.array(panopticCount),
  corrections: z.optional(correctionCounts),
  patches: z.optional(z.array(patchCount)),
  help: z.optional(helpCounts),
});
export type EvaluationRow = z.infer<typeof evaluationRow>;

/**
 * Means over images of the means over an image's segments; of parts and contour medians over all segments; of PQ the mean over
 * categories, each counted over all images.
 */
export const evaluationFigures = z.object({
  images: z.number(),
  miou: z.number(),
  dice: z.number(),
  boundary_iou: z.number(),
  parts: z.number(),
  /** Null where nothing has one. */
  contour: z.nullable(z.number()),
  pq: z.nullable(z.number()),
  /** Of corrections: a segment, mean over images; segments and images that stayed below the bar. */
  nci: z.optional(z.number()),
  failed_segments: z.optional(z.number()),
  failed_images: z.optional(z.number()),
  /** Mean share of right pixels that a correction broke, of each image's first eight. */
  collateral: z.optional(z.number()),
  /** Of the same corrections: mean share of their label's error that they mended, and the share that broke more than they mended. */
  mends: z.optional(z.number()),
  harms: z.optional(z.number()),
  /** NoC@85 and NoC@90: means over images with one object. */
  noc85: z.optional(z.number()),
  noc90: z.optional(z.number()),
  /** Of predictions: their correlation with the IoU, and the mean difference, over all states of all images. */
  correlation: z.optional(z.number()),
  error: z.optional(z.number()),
  /** Of planted strokes: the share that is suspect; suspects that are wrong, of all; right strokes that are suspect, of all. */
  recall: z.optional(z.number()),
  precision: z.optional(z.number()),
  alarms: z.optional(z.number()),
});
export type EvaluationFigures = z.infer<typeof evaluationFigures>;

/** Means that have an interval: 95 %, by the bootstrap over images. */
export const evaluationMeans = ['miou', 'dice', 'boundary_iou', 'nci'] as const;
export type EvaluationMean = (typeof evaluationMeans)[number];

/** What a run found: the rows of each protocol and variant, summed up over all images and by source. */
export const evaluationSummary = z.object({
  version: z.literal(1),
  figures: z.array(
    z.object({
      protocol: z.enum(protocols),
      variant: z.string(),
      x: z.optional(z.number()),
      /** Null: of all sources together. */
      source: z.nullable(z.string()),
      figures: evaluationFigures,
      intervals: z.partialRecord(z.enum(evaluationMeans), interval),
    }),
  ),
  /** Images that a protocol failed on. */
  failures: z.array(z.object({ protocol: z.enum(protocols), image: z.string(), reason: z.string() })),
});
export type EvaluationSummary = z.infer<typeof evaluationSummary>;

/** What a run is of: the same settings on the same bytes give the same results. */
export const evaluationPlan = z.object({
  version: z.literal(1),
  /** Version of the code that makes masks. */
  code: z.number(),
  /** The folder's own name. */
  dataset: z.string(),
  protocols: z.array(z.enum(protocols)),
  backbone: z.string(),
  preset,
  /** Those that protocol `backbones` compares; else empty. */
  backbones: z.array(z.string()),
  budget: z.number(),
  bar: z.number(),
  seed: z.number(),
  /** Other methods that are measured beside, by name. */
  peers: z.array(z.string()),
  /** By name. The hash is that of the image, its known mask and its strokes. */
  images: z.array(z.object({ name: z.string(), source: z.string(), sha256: z.string() })),
  /** Images of the dataset that cannot be used. */
  left_out: z.array(z.object({ name: z.string(), reason: z.string() })),
});
export type EvaluationPlan = z.infer<typeof evaluationPlan>;

/** How long a run's protocols took, all tries together: the only file of a run that differs when it is made again. */
export const evaluationTimings = z.object({
  version: z.literal(1),
  /** Of wall-clock time, with the extraction of keys that were not there. */
  seconds: z.partialRecord(z.enum(protocols), z.number()),
});
export type EvaluationTimings = z.infer<typeof evaluationTimings>;

/**
 * Which segments of a known mask count.
 *
 * `big-things`: things of at least 0.5 % of the picture, crowds apart; everything else listed is background. What no segment
 * covers is void, which does not count.
 *
 * `regions`: every segment. So it is where all segments of a picture share one category that never occurs beside another, and
 * together cover the picture: the category names nothing.
 *
 * `instances`: every thing, however small; everything else is background. So it is where a document lists things alone, and
 * leaves pixels of most pictures to nobody: there is no void, since then nothing would be background.
 */
export const countings = ['big-things', 'regions', 'instances'] as const;
export type Counting = (typeof countings)[number];

/**
 * An evaluation of a dataset in a store, named by its content: what workers are told beside the images. Its images are
 * EvaluatedImages, in parts.
 */
export const datasetEvaluation = z.object({
  version: z.literal(1),
  id: z.string(),
  ...z.pick(evaluationPlan, { code: true, dataset: true, protocols: true, preset: true, backbones: true }).shape,
  ...z.pick(evaluationPlan, { budget: true, bar: true, seed: true, left_out: true }).shape,
  /** What the backbone's keys are made with. */
  extract: extractSettings,
  images: z.number(),
  parts: z.number(),
  /** Hex sha256 of all lines of its images. */
  lines: z.string(),
});
export type DatasetEvaluation = z.infer<typeof datasetEvaluation>;

/** One line of a part. */
export const evaluatedImage = z.object({
  /** Place in the order of rows, from 0. */
  at: z.number(),
  /** Stem of the image's file, as rows name it. */
  name: z.string(),
  source: z.string(),
  /** Of the image's bytes. */
  sha256: z.string(),
  /** Where its bytes are. */
  object: z.string(),
  /** Of its known mask, which an import may replace. */
  known: z.string(),
  counting: z.enum(countings),
  /** Strokes that were kept for it, or a robot's; absent where nothing was drawn. */
  strokes: z.optional(
    z.union([z.object({ sha256: z.string(), extension: z.enum(['.json', '.png']) }), z.literal('simulated')]),
  ),
});
export type EvaluatedImage = z.infer<typeof evaluatedImage>;

/** What one protocol found on one image. */
export const evaluationOutcome = z.object({
  version: z.literal(1),
  /** Hash of the image, its known mask and its strokes; absent where they cannot be used: the image is left out. */
  sha256: z.optional(z.string()),
  rows: z.array(evaluationRow),
  /** Why there are no rows, and whether it would be the same another time. */
  failure: z.optional(z.object({ reason: z.string(), permanent: z.boolean() })),
});
export type EvaluationOutcome = z.infer<typeof evaluationOutcome>;
