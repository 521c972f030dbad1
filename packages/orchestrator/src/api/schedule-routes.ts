/** Routes of schedules. A campaign's managers schedule its own work; all other work is for administrators. */
import {
  deleteSchedule,
  getSchedule,
  getScheduleFirings,
  getSchedules,
  patchSchedule,
  postSchedules,
  postScheduleTrigger,
  type ScheduleWork,
} from '@saltworks/contract/api/schedules';
import { InvalidInputError } from '@saltworks/contract/errors';
import { findCampaign } from '../campaigns/campaigns.ts';
import { datasetOf } from '../datasets/datasets.ts';
import { ConflictError, ForbiddenError, NoSuchLayerError, NotFoundError } from '../errors.ts';
import { settleKeys } from '../runs/settle.ts';
import { listFirings } from '../schedules/firings.ts';
import {
  campaignOfWork,
  changeSchedule,
  createSchedule,
  describeSchedule,
  listSchedules,
  removeSchedule,
  triggerSchedule,
} from '../schedules/schedules.ts';
import { importOf } from '../schedules/work/import.ts';
import { roleIn } from './access.ts';
import type { User } from './auth.ts';
import { type Deps, route } from './routes.ts';

/** Whether a user may change what is scheduled for a campaign, or, with null, for anything else. */
async function mayChange({ db }: Deps, user: User, campaign: string | null): Promise<boolean> {
  if (user.role === 'admin') return true;
  return campaign !== null && (await roleIn(db, user, campaign)) === 'manager';
}

/** @throws NotFoundError, InvalidInputError unless everything that the work names is there */
async function expectPossible(deps: Deps, work: ScheduleWork): Promise<void> {
  const campaign = campaignOfWork(work);
  if (campaign !== null) await findCampaign(deps.db, campaign);
  if (work.kind === 'import') await importOf(deps.store, work);
  if (work.kind === 'expire-keys' && work.dataset !== undefined) await datasetOf(deps.store, work.dataset);
  if ((work.kind === 'relabel' || work.kind === 'export') && campaign === null) {
    await datasetOf(deps.store, work.subject.slice('dataset:'.length));
  }
  if (work.kind !== 'relabel') return;
  const { channel, keys } = work;
  if ((channel === undefined) === (keys === undefined)) {
    throw new InvalidInputError('a channel and a backbone, or neither; expected one of the two');
  }
  if (keys) settleKeys(await deps.backbones.find(keys.backbone), keys);
}

export const scheduleRoutes = [
  route(getSchedules, {
    summary: 'Schedules of campaigns that I manage; all, for administrators',
    access: 'manager',
    handler: ({ deps, query, user }) =>
      listSchedules(deps, { campaign: query.campaign, may: (campaign) => mayChange(deps, user, campaign) }),
  }),
  route(postSchedules, {
    summary: "A new schedule: a manager's for the consensus, the re-labelling or the exports of a campaign",
    access: 'manager',
    errors: [404, 409],
    async handler({ deps, body, user }) {
      const campaign = campaignOfWork(body.work);
      if (!(await mayChange(deps, user, campaign))) {
        if (campaign !== null) throw new NotFoundError(`no campaign ${campaign}`);
        throw new ForbiddenError(
          'only administrators may schedule this; expected the work of a campaign that you manage',
        );
      }
      try {
        await expectPossible(deps, body.work);
        await createSchedule(deps, body, user.id);
      } catch (error) {
        // The request is well formed: no schema can say which times, sources and choices there are.
        const isPlain = error instanceof InvalidInputError && !(error instanceof NoSuchLayerError);
        throw isPlain ? new ConflictError(error.message) : error;
      }
      return describeSchedule(deps, body.id);
    },
  }),
  route(getSchedule, {
    summary: 'A schedule, when it fires next, and how it went last',
    access: { schedule: 'manager' },
    handler: ({ deps, params }) => describeSchedule(deps, params.schedule),
  }),
  route(patchSchedule, {
    summary: 'Pauses a schedule, goes on with it, or changes its note',
    access: { schedule: 'manager' },
    async handler({ deps, params, body, user }) {
      await changeSchedule(deps, params.schedule, body, user.id);
      return describeSchedule(deps, params.schedule);
    },
  }),
  route(deleteSchedule, {
    summary: 'Removes a schedule with its history; a firing under way goes on, and what was made stays',
    access: { schedule: 'manager' },
    async handler({ deps, params, user }) {
      await removeSchedule(deps, params.schedule, user.id);
      return null;
    },
  }),
  route(postScheduleTrigger, {
    summary: 'Fires once, now, paused or not',
    access: { schedule: 'manager' },
    async handler({ deps, params, user }) {
      await triggerSchedule(deps, params.schedule, user.id);
      return null;
    },
  }),
  route(getScheduleFirings, {
    summary: 'How a schedule went: its firings, the newest first',
    access: { schedule: 'manager' },
    handler: ({ deps, params, query }) => listFirings(deps.db, params.schedule, query),
  }),
];
