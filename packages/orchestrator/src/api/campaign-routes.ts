/** Routes of campaigns: their settings, their members, their progress, the next image. */
import { getCampaignAssignments, postCampaignNext } from '@saltworks/contract/api/assignments';
import {
  type Campaign,
  deleteCampaign,
  deleteCampaignArchive,
  deleteCampaignMember,
  getCampaign,
  getCampaignMembers,
  getCampaignProgress,
  getCampaigns,
  patchCampaign,
  postCampaignArchive,
  postCampaignMemberLink,
  postCampaignMembers,
  postCampaignRestore,
  postCampaigns,
  putCampaignMember,
} from '@saltworks/contract/api/campaigns';
import { classPictureLimits, getCampaignPicture, postCampaignPictures } from '@saltworks/contract/api/class-pictures';
import { getCampaignSchema, putCampaignSchema } from '@saltworks/contract/api/label-schemas';
import { getCampaignPrior } from '@saltworks/contract/api/priors';
import { getCampaignPreparation, postCampaignPreparation } from '@saltworks/contract/api/runs';
import { InvalidInputError } from '@saltworks/contract/errors';
import { classPictureKey, priorKey } from '@saltworks/contract/layout';
import { expectStorage } from '@saltworks/store/storage/level';
import { auditAlone } from '../accounts/audit.ts';
import { sizeOf } from '../campaigns/assignments/image-size.ts';
import { beginInteractions } from '../campaigns/assignments/interactions.ts';
import { leaveUnusable } from '../campaigns/assignments/leave.ts';
import { campaignFor } from '../campaigns/assignments/pins.ts';
import { findAssignment, listAssignments } from '../campaigns/assignments/read.ts';
import { createCampaign, findCampaign, listCampaigns } from '../campaigns/campaigns.ts';
import { changeCampaign } from '../campaigns/change.ts';
import { expectPictures, keepPicture } from '../campaigns/class-pictures.ts';
import { expectHeard, newestPrior } from '../campaigns/corpus.ts';
import { extractOf, keysOf } from '../campaigns/keys.ts';
import { changeLabelSchema, labelSchemas } from '../campaigns/label-schema.ts';
import { auditLink, listMembers, removeMember, setMember } from '../campaigns/members.ts';
import { preparationOf } from '../campaigns/preparation.ts';
import { progressOf } from '../campaigns/progress.ts';
import { archiveCampaign, dropCampaign, placeOf, restoreCampaign, unarchiveCampaign } from '../campaigns/shelf.ts';
import { checkStart, checkUnmeasured, startOf } from '../campaigns/start.ts';
import { checkHoneypots } from '../campaigns/tasks/fill.ts';
import { comingTasks, takeTask } from '../campaigns/tasks/take.ts';
import { datasetOf } from '../datasets/datasets.ts';
import { expectDatasetInUse } from '../datasets/shelf.ts';
import { ConflictError, ForbiddenError, NotFoundError } from '../errors.ts';
import { selectionAt } from '../filters/find.ts';
import { settleKeys } from '../runs/settle.ts';
import { roleIn } from './access.ts';
import { createAccount } from './account-routes.ts';
import { sendObject } from './objects.ts';
import { openTaken } from './open-taken.ts';
import { type Deps, route } from './routes.ts';

/** Images that a worker opens ahead of the annotator. */
const warmed = 2;

/** Images whose masks cannot be begun with, before the annotator is told why. */
const unusable = 3;

/** The next assignment of an annotator, begun with what its campaign says; images that cannot are skipped, with the reason. */
async function takeBegun(deps: Deps, campaign: Campaign, user: string) {
  const { db, journal } = deps;
  for (let tries = 1; ; tries++) {
    const taken = await takeTask(db, campaign, user);
    if (taken === undefined) return undefined;
    const found = await findAssignment(db, taken);
    const own = await campaignFor(db, found);
    const size = await sizeOf(db, found, (sha256) => deps.imageSize(sha256, keysOf(own)));
    if (found.n > 0) return taken;
    try {
      await journal.append(...(await beginInteractions(db, taken, await startOf(deps, campaign, found.image, size))));
      return taken;
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      const left = await leaveUnusable(db, taken, error.message);
      if (!left || tries === unusable) throw new ConflictError(`${found.image.name}: ${error.message}`);
    }
  }
}

