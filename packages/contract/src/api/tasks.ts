/** Images of a campaign, and how fast they are done. */
import * as z from '../zod.ts';
import { assignment, imageInfo } from './assignments.ts';
import { endpoint } from './endpoint.ts';
import { id, limit, nothing, pageOf } from './fields.ts';
import { keys, mask, picture, thumbnail } from './files.ts';
import { campaignFilter, fitting } from './filters.ts';

const image = z.described(imageInfo.clone(), { id: 'Image' });

/** An image that the caller is likely to get next: the page reads it ahead. */
export const comingTask = z.described(
  z.object({
    task: z.string(),
    sha256: z.string(),
    /** Id of the keys that the campaign draws on now. */
    keys: z.string(),
  }),
  { id: 'ComingTask' },
);
export type ComingTask = z.infer<typeof comingTask>;

const by = z.enum(['hour', 'day']);

export const pace = z.described(
  z.object({
    /** Masks submitted by the hour (the last two days) or by the day (the last sixty), the oldest first, none left out between. */
    by,
    counts: z.array(z.object({ at: z.string(), handed: z.int(), accepted: z.int() })),
    /** Masks that are still wanted. */
    remaining: z.int(),
    /** What the pace is told from: masks of the last week, or since the campaign was made. */
    window: z.object({ since: z.string(), handed: z.int() }),
    /** Masks an hour of the hours in which any was submitted; null from too few. */
    perHour: z.nullable(z.number()),
    /** Masks a day, idle hours counted; null from too few, or from less than a day. */
    perDay: z.nullable(z.number()),
    /** When the last one comes at that pace; null where nothing can be said. */
    finished: z.nullable(z.string()),
    /** Masks submitted within the last 60 minutes, and the last 24 hours. */
    lastHour: z.int(),
    lastDay: z.int(),
  }),
  { id: 'Pace' },
);
export type CampaignPace = z.infer<typeof pace>;

/** An image of a campaign. */
export const task = z.described(
  z.object({
    id: z.string(),
    image,
    state: z.enum(['open', 'done']),
    honeypot: z.boolean(),
    /** Annotators: wanted; who have it or had it; who submitted it; of these, the ones whom a reviewer agreed with. */
    wanted: z.int(),
    taken: z.int(),
    handed: z.int(),
    accepted: z.int(),
    /** Members that it is reserved for: they get it first, and nobody else does; absent where it is for all. */
    people: z.optional(z.array(z.object({ user: id, name: z.string() }))),
    /** Of the image in its dataset; absent where there are none. */
    tags: z.optional(z.array(z.string())),
    /** Categories that somebody drew. */
    categories: z.array(z.int()),
    /** 1 less the IoU to be expected of a segment, mean over segments, 0 … 1, of the least sure mask that was submitted. */
    uncertainty: z.nullable(z.number()),
    /** As it would be published: the consensus, else what was accepted, else what was submitted last. */
    mask: z.nullable(z.string()),
    consensus: z.boolean(),
    /** Segments of that mask, and the ids of their categories. */
    segments: z.array(z.object({ id: z.int(), category: z.int() })),
    /** Assignments of it, over or not. */
    works: z.array(
      z.pick(assignment, { id: true, user: true, author: true, state: true, reason: true, updated: true }),
    ),
  }),
  { id: 'Task' },
);
export type Task = z.infer<typeof task>;

export const getCampaignPace = endpoint({
  method: 'GET',
  url: '/api/campaigns/:campaign/pace',
  query: z.object({ by: z._default(by, 'day') }),
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
    after: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,200}$/, 'the `next` of the last part'))),
    limit,
    ...campaignFilter.shape,
    order: z._default(z.enum(['given', 'uncertain']), 'given'),
  }),
  response: pageOf(task),
});

export const getCampaignTasksCount = endpoint({
  method: 'GET',
  url: '/api/campaigns/:campaign/tasks/count',
  query: z.object(campaignFilter.shape),
  response: fitting,
});

export const postTaskOffer = endpoint({
  method: 'POST',
  url: '/api/tasks/:task/offer',
  response: z.object({ offered: z.int() }),
});

/** Reserves an image for members; for nobody: it is for all. */
export const putTaskPeople = endpoint({
  method: 'PUT',
  url: '/api/tasks/:task/people',
  body: z.strictObject({ people: z.array(id).check(z.maxLength(200)) }),
  response: nothing,
});

export const getTaskThumbnail = endpoint({ method: 'GET', url: '/api/tasks/:task/thumbnail', sends: thumbnail });

export const getTaskImage = endpoint({ method: 'GET', url: '/api/tasks/:task/image', sends: picture });

export const getTaskKeys = endpoint({ method: 'GET', url: '/api/tasks/:task/keys', sends: keys });

export const getTaskMask = endpoint({ method: 'GET', url: '/api/tasks/:task/mask', sends: mask });
