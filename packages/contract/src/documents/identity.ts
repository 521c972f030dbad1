/** Which store this is: its first user writes this. */
import { z } from 'zod';

/** Documents of before they had a version lack it. */
export const identity = z.object({
  version: z.literal(1).optional(),
  /** A UUID. */
  id: z.string(),
});
export type Identity = z.infer<typeof identity>;
