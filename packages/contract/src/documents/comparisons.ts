/** Two builds of one campaign or dataset compared, image by image and in all. The same bytes whoever compares them. */
import * as z from '../zod.ts';

/** Why a mask differs. `added`, `removed`: only one of the builds has the image. */
export const changeCauses = ['strokes', 'keys', 'settings', 'code', 'added', 'removed'] as const;

const area = z.object({ before: z.number(), after: z.number() });

/** Mean IoU against a mask that is known to be right, before and after. */
const judged = z.object({ before: z.number(), after: z.number() });

/** One image, a line of `comparedLinesKey`. Unchanged images are lines, too. */
export const comparedImage = z.object({
  id: z.number(),
  sha256: z.string(),
  name: z.string(),
  /** Ids of the masks; null where a build has none. `after` of a kept image is the offered one. */
  before: z.nullable(z.string()),
  after: z.nullable(z.string()),
  kept: z.optional(z.enum(['accepted', 'chosen'])),
  /** Share of the image's pixels whose segment or category is another one, 0 … 1. */
  changed: z.number(),
  why: z.array(z.enum(changeCauses)),
  pixels: z.number(),
  /** By the segments' ids, which strokes give and both masks share. Areas in pixels. */
  segments: z.array(z.extend(area, { id: z.number(), category: z.string(), iou: z.number() })),
  /** By name of the category, all its segments together; '' is the background. */
  classes: z.array(z.extend(area, { category: z.string(), both: z.number() })),
  /** Against the image's known mask, where there is one. */
  known: z.optional(judged),
  /** Against the mask that a person accepted of the same strokes, where there is one. */
  accepted: z.optional(judged),
  /** Why it could not be compared. */
  reason: z.optional(z.string()),
});
export type ComparedImage = z.infer<typeof comparedImage>;

const judgedAll = z.extend(judged, { images: z.number(), /** Whose mean IoU fell. */ worse: z.number() });

export const comparison = z.object({
  version: z.literal(1),
  /** Builds. */
  before: z.nullable(z.string()),
  after: z.string(),
  /** Compared, and of them changed at all. */
  images: z.number(),
  changed: z.number(),
  kept: z.number(),
  added: z.number(),
  removed: z.number(),
  /** Could not be compared. */
  failed: z.number(),
  /** Share of all pixels that changed, of images that are not kept. */
  share: z.number(),
  /** Images by share of changed pixels: [0], (0, 0.01], (0.01, 0.02] … (0.99, 1]. */
  histogram: z.array(z.number()),
  why: z.record(z.string(), z.number()),
  classes: z.array(
    z.extend(area, { category: z.string(), both: z.number(), /** With it before or after. */ images: z.number() }),
  ),
  known: z.nullable(judgedAll),
  accepted: z.nullable(judgedAll),
});
export type Comparison = z.infer<typeof comparison>;

/** How much worse, and how much other, masks may be before a person must look. */
export const gateThresholds = z.object({
  /** Mean IoU on known or accepted masks may fall by so much, 0 … 1. */
  worse: z.number(),
  /** Share of pixels that may change, 0 … 1. */
  changed: z.number(),
});
export type GateThresholds = z.infer<typeof gateThresholds>;

export const defaultThresholds: GateThresholds = { worse: 0.01, changed: 0.25 };

/** What the gate says of a comparison: every reason in one line of plain English. */
export const gate = z.object({
  open: z.boolean(),
  reasons: z.array(z.string()),
  thresholds: gateThresholds,
});
export type Gate = z.infer<typeof gate>;
