/** Routes of campaigns: their settings, their members, their progress, the next image. */
import { z } from 'zod';
import { auditAlone } from '../accounts/audit.ts';
import { findAssignment, listAssignments } from '../campaigns/assignments/assignments.ts';
import { sizeOf } from '../campaigns/assignments/image-size.ts';
import { changeCampaign, createCampaign, findCampaign, listCampaigns, progressOf } from '../campaigns/campaigns.ts';
import { auditLink, listMembers, removeMember, setMember } from '../campaigns/members.ts';
import { preparationOf } from '../campaigns/preparation.ts';
import { checkHoneypots } from '../campaigns/tasks/fill.ts';
import { comingTasks, takeTask } from '../campaigns/tasks/take.ts';
import { datasetOf } from '../datasets/datasets.ts';
import { ForbiddenError, NotFoundError } from '../errors.ts';
import { roleIn } from './access.ts';
import { createAccount } from './account-routes.ts';
import { preparation } from './dataset-schemas.ts';
import { route } from './routes.ts';
import {
  assignment,
  assignmentState,
  campaign,
  campaignChanges,
  id,
  member,
  memberRole,
  newCampaign,
  newUser,
  nothing,
  page,
  progress,
  wholeNumber,
} from './schemas.ts';

/** Images opened beforehand. */
const warmed = 2;

