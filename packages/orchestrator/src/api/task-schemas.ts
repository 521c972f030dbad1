/** Lists of tasks, and the pace of a campaign, as the API takes and gives them. */
import { z } from 'zod';
import { assignment, decimal, integer } from './schemas.ts';

export const cursor = z.string().regex(/^[A-Za-z0-9_-]{1,200}$/, 'the `next` of the last part');
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable() });

const share = decimal(0, 1);
export const image = z
  .object({
    id: z.int(),
    name: z.string(),
    sha256: z.string(),
    width: z.int().nullable(),
    height: z.int().nullable(),
    former: z.boolean().optional(),
  })
  .meta({ id: 'Image' });

export const comingTask = z.object({ task: z.string(), sha256: z.string() }).meta({ id: 'ComingTask' });

export const pace = z
  .object({
    by: z.enum(['hour', 'day']),
    counts: z.array(z.object({ at: z.string(), handed: z.int(), accepted: z.int() })),
    remaining: z.int(),
    window: z.object({ since: z.string(), handed: z.int() }),
    perHour: z.number().nullable(),
    perDay: z.number().nullable(),
    finished: z.string().nullable(),
    lastHour: z.int(),
    lastDay: z.int(),
  })
  .meta({ id: 'Pace' });

export const taskQuery = z.object({
  after: cursor.optional(),
  limit: integer(1, 200).default(50),
  state: z.enum(['open', 'done']).optional(),
  work: z.enum(['none', 'begun', 'handed', 'accepted', 'sent_back', 'skipped']).optional(),
  category: integer(1, 65_535).optional(),
  uncertain: share.optional(),
  order: z.enum(['given', 'uncertain']).default('given'),
});

export const task = z
  .object({
    id: z.string(),
    image,
    state: z.enum(['open', 'done']),
    honeypot: z.boolean(),
    wanted: z.int(),
    taken: z.int(),
    handed: z.int(),
    accepted: z.int(),
    categories: z.array(z.int()),
    uncertainty: z.number().nullable(),
    mask: z.string().nullable(),
    consensus: z.boolean(),
    segments: z.array(z.object({ id: z.int(), category: z.int() })),
    works: z.array(assignment.pick({ id: true, user: true, author: true, state: true, reason: true, updated: true })),
  })
  .meta({ id: 'Task' });
