/** How the API refuses: one form for every error. */
import { z } from 'zod';
import { assignmentState } from './states.ts';

export const failure = z
  .object({ error: z.string(), detail: z.record(z.string(), z.unknown()).optional() })
  .meta({ id: 'Failure' });

/** What a 409 may tell besides its message. */
const conflict = z
  .object({
    /** The state that the assignment is in instead. */
    state: assignmentState,
    /** The number that the window's next interaction must have. */
    expected: z.int(),
  })
  .partial();
export type Conflict = z.infer<typeof conflict>;

/** The details of a refusal, as far as they are a conflict's. */
export const conflictOf = (detail: unknown): Conflict => conflict.safeParse(detail).data ?? {};

/** An error as clients read it: ours, or the sign-in library's, which calls it `message`. */
export const refusal = z.object({ error: z.string(), message: z.string(), detail: z.unknown() }).partial();