export const campaignRoutes = [
  route(getCampaigns, {
    summary: 'Campaigns that I am a member of; all, for administrators; those that were deleted, for who manages them',
    access: 'user',
    async handler({ deps, query, user }) {
      const campaigns = await listCampaigns(deps.db, user.role === 'admin' ? undefined : user.id);
      const shown = campaigns.filter((campaign) => placeOf(campaign) === query.show);
      if (query.show !== 'deleted') return shown;
      const roles = await Promise.all(shown.map(({ id }) => roleIn(deps.db, user, id, { deleted: true })));
      return shown.filter((_, i) => roles[i] === 'manager');
    },
  }),
  route(postCampaigns, {
    summary: 'A new campaign over a dataset; whoever makes it manages it',
    access: 'admin',
    errors: [404, 409],
    bodyLimit: 512 * 1024,
    async handler({ deps, body, user }) {
      const dataset = await datasetOf(deps.store, body.dataset);
      const inUse = () => expectDatasetInUse(deps.store, dataset.name);
      await inUse();
      checkHoneypots(body, dataset);
      await checkStart(deps.store, body, dataset);
      // Refuses an unknown backbone.
      const extract = settleKeys(await deps.backbones.find(body.backbone), body);
      const selection = body.selection ? await selectionAt(deps.store, dataset.name, body.selection) : undefined;
      const { preset, solve } = body;
      await deps.recipeOf({ extract, preset, solve });
      const prior = body.corpus === 'on' ? await newestPrior(deps, { ...body, ...extract }) : undefined;
      // First: if it fails, no campaign is left waiting for it.
      await deps.prepare(dataset.name, extract);
      const made = { ...body, ...extract };
      return createCampaign(deps.db, made, { actor: user.id, shards: dataset.shards, selection, prior, inUse });
    },
  }),
  route(getCampaign, {
    summary: 'A campaign',
    access: { campaign: 'annotator' },
    handler: ({ deps, params }) => findCampaign(deps.db, params.campaign),
  }),
  route(patchCampaign, {
    summary: 'Changes a campaign, running or not',
    access: { campaign: 'manager' },
    errors: [409],
    async handler({ deps, params, body, user }) {
      const campaign = await findCampaign(deps.db, params.campaign);
      checkUnmeasured({ start: campaign.start, honeypotRate: body.honeypotRate });
      const prior = body.corpus === 'on' ? await newestPrior(deps, campaign) : undefined;
      return changeCampaign(deps.db, params.campaign, body, user.id, { prior });
    },
  }),
  route(postCampaignArchive, {
    summary: 'Puts a campaign into the archive: it is read and no more changed, and lists leave it out',
    access: { campaign: 'manager' },
    archive: true,
    handler: ({ deps, params, user }) => archiveCampaign(deps, params.campaign, user.id),
  }),
  route(deleteCampaignArchive, {
    summary: 'Takes a campaign out of the archive',
    access: { campaign: 'manager' },
    archive: true,
    handler: ({ deps, params, user }) => unarchiveCampaign(deps.db, params.campaign, user.id),
  }),
  route(deleteCampaign, {
    summary:
      'Deletes a campaign; who manages it may restore it for a while. At once, without that: administrators alone',
    access: { campaign: 'manager', deleted: true },
    archive: true,
    async handler({ deps, params, query, user }) {
      if (query.now === 'true' && user.role !== 'admin')
        throw new ForbiddenError('only administrators delete without a grace period');
      const graceDays = query.now === 'true' ? 0 : deps.graceDays;
      return { goes: await dropCampaign({ ...deps, graceDays }, params.campaign, user.id) };
    },
  }),
  route(postCampaignRestore, {
    summary: 'Brings a campaign back that was deleted, until its grace period ends',
    access: { campaign: 'manager', deleted: true },
    archive: true,
    handler: ({ deps, params, user }) => restoreCampaign(deps.db, params.campaign, user.id),
  }),
  route(getCampaignSchema, {
    summary: "The versions of a campaign's classes, the newest first",
    access: { campaign: 'manager' },
    handler: ({ deps, params }) => labelSchemas(deps.db, params.campaign),
  }),
  route(putCampaignSchema, {
    summary: 'Adds, recolours, describes, retires and restores classes, in one new version; open pages are told',
    access: { campaign: 'manager' },
    errors: [409],
    bodyLimit: 2 ** 20,
    async handler({ deps, params, body, user }) {
      await expectPictures(deps.store, await findCampaign(deps.db, params.campaign), body.categories);
      return changeLabelSchema(deps.db, params.campaign, body, user.id);
    },
  }),
  route(postCampaignPictures, {
    summary: 'Keeps a JPEG, PNG or WebP, made small, for classes to have: the next version of them says which do',
    access: { campaign: 'manager' },
    bodyLimit: classPictureLimits.bytes,
    perMinute: 120,
    async handler({ deps, params, body: chunks, request }) {
      await expectStorage(deps.store);
      const said = request.headers['content-length'];
      return keepPicture(deps, params.campaign, { length: said === undefined ? undefined : Number(said), chunks });
    },
  }),
  route(getCampaignPicture, {
    summary: "A picture of the campaign's classes, of earlier versions too",
    access: { campaign: 'annotator' },
    handler: ({ deps, params, request, reply }) =>
      sendObject(request, reply, deps.store, classPictureKey(params.campaign, params.picture)),
  }),
  route(getCampaignPrior, {
    summary: 'What labels of the campaign hear of the corpus (docs/corpus.md)',
    access: { campaign: 'annotator' },
    async handler({ deps, params, request, reply }) {
      await expectHeard(deps.db, params.campaign, params.prior);
      return sendObject(request, reply, deps.store, priorKey(params.prior));
    },
  }),
  route(getCampaignProgress, {
    summary: 'How far a campaign is',
    access: { campaign: 'annotator' },
    handler: ({ deps, params }) => progressOf(deps.db, params.campaign),
  }),
  route(getCampaignPreparation, {
    summary: "Whether all of a campaign's images can be annotated, and what their preparation waits for or fails of",
    access: { campaign: 'manager' },
    handler: async ({ deps, params }) => preparationOf(deps, await findCampaign(deps.db, params.campaign)),
  }),
  route(postCampaignPreparation, {
    summary: 'Prepares the images that cannot be annotated yet, again; joins what is under way',
    access: { campaign: 'manager' },
    async handler({ deps, params, user }) {
      const campaign = await findCampaign(deps.db, params.campaign);
      await expectDatasetInUse(deps.store, campaign.dataset);
      await deps.prepare(campaign.dataset, extractOf(campaign));
      await auditAlone(deps.db, { actor: user.id, action: 'campaign.prepare', object: campaign.id, detail: {} });
      return null;
    },
  }),
  route(getCampaignMembers, {
    summary: 'Members of a campaign',
    access: { campaign: 'manager' },
    handler: ({ deps, params }) => listMembers(deps.db, params.campaign),
  }),
  route(postCampaignMembers, {
    summary: 'Makes an account a member by its address; administrators also make the account, and are given its link',
    access: { campaign: 'manager' },
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
      if (made === undefined) return { user: id };
      const mailed = await deps.notices.mails?.invite(id, params.campaign);
      return { user: id, link: await deps.auth.signInLink(email), mailed };
    },
  }),
  route(putCampaignMember, {
    summary: 'Makes an account a member, or changes its role',
    access: { campaign: 'manager' },
    async handler({ deps, params, body, user }) {
      await setMember(deps.db, params.campaign, params.user, body.role, user.id);
      return null;
    },
  }),
  route(deleteCampaignMember, {
    summary: 'Takes a membership away; what was drawn stays',
    access: { campaign: 'manager' },
    async handler({ deps, params, user }) {
      const held = await removeMember(deps.db, params.campaign, params.user, user.id);
      for (const id of held) deps.answers.closed(id);
      return null;
    },
  }),
  route(postCampaignMemberLink, {
    summary: 'A link that signs a member in once, within ten minutes; not for accounts that may do more than I may',
    access: { campaign: 'manager' },
    errors: [409],
    async handler({ deps, params, user }) {
      const email = await auditLink(deps.db, params.campaign, params.user, user);
      return { link: await deps.auth.signInLink(email) };
    },
  }),
  route(postCampaignNext, {
    summary: 'The image to work on: the one I hold, or another one; null when nothing is left',
    access: { campaign: 'annotator' },
    errors: [409],
    async handler({ deps, params, user, request }) {
      const { db, answers } = deps;
      const campaign = await findCampaign(db, params.campaign);
      const taken = await takeBegun(deps, campaign, user.id);
      if (taken === undefined) return null;
      const warn = (error: Error) => request.log.warn(error.message);
      const found = await openTaken(deps, taken, warn);
      comingTasks(db, campaign, user.id, warmed)
        .then((tasks) =>
          answers.warm(
            campaign,
            tasks.map(({ sha256, name, object }) => ({ sha256, name, object })),
          ),
        )
        .catch(warn);
      return found;
    },
  }),
  route(getCampaignAssignments, {
    summary: 'Assignments of a campaign, the newest first; of annotators, their own',
    access: { campaign: 'annotator' },
    async handler({ deps, params, query, user }) {
      const role = await roleIn(deps.db, user, params.campaign);
      if (role !== 'annotator') return listAssignments(deps.db, params.campaign, query);
      if (query.user !== undefined && query.user !== user.id)
        throw new ForbiddenError('annotators see their own work only');
      return listAssignments(deps.db, params.campaign, { ...query, user: user.id });
    },
  }),
];
