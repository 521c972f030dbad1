/** A reviewer's word on a submitted mask, and the strokes behind a pixel of it. */
import { z } from 'zod';
import { id, text } from './fields.ts';

const verdict = z.enum(['accept', 'send_back']);

export const review = z
  .strictObject({
    verdict,
    note: text(2000, 0).optional(),
    at: z.strictObject({ x: z.number().min(0), y: z.number().min(0) }).optional(),
  })
  .meta({ id: 'Review' });

export const reviewed = z
  .object({
    id,
    reviewer: z.string(),
    verdict,
    note: z.string().nullable(),
    at: z.object({ x: z.number(), y: z.number() }).nullable(),
    /** The mask that the reviewer saw. */
    mask: z.string().nullable(),
    created: z.string(),
  })
  .meta({ id: 'Reviewed' });
export type Review = z.infer<typeof reviewed>;

/** A pixel's segment, and the shares of its score by stroke, the largest first; together at most 1. */
export const attribution = z
  .object({ segment: z.int(), strokes: z.array(z.object({ n: z.int(), share: z.number() })) })
  .meta({ id: 'Attribution' });
