/** What the file of a corpus' statistics says beside its sums. */
import { category } from '../categories.ts';
import * as z from '../zod.ts';

/** What patches were labelled as; null is the background, which no segment owns. */
export const taughtCategory = z.nullable(z.pick(category, { name: true, isthing: true }));
export type TaughtCategory = z.infer<typeof taughtCategory>;

export const taughtCategories = z.array(taughtCategory);

/** What the file of a corpus' prior says beside its weights (core's `corpus/prior.ts`). */
export const priorSettings = z.object({
  balance: z.number(),
  sharpness: z.number(),
  /** 0 … 1. */
  trust: z.number(),
  /** Id of the keys that it was taught with. */
  keys: z.string(),
});
