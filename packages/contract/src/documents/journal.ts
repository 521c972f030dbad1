/** A line of the database's journal: an interaction as its table holds it. Lines have no version. */

import { type Interaction, loggedInteraction } from '../api/interactions.ts';
import * as z from '../zod.ts';

export const journalEntry = z.object({
  assignment: z.string(),
  n: z.number(),
  client: z.string(),
  seq: z.number(),
  kind: z.custom<Interaction['kind']>((kind) => typeof kind === 'string'),
  body: loggedInteraction,
  /** The reviewer who did it; absent: the assignment's annotator. */
  by: z.optional(z.string()),
  /** ISO 8601. */
  received: z.string(),
});
export type JournalEntry = z.infer<typeof journalEntry>;
