/**
 * Bake-offs: variants of backbone, layer and settings, tried on a sample of a campaign's or dataset's drawn images. Named by
 * all that is tried, so that a repeated request finds what is there. Only seconds are as they were measured.
 */
import { facets, presetNames } from '../kinds.ts';
import { codec, segmentChanges } from '../options.ts';
import * as z from '../zod.ts';
import { subject } from './builds.ts';

/** Version of the judgement. Raised when the same masks would be judged otherwise than before. */
export const judgeVersion = 1;

export const bakeoffVariant = z.object({
  /** As it is shown: what tells it from the others. */
  name: z.string(),
  /** Id of its keys. */
  keys: z.string(),
  extract: z.looseObject({
    backbone: z.string(),
    layer: z.optional(z.number()),
    facet: z.enum(facets),
    longSide: z.optional(z.number()),
    codec: z.optional(codec),
  }),
  preset: z.enum(presetNames),
  /** What differs from the preset: the campaign's own settings. */
  solve: segmentChanges,
});
export type BakeoffVariant = z.infer<typeof bakeoffVariant>;

/** An image of the sample, and what was drawn on it. */
export const bakeoffImage = z.object({
  id: z.number(),
  sha256: z.string(),
  name: z.string(),
  object: z.string(),
  /** sha256 of the strokes: `strokesKey` names the copy that is kept. */
  strokes: z.string(),
  extension: z.enum(['.json', '.png']),
  /** Its mask is known; which one, since an import may replace it. */
  known: z.optional(z.string()),
  /** Id of the mask of these strokes that a person accepted in review. */
  accepted: z.optional(z.string()),
});
export type BakeoffImage = z.infer<typeof bakeoffImage>;

export const bakeoffPlan = z.object({
  version: z.literal(1),
  /** The first 16 digits of the sha256 of the fields below. */
  id: z.string(),
  subject,
  dataset: z.string(),
  /** `judgeVersion` of the time. */
  code: z.number(),
  /** Chooses the sample. */
  seed: z.number(),
  /** The others are compared with the first. */
  variants: z.array(bakeoffVariant),
  /** In the order of their ids. */
  images: z.array(bakeoffImage),
  /** Names of the campaign's categories; empty of a dataset. */
  classes: z.array(z.string()),
  /** What a full run would go through. */
  whole: z.object({
    images: z.number(),
    /** With strokes. */
    drawn: z.number(),
    shards: z.number(),
  }),
});
export type BakeoffPlan = z.infer<typeof bakeoffPlan>;

/** What the keys of some images of the sample took. */
export const bakeoffKeys = z.object({
  version: z.literal(1),
  images: z.array(
    z.object({
      id: z.number(),
      /** Of the keys' file. */
      bytes: z.number(),
      /** They were there already. */
      cached: z.boolean(),
    }),
  ),
  /** Images that went through the backbone under a clock, warmed up, and the seconds that it took in all. */
  timed: z.number(),
  seconds: z.number(),
  /** Where: cpu, cuda …; and by which numbers. Null where no inference was needed. */
  device: z.nullable(z.string()),
  precision: z.nullable(z.string()),
  failures: z.array(z.object({ id: z.number(), reason: z.string() })),
});
export type BakeoffKeys = z.infer<typeof bakeoffKeys>;

/** How good one image's masks are with one variant; shares from 0 to 1. */
export const judgedImage = z.object({
  id: z.number(),
  /** Mean IoU with the known mask, and with the accepted one. */
  known: z.optional(z.number()),
  accepted: z.optional(z.number()),
  /** Strokes held out one by one; absent where none can be. */
  held: z.optional(
    z.object({
      strokes: z.number(),
      /** Mean share of a stroke's pixels that get its label. */
      pixels: z.number(),
      /** Share of strokes most of whose pixels do. */
      labels: z.number(),
    }),
  ),
  /** Seconds of one core for one mask, and the bytes of its file. */
  seconds: z.number(),
  bytes: z.number(),
});
export type JudgedImage = z.infer<typeof judgedImage>;

export const bakeoffMasks = z.object({
  version: z.literal(1),
  images: z.array(judgedImage),
  failures: z.array(z.object({ id: z.number(), reason: z.string() })),
});
export type BakeoffMasks = z.infer<typeof bakeoffMasks>;

/** A mean, and between which bounds it lies with 95 % confidence. */
export const interval = z.object({ mean: z.number(), low: z.number(), high: z.number() });
export type Interval = z.infer<typeof interval>;

/** A measure of one variant, over images that every variant has it of. */
const measured = z.object({
  images: z.number(),
  value: interval,
  /** To the first variant, image by image. */
  difference: interval,
});
export type Measured = z.infer<typeof measured>;

/** What a variant is judged by. */
export const bakeoffMeasures = ['known', 'accepted', 'pixels', 'labels'] as const;
export type BakeoffMeasure = (typeof bakeoffMeasures)[number];

export const bakeoffResult = z.object({
  name: z.string(),
  keys: z.string(),
  /** Null where no image has what they are measured by. */
  known: z.nullable(measured),
  accepted: z.nullable(measured),
  pixels: z.nullable(measured),
  labels: z.nullable(measured),
  /** Keys that were computed for the sample, now in the store; and those of the sample that were there before. */
  sample: z.object({ made: z.number(), cached: z.number(), bytes: z.number() }),
  /** Images of the dataset that have these keys from a full run. */
  there: z.number(),
  cost: z.object({
    /** Seconds of inference an image; null where no image could be timed. */
    inference: z.nullable(z.number()),
    device: z.nullable(z.string()),
    precision: z.nullable(z.string()),
    /** Seconds of one core a mask. */
    mask: z.nullable(z.number()),
    /** Bytes of an image's keys, and of its mask. */
    keyBytes: z.nullable(z.number()),
    maskBytes: z.nullable(z.number()),
  }),
});
export type BakeoffResult = z.infer<typeof bakeoffResult>;

export const bakeoffReport = z.object({
  version: z.literal(1),
  bakeoff: z.string(),
  /** Of the sample, and of them judged with every variant. */
  images: z.number(),
  judged: z.number(),
  /** Held out, over all images. */
  strokes: z.number(),
  variants: z.array(bakeoffResult),
  failures: z.array(z.object({ variant: z.string(), image: z.string(), reason: z.string() })),
});
export type BakeoffReport = z.infer<typeof bakeoffReport>;
