/** Images that a run could not use. */
import * as z from '../zod.ts';

export const failure = z.object({ sha256: z.string(), name: z.string(), reason: z.string() });
/** One line of a list of failures. */
export type Failure = z.infer<typeof failure>;
