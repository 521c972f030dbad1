/** The document beside the PNG of a known mask. It needs no other: later imports may number their categories differently. */
import * as z from '../zod.ts';
import { listedCategory } from './dataset.ts';
import type { SegmentInfo } from './masks.ts';

/** A segment as its source lists it; nothing of it is checked, and fields beyond these are kept as they came. */
export type TruthSegment = Pick<SegmentInfo, 'id' | 'category_id'> & Partial<SegmentInfo>;

const truthSegment = z.custom<TruthSegment>((value) => typeof value === 'object' && value !== null);

export const truth = z.object({
  version: z.literal(1),
  segments_info: z.array(truthSegment),
  /** Those that the segments have. */
  categories: z.array(listedCategory),
  /** Hex sha256 of the PNG; absent from documents of earlier versions. */
  mask: z.optional(z.string()),
  /** Whose it is, where that is not the first of the image's names: files of the same bytes may come with masks of their own. */
  name: z.optional(z.string()),
  /** Where the image comes from, as the imported document says. */
  source: z.optional(z.string()),
});
export type Truth = z.infer<typeof truth>;

/** As one may lie in a store: before they had a version, documents held segments alone. */
export const storedTruth = z.partial(truth);
export type StoredTruth = z.infer<typeof storedTruth>;
