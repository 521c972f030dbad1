/** A reviewer's word on a submitted mask, and the strokes behind a pixel of it. */
import * as z from '../zod.ts';
import { assignment } from './assignments.ts';
import { endpoint } from './endpoint.ts';
import { id, text } from './fields.ts';

const verdict = z.enum(['accept', 'send_back']);

export const review = z.described(
  z.strictObject({
    verdict,
    note: z.optional(text(2000, 0)),
    at: z.optional(z.strictObject({ x: z.number().check(z.gte(0)), y: z.number().check(z.gte(0)) })),
  }),
  { id: 'Review' },
);

export const reviewed = z.described(
  z.object({
    id,
    reviewer: z.string(),
    verdict,
    note: z.nullable(z.string()),
    at: z.nullable(z.object({ x: z.number(), y: z.number() })),
    /** The mask that the reviewer saw. */
    mask: z.nullable(z.string()),
    created: z.string(),
  }),
  { id: 'Reviewed' },
);
export type Review = z.infer<typeof reviewed>;

/** A pixel's segment, and the shares of its score by stroke, the largest first; together at most 1. */
export const attribution = z.described(
  z.object({ segment: z.int(), strokes: z.array(z.object({ n: z.int(), share: z.number() })) }),
  { id: 'Attribution' },
);

/** Gives a submitted image to the reviewer who asks, to be corrected under the reviewer's own name and handed in again. */
export const postAssignmentCorrect = endpoint({
  method: 'POST',
  url: '/api/assignments/:assignment/correct',
  response: assignment,
});
