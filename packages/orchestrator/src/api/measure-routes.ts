/** Routes of a campaign's measures: time, agreement, consensus, masks for export. */

import type { Campaign } from '@saltworks/contract/api/campaigns';
import {
  type Consensus,
  getAssignmentEffort,
  getCampaignAgreement,
  getCampaignEffort,
  getCampaignLabelEfficiency,
  getTaskConsensus,
  getTaskConsensusMask,
  postCampaignPublish,
  postTaskConsensus,
} from '@saltworks/contract/api/measures';
import { maskDocument } from '@saltworks/contract/documents/masks';
import { maskKey } from '@saltworks/contract/layout';
import { byStoredName } from '@saltworks/core/drawing/classes';
import { readDocument } from '@saltworks/store/objects/documents';
import { auditAlone } from '../accounts/audit.ts';
import { publishShown } from '../builds/publish-shown.ts';
import { findCampaign } from '../campaigns/campaigns.ts';
import { campaignAgreement } from '../campaigns/measures/agreement.ts';
import { makeConsensus } from '../campaigns/measures/consensus.ts';
import { assignmentEffort, campaignEffort } from '../campaigns/measures/effort.ts';
import { campaignLabelEfficiency } from '../campaigns/measures/label-efficiency.ts';
import { formerTasks } from '../campaigns/progress.ts';
import { namedSegments } from '../campaigns/tasks/mask-segments.ts';
import { findTask } from '../campaigns/tasks/read.ts';
import { weightsOf } from '../db/json.ts';
import { NotFoundError } from '../errors.ts';
import { sendObject } from './objects.ts';
import { type Deps, route } from './routes.ts';

const consensusOf = async ({ db }: Deps, task: string) => {
  const found = await db.selectFrom('consensus').selectAll().where('task', '=', task).executeTakeFirst();
  if (!found) throw new NotFoundError('no consensus was made yet');
  return found;
};

const describeConsensus = async (deps: Deps, task: string, { categories }: Campaign): Promise<Consensus> => {
  const { mask, weights, made } = await consensusOf(deps, task);
  const document = await readDocument(deps.store, maskKey(mask, '.json'), maskDocument);
  if (!document) throw new NotFoundError('not there any more');
  const named = byStoredName(categories);
  return {
    mask,
    segments: namedSegments(document).map(({ id, category }) => ({
      id,
      category: named.get(category)?.name ?? category,
    })),
    weights: weightsOf(weights),
    made: made.toISOString(),
  };
};

export const measureRoutes = [
  route(getAssignmentEffort, {
    summary: 'Seconds that went into an image, by stroke and segment; idle time cut',
    access: { assignment: 'see' },
    handler: ({ deps, params }) => assignmentEffort(deps.db, params.assignment),
  }),
  route(getCampaignEffort, {
    summary: 'Seconds that went into a campaign, by annotator and category',
    access: { campaign: 'manager' },
    handler: async ({ deps, params }) => campaignEffort(deps.db, await findCampaign(deps.db, params.campaign)),
  }),
  route(getCampaignAgreement, {
    summary:
      'How far annotators of the same images agree, how they do on known masks, and how reliable that makes them',
    access: { campaign: 'manager' },
    handler: async ({ deps, params }) => campaignAgreement(deps, await findCampaign(deps.db, params.campaign)),
  }),
  route(getCampaignLabelEfficiency, {
    summary: 'How good masks were after so many strokes and seconds of drawing, of a sample of what was handed in',
    access: { campaign: 'manager' },
    handler: async ({ deps, params }) => campaignLabelEfficiency(deps, await findCampaign(deps.db, params.campaign)),
  }),
  route(postCampaignPublish, {
    summary: "Makes the campaign's masks a run of its dataset, for export",
    access: { campaign: 'manager' },
    async handler({ deps, params, body, user }) {
      const campaign = await findCampaign(deps.db, params.campaign);
      const published = await publishShown(deps, campaign, { ...body, by: user.id });
      const { images, build } = published;
      await auditAlone(deps.db, {
        actor: user.id,
        action: 'campaign.publish',
        object: campaign.id,
        detail: { images, ...(build !== null && { build }), ...body },
      });
      return { dataset: campaign.dataset, ...published, former: await formerTasks(deps.db, campaign.id) };
    },
  }),
  route(postTaskConsensus, {
    summary:
      "One mask of all annotators' strokes on an image, each counting by reliability unless weights say otherwise",
    access: { task: 'manager' },
    errors: [409],
    async handler({ deps, params, body, user }) {
      const { campaign: id } = await findTask(deps.db, params.task);
      const campaign = await findCampaign(deps.db, id);
      const { mask, weights } = await makeConsensus(deps, campaign, params.task, body.weights);
      await auditAlone(deps.db, {
        actor: user.id,
        action: 'task.consensus',
        object: params.task,
        detail: { mask, weights },
      });
      return describeConsensus(deps, params.task, campaign);
    },
  }),
  route(getTaskConsensus, {
    summary: 'The consensus on an image, as it was made last',
    access: { task: 'reviewer' },
    async handler({ deps, params }) {
      const { campaign } = await findTask(deps.db, params.task);
      return describeConsensus(deps, params.task, await findCampaign(deps.db, campaign));
    },
  }),
  route(getTaskConsensusMask, {
    summary: 'Its mask: COCO panoptic PNG (spec/mask.md)',
    access: { task: 'reviewer' },
    async handler({ deps, params, request, reply }) {
      const { mask } = await consensusOf(deps, params.task);
      return sendObject(request, reply, deps.store, maskKey(mask, '.png'), { changes: true });
    },
  }),
];
