/** Images of a campaign, and how fast they are done. */
import { z } from 'zod';
import { assignment, imageInfo } from './assignments.ts';
import { endpoint } from './endpoint.ts';
import { decimal, integer, limit, pageOf } from './fields.ts';
import { keys, mask, picture, thumbnail } from './files.ts';

const image = imageInfo.meta({ id: 'Image' });

/** An image that the caller is likely to get next: the page reads it ahead. */
export const comingTask = z.object({ task: z.string(), sha256: z.string() }).meta({ id: 'ComingTask' });
export type ComingTask = z.infer<typeof comingTask>;

const by = z.enum(['hour', 'day']);

export const pace = z
  .object({
    /** Masks submitted by the hour (the last two days) or by the day (the last sixty), the oldest first, none left out between. */
    by,
    counts: z.array(z.object({ at: z.string(), handed: z.int(), accepted: z.int() })),
    /** Masks that are still wanted. */
    remaining: z.int(),
    /** What the pace is told from: masks of the last week, or since the campaign was made. */
    window: z.object({ since: z.string(), handed: z.int() }),
    /** Masks an hour of the hours in which any was submitted; null from too few. */
    perHour: z.number().nullable(),
    /** Masks a day, idle hours counted; null from too few, or from less than a day. */
    perDay: z.number().nullable(),
    /** When the last one comes at that pace; null where nothing can be said. */
    finished: z.string().nullable(),
    /** Masks submitted within the last 60 minutes, and the last 24 hours. */
    lastHour: z.int(),
    lastDay: z.int(),
  })
  .meta({ id: 'Pace' });
export type CampaignPace = z.infer<typeof pace>;

/** An image of a campaign. */
export const task = z
  .object({
    id: z.string(),
    image,
    state: z.enum(['open', 'done']),
    honeypot: z.boolean(),
    /** Annotators: wanted; who have it or had it; who submitted it; of these, the ones whom a reviewer agreed with. */
    wanted: z.int(),
    taken: z.int(),
    handed: z.int(),
    accepted: z.int(),
    /** Categories that somebody drew. */
    categories: z.array(z.int()),
    /** Mean over nodes of 1 less the margin of the two best labels, 0 … 1, of the least sure mask that was submitted. */
    uncertainty: z.number().nullable(),
    /** As it would be published: the consensus, else what was accepted, else what was submitted last. */
    mask: z.string().nullable(),
    consensus: z.boolean(),
    /** Segments of that mask, and the ids of their categories. */
    segments: z.array(z.object({ id: z.int(), category: z.int() })),
    /** Assignments of it, over or not. */
    works: z.array(assignment.pick({ id: true, user: true, author: true, state: true, reason: true, updated: true })),
  })
  .meta({ id: 'Task' });
export type Task = z.infer<typeof task>;

export const getCampaignPace = endpoint({
  method: 'GET',
  url: '/api/campaigns/:campaign/pace',
  query: z.object({ by: by.default('day') }),
  response: pace,
});

export const getCampaignComing = endpoint({
  method: 'GET',
  url: '/api/campaigns/:campaign/coming',
  response: z.array(comingTask),
});

export const getCampaignTasks = endpoint({
  method: 'GET',
  url: '/api/campaigns/:campaign/tasks',
  query: z.object({
    after: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,200}$/, 'the `next` of the last part')
      .optional(),
    limit,
    state: z.enum(['open', 'done']).optional(),
    work: z.enum(['none', 'begun', 'handed', 'accepted', 'sent_back', 'skipped']).optional(),
    category: integer(1, 65_535).optional(),
    uncertain: decimal(0, 1).optional(),
    order: z.enum(['given', 'uncertain']).default('given'),
  }),
  response: pageOf(task),
});

export const postTaskOffer = endpoint({
  method: 'POST',
  url: '/api/tasks/:task/offer',
  response: z.object({ offered: z.int() }),
});

export const getTaskThumbnail = endpoint({ method: 'GET', url: '/api/tasks/:task/thumbnail', sends: thumbnail });

export const getTaskImage = endpoint({ method: 'GET', url: '/api/tasks/:task/image', sends: picture });

export const getTaskKeys = endpoint({ method: 'GET', url: '/api/tasks/:task/keys', sends: keys });

export const getTaskMask = endpoint({ method: 'GET', url: '/api/tasks/:task/mask', sends: mask });
