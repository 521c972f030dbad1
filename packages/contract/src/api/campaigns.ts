/** Campaigns: their settings, their members, their progress. */
import { z } from 'zod';
import { defaultBackbone, defaultPreset, graphKinds, presetNames, refineKinds, strokeKinds } from '../kinds.ts';
import { segmentChanges } from '../options.ts';
import { newUser } from './accounts.ts';
import { endpoint } from './endpoint.ts';
import { backboneName, id, nothing, openObject, params, slug, text, time } from './fields.ts';
import { memberRole } from './states.ts';

/** A campaign where nobody says otherwise: the same in the page's form, the command and the API. */
export const campaignDefaults = {
  backbone: defaultBackbone,
  preset: defaultPreset,
  ordering: 'import',
  annotators: 1,
  blind: true,
  honeypotRate: 0,
  /** Seconds for which an image is held without a sign of life. */
  leaseSeconds: 900,
} as const;

export const member = z
  .object({ user: id, name: z.string(), email: z.string(), role: memberRole })
  .meta({ id: 'Member' });
export type Member = z.infer<typeof member>;

/** A category of a campaign's label schema. */
export const category = z
  .object({
    id: z.int().min(1).max(65_535),
    name: text(100),
    colour: z.string().regex(/^#[0-9a-f]{6}$/, '#rrggbb'),
    isthing: z.boolean(),
  })
  .meta({ id: 'Category' });

const changes = {
  name: text(200),
  instructions: text(20_000, 0),
  /** Wanted per image. */
  annotators: z.int().min(1).max(100),
  /** Whether annotators of one image know nothing of one another. */
  blind: z.boolean(),
  /** How often an image comes whose mask is known, 0 … 1. */
  honeypotRate: z.number().min(0).max(1),
  /** ISO 8601; null takes it away. */
  deadline: time.nullable(),
  leaseSeconds: z.int().min(5).max(86_400),
  state: z.enum(['open', 'paused', 'closed']),
  /** Whether pixels keep the labels of the strokes over them: from the next stroke on. */
  strokes: z.enum(strokeKinds),
};

/** What may be changed while a campaign runs. */
export const campaignChanges = z.strictObject(changes).partial().meta({ id: 'CampaignChanges' });
export type CampaignChanges = z.infer<typeof campaignChanges>;

/** What may differ from a preset: numbers and choices that the solver checks itself. */
const solve = z
  .strictObject({
    graph: z.enum(graphKinds),
    sigma: z.union([z.literal('auto'), z.number().positive()]),
    tau: z.number().min(-1).max(1),
    neighbors: z.int().min(2).max(100),
    colorWeight: z.number().min(0).max(100),
    alpha: z.number().gt(0).lt(1),
    refine: z.enum(refineKinds),
  })
  .partial();

export const newCampaign = z
  .strictObject({
    ...campaignChanges.shape,
    id: slug,
    name: changes.name,
    dataset: params.dataset,
    categories: z.array(category).min(1).max(1000),
    backbone: backboneName.default(campaignDefaults.backbone),
    preset: z.enum(presetNames).default(campaignDefaults.preset),
    solve: solve.default({}),
    ordering: z.enum(['import', 'random']).default(campaignDefaults.ordering),
  })
  .meta({ id: 'NewCampaign' });
/** With every default filled in. */
export type NewCampaign = z.infer<typeof newCampaign>;

export const campaign = z
  .object({
    ...changes,
    id: slug,
    dataset: z.string(),
    backbone: z.string(),
    preset: z.enum(presetNames),
    /** Settings that differ from the preset's. */
    solve: openObject(segmentChanges),
    ordering: z.enum(['import', 'random']),
    deadline: z.string().nullable(),
    categories: z.array(category),
    created: z.string(),
  })
  .meta({ id: 'Campaign' });
export type Campaign = z.infer<typeof campaign>;

export const progress = z
  .object({
    /** Whether every image of the dataset is a task by now. */
    filled: z.boolean(),
    tasks: z.int(),
    /** Submitted by as many annotators as are wanted; of these, the ones of which a reviewer accepted as many. */
    done: z.int(),
    accepted: z.int(),
    /** Tasks whose files changed since somebody began with them: counted nowhere else; absent where there are none. */
    former: z.int().optional(),
    /** Still wanted, and left by an annotator who gave a reason. */
    skipped: z.int(),
    /** Assignments by state. */
    assignments: z.record(z.string(), z.int()),
  })
  .meta({ id: 'Progress' });
export type CampaignProgress = z.infer<typeof progress>;

const at = '/api/campaigns/:campaign';

export const getCampaigns = endpoint({ method: 'GET', url: '/api/campaigns', response: z.array(campaign) });

export const postCampaigns = endpoint({
  method: 'POST',
  url: '/api/campaigns',
  body: newCampaign,
  response: campaign,
});

export const getCampaign = endpoint({ method: 'GET', url: at, response: campaign });

export const patchCampaign = endpoint({ method: 'PATCH', url: at, body: campaignChanges, response: campaign });

export const getCampaignProgress = endpoint({ method: 'GET', url: `${at}/progress`, response: progress });

export const getCampaignMembers = endpoint({ method: 'GET', url: `${at}/members`, response: z.array(member) });

export const postCampaignMembers = endpoint({
  method: 'POST',
  url: `${at}/members`,
  body: z.strictObject({ email: newUser.shape.email, role: memberRole }),
  response: z.object({ user: id, link: z.string().optional() }),
});

export const putCampaignMember = endpoint({
  method: 'PUT',
  url: `${at}/members/:user`,
  body: z.strictObject({ role: memberRole }),
  response: nothing,
});

export const deleteCampaignMember = endpoint({ method: 'DELETE', url: `${at}/members/:user`, response: nothing });

export const postCampaignMemberLink = endpoint({
  method: 'POST',
  url: `${at}/members/:user/link`,
  response: z.object({ link: z.string() }),
});
