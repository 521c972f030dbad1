/** Channels: names such as `stable` that stand for the backbone that new masks are made with, one after another. */
import { facets } from '../kinds.ts';
import { codec } from '../options.ts';
import * as z from '../zod.ts';

/** What a channel stands for from a moment on. Entries are never changed: the last one counts. */
export const channelEntry = z.object({
  version: z.literal(1),
  channel: z.string(),
  backbone: z.string(),
  /** Absent fields: the backbone's own. */
  layer: z.optional(z.number()),
  facet: z.enum(facets),
  longSide: z.optional(z.number()),
  codec: z.optional(codec),
  note: z.optional(z.string()),
  /** ISO 8601. */
  set: z.string(),
  /** Account's address; null where nobody is named. */
  by: z.nullable(z.string()),
});
export type ChannelEntry = z.infer<typeof channelEntry>;
