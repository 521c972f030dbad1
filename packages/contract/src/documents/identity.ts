/** Which store this is: its first user writes this. */
import * as z from '../zod.ts';

/** Documents of before they had a version lack it. */
export const identity = z.object({
  version: z.optional(z.literal(1)),
  /** A UUID. */
  id: z.string(),
});
export type Identity = z.infer<typeof identity>;
