/** What annotator and reviewers write to one another about an image: one thread, through all its rounds. */
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { id, text } from './fields.ts';

export const note = z.described(
  z.strictObject({
    text: text(2000),
    /** The place that it is pinned to, pixels of the upright image. */
    at: z.optional(z.strictObject({ x: z.number().check(z.gte(0)), y: z.number().check(z.gte(0)) })),
  }),
  { id: 'Note' },
);

/** A note, or a reviewer's verdict with what was said. */
export const noted = z.described(
  z.object({
    id,
    user: z.string(),
    /** The user's name, or their address where two share a name. */
    author: z.string(),
    text: z.nullable(z.string()),
    at: z.nullable(z.object({ x: z.number(), y: z.number() })),
    /** Null of a note alone. */
    verdict: z.nullable(z.enum(['accept', 'send_back'])),
    created: z.string(),
  }),
  { id: 'Noted' },
);
export type Noted = z.infer<typeof noted>;

export const postAssignmentNotes = endpoint({
  method: 'POST',
  url: '/api/assignments/:assignment/notes',
  body: note,
  response: noted,
});
