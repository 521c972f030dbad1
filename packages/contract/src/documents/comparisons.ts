/** Two builds of one campaign or dataset compared, image by image and in all. The same bytes whoever compares them. */
import * as z from '../zod.ts';

/**
 * Why a mask differs. `backbone` to `codec`: what its keys are made with; `backbone` too where the file under its name is another
 * one. `settings`: of the solve. `added`, `removed`: only one of the builds has the image.
 */
export const changeCauses = [
  ...(['strokes', 'backbone', 'layer', 'facet', 'size', 'codec', 'settings', 'code'] as const),
  ...(['added', 'removed'] as const),
] as const;
export type ChangeCause = (typeof changeCauses)[number];

const area = z.object({ before: z.number(), after: z.number() });

/** Mean IoU against a mask that is known to be right, before and after. */
const judged = z.object({ before: z.number(), after: z.number() });

/**
 * One image, a line of `comparedLinesKey`. Unchanged images are lines, too. Segments are matched by id and category: strokes give
 * both, and both masks share them.
 */
export const comparedImage = z.object({
  id: z.number(),
  sha256: z.string(),
  name: z.string(),
  /** Ids of the masks; null where a build has none. Of an image that `after` keeps, the mask that it offers, if it does. */
  before: z.nullable(z.string()),
  after: z.nullable(z.string()),
  kept: z.optional(z.enum(['accepted', 'chosen'])),
  /** Share of the image's pixels whose segment or category is another one, 0 … 1. 1 where only one build has the image. */
  changed: z.number(),
  /** Mean IoU of its segments: one that only one mask has counts 0. 1 where neither has any. */
  iou: z.number(),
  why: z.array(z.enum(changeCauses)),
  pixels: z.number(),
  /** Areas in pixels; 0 where a mask lacks the segment. */
  segments: z.array(z.extend(area, { id: z.number(), category: z.string(), iou: z.number() })),
  /** By name of the category, all its segments together; '' is the background. */
  classes: z.array(z.extend(area, { category: z.string(), both: z.number() })),
  /** Against the image's known mask, where there is one; `truth` tells which. */
  known: z.optional(z.extend(judged, { truth: z.string() })),
  /** Why its known mask says nothing of it. */
  unjudged: z.optional(z.string()),
  /**
   * Against the mask that a person accepted, of an image that `after` keeps for it: the masks that both builds offer instead. Absent
   * where the build of before offered none: its mask is the accepted one, and would always be right.
   */
  accepted: z.optional(judged),
  /** Why it could not be compared: all figures are 0. */
  reason: z.optional(z.string()),
});
export type ComparedImage = z.infer<typeof comparedImage>;

const judgedAll = z.extend(judged, { images: z.number(), /** Whose mean IoU fell. */ worse: z.number() });

export const comparison = z.object({
  version: z.literal(1),
  /** Builds. */
  before: z.nullable(z.string()),
  after: z.string(),
  /** Whose masks were compared; of them those of which a pixel changed, without those that `after` keeps; and these. */
  images: z.number(),
  changed: z.number(),
  kept: z.number(),
  added: z.number(),
  removed: z.number(),
  /** Could not be compared. */
  failed: z.number(),
  /** Share of all pixels that changed. This and what follows is of compared images that are not kept. */
  share: z.number(),
  /** Mean of the images' mean IoU. */
  iou: z.number(),
  /** Images by share of changed pixels: [0], (0, 0.01], (0.01, 0.02] … (0.99, 1]. */
  histogram: z.array(z.number()),
  /** Images by cause, those that were added or removed as well. An image may have several. */
  why: z.record(z.string(), z.number()),
  classes: z.array(
    z.extend(area, { category: z.string(), both: z.number(), /** With it before or after. */ images: z.number() }),
  ),
  /** Of kept images, too: of the masks that they offer. */
  known: z.nullable(judgedAll),
  accepted: z.nullable(judgedAll),
  /** How far the masks that kept images offer differ from those of before: share of pixels, and mean IoU. Null where none is. */
  offered: z.nullable(z.object({ images: z.number(), share: z.number(), iou: z.number() })),
});
export type Comparison = z.infer<typeof comparison>;

/** How much worse, and how much other, masks may be before a person must look. */
export const gateThresholds = z.object({
  /** Mean IoU on known or accepted masks may fall by so much, 0 … 1. */
  worse: z.number(),
  /**
   * Segments may change by so much, 0 … 1: 1 − their mean IoU with what they were; of kept images, between what is kept and what is
   * offered. Of pixels, a larger share changes where objects are large, however good the masks.
   */
  changed: z.number(),
});
export type GateThresholds = z.infer<typeof gateThresholds>;

/**
 * Chosen so that random weights are held, with known masks and without, and another good layer or an int8 model are not
 * (`node bench/gate.mjs`).
 */
export const defaultThresholds: GateThresholds = { worse: 0.01, changed: 0.15 };

/** What the gate says of a comparison: every reason in one line of plain English. */
export const gate = z.object({
  open: z.boolean(),
  reasons: z.array(z.string()),
  thresholds: gateThresholds,
});
export type Gate = z.infer<typeof gate>;
