/** How the API refuses: one form for every error. */
import * as z from '../zod.ts';
import { assignmentState } from './states.ts';

export const failure = z.described(
  z.object({ error: z.string(), detail: z.optional(z.record(z.string(), z.unknown())) }),
  { id: 'Failure' },
);

/** What a 409 may tell besides its message. */
const conflict = z.partial(
  z.object({
    /** The state that the assignment is in instead. */
    state: assignmentState,
    /** The number that the window's next interaction must have. */
    expected: z.int(),
  }),
);
export type Conflict = z.infer<typeof conflict>;

/** The details of a refusal, as far as they are a conflict's. */
export const conflictOf = (detail: unknown): Conflict => z.safeParse(conflict, detail).data ?? {};

/** An error as clients read it: ours, or the sign-in library's, which calls it `message`. */
export const refusal = z.partial(z.object({ error: z.string(), message: z.string(), detail: z.unknown() }));
