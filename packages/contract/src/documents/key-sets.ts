/** What all keys of one id were made with: the lineage of masks that draw on them. */
import { facets } from '../kinds.ts';
import * as z from '../zod.ts';

/** What tells keys apart, besides their images. */
export const lineage = z.object({
  /** Name of the backbone. */
  backbone: z.string(),
  /** Of the backbone's file, hex. */
  sha256: z.string(),
  /** Attention layer, from 0. */
  layer: z.number(),
  facet: z.enum(facets),
  /** Pixels of an image's longer side, as the backbone saw it; absent: the backbone's own. */
  long_side: z.optional(z.number()),
  /** How they are kept. */
  codec: z.string(),
});
export type Lineage = z.infer<typeof lineage>;

export const keySet = z.extend(lineage, { version: z.literal(1) });
export type KeySet = z.infer<typeof keySet>;