export const campaignRoutes = [
  route({
    method: 'GET',
    url: '/api/campaigns',
    summary: 'Campaigns that I am a member of; all, for administrators',
    access: 'user',
    response: z.array(campaign),
    handler: ({ deps, user }) => listCampaigns(deps.db, user.role === 'admin' ? undefined : user.id),
  }),
  route({
    method: 'POST',
    url: '/api/campaigns',
    summary: 'A new campaign over a dataset; whoever makes it manages it',
    access: 'admin',
    errors: [404, 409],
    body: newCampaign,
    bodyLimit: 512 * 1024,
    response: campaign,
    async handler({ deps, body, user }) {
      const dataset = await datasetOf(deps.store, body.dataset);
      checkHoneypots(body, dataset);
      // Refuses a backbone that nobody knows.
      const { backbone, preset, solve = {} } = body;
      await deps.recipeOf({ extract: { backbone, facet: 'key' }, preset, solve });
      // First: if it fails, nothing is there that would wait for it.
      await deps.prepare(body);
      return createCampaign(deps.db, body, { actor: user.id, shards: dataset.shards });
    },
  }),
  route({
    method: 'GET',
    url: '/api/campaigns/:campaign',
    summary: 'A campaign',
    access: { campaign: 'annotator' },
    response: campaign,
    handler: ({ deps, params }) => findCampaign(deps.db, params.campaign),
  }),
  route({
    method: 'PATCH',
    url: '/api/campaigns/:campaign',
    summary: 'Changes a campaign, running or not',
    access: { campaign: 'manager' },
    body: campaignChanges,
    response: campaign,
    handler: ({ deps, params, body, user }) => changeCampaign(deps.db, params.campaign, body, user.id),
  }),
  route({
    method: 'GET',
    url: '/api/campaigns/:campaign/progress',
    summary: 'How far a campaign is',
    access: { campaign: 'annotator' },
    response: progress,
    handler: ({ deps, params }) => progressOf(deps.db, params.campaign),
  }),
  route({
    method: 'GET',
    url: '/api/campaigns/:campaign/preparation',
    summary: "Whether all of a campaign's images can be annotated, and what their preparation waits for or fails of",
    access: { campaign: 'manager' },
    response: preparation,
    handler: async ({ deps, params }) => preparationOf(deps, await findCampaign(deps.db, params.campaign)),
  }),
  route({
    method: 'POST',
    url: '/api/campaigns/:campaign/preparation',
    summary: 'Prepares the images that cannot be annotated yet, again; joins what is under way',
    access: { campaign: 'manager' },
    response: nothing,
    async handler({ deps, params, user }) {
      const campaign = await findCampaign(deps.db, params.campaign);
      await deps.prepare(campaign);
      await auditAlone(deps.db, { actor: user.id, action: 'campaign.prepare', object: campaign.id, detail: {} });
      return null;
    },
  }),
  route({
    method: 'GET',
    url: '/api/campaigns/:campaign/members',
    summary: 'Members of a campaign',
    access: { campaign: 'manager' },
    response: z.array(member),
    handler: ({ deps, params }) => listMembers(deps.db, params.campaign),
  }),
  route({
    method: 'POST',
    url: '/api/campaigns/:campaign/members',
    summary: 'Makes an account a member by its address; administrators also make the account, and are given its link',
    access: { campaign: 'manager' },
    body: z.strictObject({ email: newUser.shape.email, role: memberRole }),
    response: z.object({ user: id, link: z.string().optional() }),
    async handler({ deps, params, body, user }) {
      const email = body.email.toLowerCase();
      const find = () => deps.db.selectFrom('user').select('id').where('email', '=', email).executeTakeFirst();
      const known = await find();
      if (!known && user.role !== 'admin') {
        throw new NotFoundError(`no account ${email}; expected one that is there, or an administrator to make it`);
      }
      const made = known ? undefined : await createAccount(deps, { email, name: email.split('@')[0] }, user.id);
      const id = made ?? (await find())?.id;
      if (id === undefined) throw new NotFoundError(`no account ${email}`);
      await setMember(deps.db, params.campaign, id, body.role, user.id);
      return { user: id, link: made && (await deps.auth.signInLink(email)) };
    },
  }),
  route({
    method: 'PUT',
    url: '/api/campaigns/:campaign/members/:user',
    summary: 'Makes an account a member, or changes its role',
    access: { campaign: 'manager' },
    body: z.strictObject({ role: memberRole }),
    response: nothing,
    async handler({ deps, params, body, user }) {
      await setMember(deps.db, params.campaign, params.user, body.role, user.id);
      return null;
    },
  }),
  route({
    method: 'DELETE',
    url: '/api/campaigns/:campaign/members/:user',
    summary: 'Takes a membership away; what was drawn stays',
    access: { campaign: 'manager' },
    response: nothing,
    async handler({ deps, params, user }) {
      const held = await removeMember(deps.db, params.campaign, params.user, user.id);
      for (const id of held) deps.answers.closed(id);
      return null;
    },
  }),
  route({
    method: 'POST',
    url: '/api/campaigns/:campaign/members/:user/link',
    summary: 'A link that signs a member in once, within ten minutes; not for accounts that may do more than I may',
    access: { campaign: 'manager' },
    errors: [409],
    response: z.object({ link: z.string() }),
    async handler({ deps, params, user }) {
      const email = await auditLink(deps.db, params.campaign, params.user, user);
      return { link: await deps.auth.signInLink(email) };
    },
  }),
  route({
    method: 'POST',
    url: '/api/campaigns/:campaign/next',
    summary: 'The image to work on: the one I hold, or another one; null when nothing is left',
    access: { campaign: 'annotator' },
    errors: [409],
    response: assignment.nullable(),
    async handler({ deps, params, user, request }) {
      const { db, answers } = deps;
      const campaign = await findCampaign(db, params.campaign);
      const taken = await takeTask(db, campaign, user.id);
      if (taken === undefined) return null;
      const found = await findAssignment(db, taken);
      const { width, height } = await sizeOf(db, found, (sha256) => deps.imageSize(sha256, campaign.backbone));
      const warn = (error: Error) => request.log.warn(error.message);
      answers.open(found, campaign).catch(warn);
      comingTasks(db, campaign, user.id, warmed)
        .then((tasks) =>
          answers.warm(
            campaign,
            tasks.map(({ sha256, name, object }) => ({ sha256, name, object })),
          ),
        )
        .catch(warn);
      return { ...found, image: { ...found.image, width, height } };
    },
  }),
  route({
    method: 'GET',
    url: '/api/campaigns/:campaign/assignments',
    summary: 'Assignments of a campaign, the newest first; of annotators, their own',
    access: { campaign: 'annotator' },
    query: page.extend({
      state: assignmentState.optional(),
      user: id.optional(),
      task: wholeNumber.optional(),
    }),
    response: z.array(assignment),
    async handler({ deps, params, query, user }) {
      const role = await roleIn(deps.db, user, params.campaign);
      if (role !== 'annotator') return listAssignments(deps.db, params.campaign, query);
      if (query.user !== undefined && query.user !== user.id)
        throw new ForbiddenError('annotators see their own work only');
      return listAssignments(deps.db, params.campaign, { ...query, user: user.id });
    },
  }),
];
