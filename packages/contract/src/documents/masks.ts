/** The document beside a panoptic PNG (spec/mask.md). */

import { attributeValues } from '../attributes.ts';
import { category } from '../categories.ts';
import * as z from '../zod.ts';
import { lineage } from './key-sets.ts';
import { givenOrigins } from './scribbles.ts';

export const segmentInfo = z.object({
  id: z.number(),
  category_id: z.number(),
  /** Pixels. */
  area: z.number(),
  /** [x, y, width, height] of the tightest box, pixels. */
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  iscrowd: z.literal([0, 1]),
  /** It is as the image began with it, to the pixel and in its class. */
  origin: z.optional(z.enum(givenOrigins)),
  /** And somebody took it for right. */
  accepted: z.optional(z.literal(true)),
  /** Values by name; `name` is the segment's own. */
  attributes: z.optional(attributeValues),
});
export type SegmentInfo = z.infer<typeof segmentInfo>;

export const maskDocument = z.object({
  version: z.literal(1),
  image: z.object({ file_name: z.string(), width: z.number(), height: z.number(), sha256: z.string() }),
  /** The PNG. */
  file_name: z.string(),
  segments_info: z.array(segmentInfo),
  categories: z.array(category),
  /** What the image began with, or `predicted` of a mask that nobody drew; absent where all is drawn. */
  origin: z.optional(z.enum(givenOrigins)),
  /** Something differs from that. */
  corrected: z.optional(z.literal(true)),
  /** Values of the image by name. */
  attributes: z.optional(attributeValues),
  nodes: z.object({
    height: z.number(),
    width: z.number(),
    sigma: z.optional(z.number()),
    iterations: z.number(),
    converged: z.boolean(),
  }),
  /**
   * 1 less the IoU to be expected of a segment, mean over segments, 0 … 1. Earlier versions wrote the mean over nodes of 1 less the
   * margin of the two best labels, or nothing.
   */
  uncertainty: z.optional(z.number()),
  /** What was left out, in words. */
  warnings: z.array(z.string()),
  /** Where the mask lies in a store: the keys' id, and the settings by name, those that its version knew. */
  parameters: z.optional(z.looseObject({ backbone: z.optional(z.string()) })),
  /** What the keys were made with; absent of the default backbone's own, and from documents that earlier versions made. */
  keys: z.optional(lineage),
  /** The PrelabelModel that predicted the mask from what was drawn on other images: nobody drew on this one. */
  model: z.optional(z.string()),
  /** Of several annotators together. */
  consensus: z.optional(
    z.object({
      /** Mean share of weight, 0 … 1, whose own masks call a node something else. */
      dissent: z.number(),
      annotations: z.array(z.object({ annotator: z.string(), weight: z.number() })),
    }),
  ),
});
export type MaskDocument = z.infer<typeof maskDocument>;

/** Of a consensus. */
export const consensusDocument = z.required(maskDocument, { consensus: true });
