/** Numbers of categories: once given they stay, whatever categories come later. */

import { attribute } from '../attributes.ts';
import { category } from '../categories.ts';
import * as z from '../zod.ts';

const called = z.object({ id: z.number(), name: z.optional(z.string()), merged: z.optional(z.number()) });
export type CalledClass = z.infer<typeof called>;

/** One version, never changed once written; the last one counts. */
export const classes = z.object({
  version: z.literal(1),
  /** In the order in which they were first numbered: formats that count categories count so. */
  categories: z.array(category),
  /** Of a campaign: the version of its classes that these are; absent of others, and from earlier servers. */
  schema: z.optional(z.number()),
  /**
   * Classes that this version calls otherwise than masks do, by their numbers: another name, or the number of the class that they
   * count as. Absent where there are none.
   */
  called: z.optional(z.array(called)),
  /** What this version asks of segments and images, by the numbers of classes. Absent where it asks nothing. */
  attributes: z.optional(z.array(attribute)),
});
export type Classes = z.infer<typeof classes>;
