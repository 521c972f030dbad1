/** A known mask, or one that was made, as regions: what a campaign's images may begin with, kept where servers read it without decoding a picture. */
import { attributeValues } from '../attributes.ts';
import * as z from '../zod.ts';

export const knownRegions = z.object({
  version: z.literal(1),
  /** Of the mask, pixels. */
  width: z.number(),
  height: z.number(),
  /** Those with pixels, in the order of the mask's document. */
  segments: z.array(
    z.object({
      /** The name of its category. */
      category: z.string(),
      /** Run lengths (`run-lengths.ts`). */
      region: z.array(z.number()),
      /** Values by name; `name` is the segment's own. */
      attributes: z.optional(attributeValues),
    }),
  ),
});
export type KnownRegions = z.infer<typeof knownRegions>;
