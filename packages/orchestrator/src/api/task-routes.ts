/** Routes of a campaign's images and its pace. */
import {
  getCampaignComing,
  getCampaignPace,
  getCampaignTasks,
  getCampaignTasksCount,
  getTaskImage,
  getTaskKeys,
  getTaskMask,
  getTaskThumbnail,
  postTaskOffer,
  putTaskPeople,
} from '@saltworks/contract/api/tasks';
import { maskKey } from '@saltworks/contract/layout';
import { offerAgain } from '../campaigns/assignments/leave.ts';
import { findCampaign } from '../campaigns/campaigns.ts';
import { keysOf } from '../campaigns/keys.ts';
import { paceOf } from '../campaigns/pace.ts';
import { countTasks, listTasks } from '../campaigns/tasks/list.ts';
import { withSegments } from '../campaigns/tasks/mask-segments.ts';
import { reserveTask } from '../campaigns/tasks/people.ts';
import { findTask, readTasks } from '../campaigns/tasks/read.ts';
import { comingTasks } from '../campaigns/tasks/take.ts';
import { NotFoundError } from '../errors.ts';
import { taskFilter } from '../filters/find.ts';
import { sendObject } from './objects.ts';
import { route } from './routes.ts';
import { sendCopy, sendKeys } from './views.ts';

/** Images announced ahead of the annotator. */
const ahead = 1;

export const taskRoutes = [
  route(getCampaignPace, {
    summary: 'Masks handed in by hour or day, and when the last one comes at that pace',
    access: { campaign: 'annotator' },
    handler: ({ deps, params, query }) => paceOf(deps.db, params.campaign, query.by),
  }),
  route(getCampaignComing, {
    summary: 'Images that I am likely to get next: they may be read ahead, and are not held for me',
    access: { campaign: 'annotator' },
    async handler({ deps, params, user }) {
      const campaign = await findCampaign(deps.db, params.campaign);
      const tasks = await comingTasks(deps.db, campaign, user.id, ahead);
      return tasks.map(({ id, sha256 }) => ({ task: id, sha256, keys: keysOf(campaign) }));
    },
  }),
  route(getCampaignTasks, {
    summary:
      "A campaign's images and what became of them, in the order in which they are given out or the least sure first",
    access: { campaign: 'reviewer' },
    async handler({ deps: { db, store }, params, query }) {
      const { categories } = await findCampaign(db, params.campaign);
      const { after, limit, order, ...filter } = query;
      const wanted = await taskFilter(db, params.campaign, filter);
      const { items, next } = await listTasks(db, params.campaign, { after, limit, order, ...wanted });
      return { items: await withSegments(store, items, categories), next };
    },
  }),
  route(getCampaignTasksCount, {
    summary: "How many of a campaign's images fit",
    access: { campaign: 'reviewer' },
    async handler({ deps: { db }, params, query }) {
      return {
        images: await countTasks(db, params.campaign, await taskFilter(db, params.campaign, query)),
        next: null,
      };
    },
  }),
  route(postTaskOffer, {
    summary: 'Offers an image again to all who skipped it',
    access: { task: 'reviewer' },
    handler: async ({ deps, params, user }) => ({ offered: await offerAgain(deps.db, params.task, user.id) }),
  }),
  route(putTaskPeople, {
    summary: 'Reserves an image for given members, who get it first and alone; for nobody: frees it for all',
    access: { task: 'manager' },
    errors: [409],
    async handler({ deps, params, body, user }) {
      await reserveTask(deps.db, params.task, body.people, user.id);
      return null;
    },
  }),
  route(getTaskThumbnail, {
    summary: 'The image as WebP, 256 pixels at its longer side',
    access: { task: 'reviewer' },
    async handler({ deps, params, request, reply }) {
      return sendCopy('thumbnail', deps, request, reply, await findTask(deps.db, params.task));
    },
  }),
  route(getTaskImage, {
    summary: 'The image: upright, lossless, nothing but pixels',
    access: { task: 'annotator' },
    async handler({ deps, params, request, reply }) {
      return sendCopy('view', deps, request, reply, await findTask(deps.db, params.task));
    },
  }),
  route(getTaskKeys, {
    summary: 'The keys of the image (spec/keys.md)',
    access: { task: 'annotator' },
    async handler({ deps, params, request, reply }) {
      const { campaign, sha256 } = await findTask(deps.db, params.task);
      return sendKeys(deps, request, reply, { campaign: await findCampaign(deps.db, campaign), sha256 });
    },
  }),
  route(getTaskMask, {
    summary: 'Its mask as it would be published: COCO panoptic PNG (spec/mask.md)',
    access: { task: 'reviewer' },
    async handler({ deps, params, request, reply }) {
      const { campaign } = await findTask(deps.db, params.task);
      const [found] = await readTasks(deps.db, campaign, [params.task]);
      if (!found?.mask) throw new NotFoundError('no mask was handed in yet');
      return sendObject(request, reply, deps.store, maskKey(found.mask, '.png'), { changes: true });
    },
  }),
];
