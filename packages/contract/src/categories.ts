/** Categories: the kinds of things that segments are. */
import * as z from './zod.ts';

/** A category of a COCO document, numbered from 1. */
export const category = z.object({ id: z.number(), name: z.string(), isthing: z.literal([0, 1]) });
export type Category = z.infer<typeof category>;
