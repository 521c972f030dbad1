/** What is kept of a shard that a run is through with. Reports of before they had a version lack it. */

import { category } from '../categories.ts';
import * as z from '../zod.ts';
import { failure } from './failures.ts';

/** The same bytes however often and by whichever worker the shard is done. */
export const shardReport = z.object({
  version: z.optional(z.literal(1)),
  images: z.number(),
  failures: z.array(z.extend(failure, { permanent: z.boolean() })),
});
export type ShardReport = z.infer<typeof shardReport>;

/** Of any step, for lists of failures. */
export const anyReport = z.extend(shardReport, {
  /** Of keys: images that have some, and that no browser can show. They become no tasks. Absent where there are none. */
  unshown: z.optional(z.array(failure)),
});

/** Of keys. */
export const extractReport = z.extend(anyReport, {
  /** Version of how images are seen; absent from reports of before images of more than 8 bits were seen through a window. */
  views: z.optional(z.number()),
  /** Which of the shard's images were former versions. */
  former: z.optional(z.string()),
});
export type ExtractReport = z.infer<typeof extractReport>;

/** An image that has a mask. */
export const reportedMask = z.object({ id: z.number(), sha256: z.string(), name: z.string(), mask: z.string() });

/** Of masks, made by a run or published by a campaign. */
export const maskReport = z.extend(shardReport, {
  /** Of all its masks: a name and a kind once each, ids of no meaning. */
  categories: z.array(category),
  masks: z.array(reportedMask),
});
export type MaskReport = z.infer<typeof maskReport>;
