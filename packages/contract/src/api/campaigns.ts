/** Campaigns: their settings, their members, their progress. */

import { attribute } from '../attributes.ts';
import { defaultPreset, graphKinds, presetNames, refineKinds, strokeKinds } from '../kinds.ts';
import { segmentChanges } from '../options.ts';
import * as z from '../zod.ts';
import { mailed, newUser } from './accounts.ts';
import { classPicture, classPictureLimits } from './class-pictures.ts';
import { endpoint } from './endpoint.ts';
import { id, nothing, openObject, params, recipe, selectionId, slug, text, time } from './fields.ts';
import { selection } from './filters.ts';
import { keysChoice, keysChosen } from './keys.ts';
import { memberRole } from './states.ts';

/** A campaign where nobody says otherwise: the same in the page's form, the command and the API. */
export const campaignDefaults = {
  preset: defaultPreset,
  ordering: 'import',
  annotators: 1,
  blind: true,
  honeypotRate: 0,
  unlabelled: 'allow',
  corpus: 'off',
  /** Seconds for which an image is held without a sign of life. */
  leaseSeconds: 900,
} as const;

export const member = z.described(z.object({ user: id, name: z.string(), email: z.string(), role: memberRole }), {
  id: 'Member',
});
export type Member = z.infer<typeof member>;

const categoryId = z.int().check(z.gte(1), z.lte(65_535));

/** A category of a campaign's label schema. */
export const category = z.described(
  z.object({
    id: categoryId,
    name: text(100),
    colour: z.string().check(z.regex(/^#[0-9a-f]{6}$/, '#rrggbb')),
    isthing: z.boolean(),
    /** What belongs to it, for annotators. */
    description: z.optional(text(2_000, 0)),
    /** Pictures of it, in the order in which they are shown. */
    pictures: z.optional(z.array(classPicture).check(z.maxLength(classPictureLimits.count))),
    /** It stays in what was drawn, and is no longer offered. */
    retired: z.optional(z.boolean()),
    /** What strokes and masks in the store call it: its first name. Given by the server; absent where that is its name. */
    stored: z.optional(text(120)),
    /** The class that it counts as: all that was drawn of it, from this version on. */
    merged: z.optional(categoryId),
    /** Digit or letter that, after a comma, begins a segment of it. */
    shortcut: z.optional(z.string().check(z.regex(/^[0-9a-z]$/, '0-9 or a-z'))),
  }),
  { id: 'Category' },
);
export type LabelCategory = z.infer<typeof category>;

/** What an image begins with, before anybody has drawn on it. */
export const campaignStart = z.described(
  z.strictObject({
    /**
     * `known`: with the known mask that its dataset has of it, if it has one. `predicted`: with a mask that was made before, as a
     * model's: of the dataset's pre-labels as they are when the image is first given out, or of `masks`.
     */
    from: z.enum(['known', 'predicted']),
    /** A set of masks, such as that of a build, in place of the pre-labels. */
    masks: z.optional(recipe),
    /** Classes of these masks that the campaign lacks: they are refused, or become background. */
    others: z.enum(['refuse', 'background']),
  }),
  { id: 'CampaignStart' },
);
export type CampaignStart = z.infer<typeof campaignStart>;

const changes = {
  name: text(200),
  instructions: text(20_000, 0),
  /** Wanted per image. */
  annotators: z.int().check(z.gte(1), z.lte(100)),
  /** Whether annotators of one image know nothing of one another. */
  blind: z.boolean(),
  /** How often an image comes whose mask is known, 0 … 1. */
  honeypotRate: z.number().check(z.gte(0), z.lte(1)),
  /** ISO 8601; null takes it away. */
  deadline: z.nullable(time),
  leaseSeconds: z.int().check(z.gte(5), z.lte(86_400)),
  state: z.enum(['open', 'paused', 'closed']),
  /** How much worse, and how much other, new masks may be before a person must look (GateThresholds). */
  gateWorse: z.number().check(z.gte(0), z.lte(1)),
  gateChanged: z.number().check(z.gte(0), z.lte(1)),
  /** Whether pixels keep the labels of the strokes over them: from the next stroke on. */
  strokes: z.enum(strokeKinds),
  /** Images with pixels that belong to no segment: they may be handed in, or are refused. */
  unlabelled: z.enum(['allow', 'refuse']),
  /**
   * Whether what strokes on other images teach joins an image's own. `on` takes what the dataset's pre-labels taught last, also where
   * it is on already, and stays with that.
   */
  corpus: z.enum(['on', 'off']),
};

/** What may be changed while a campaign runs. */
export const campaignChanges = z.described(z.partial(z.strictObject(changes)), { id: 'CampaignChanges' });
export type CampaignChanges = z.infer<typeof campaignChanges>;

/** What may differ from a preset: numbers and choices that the solver checks itself. */
const solve = z.partial(
  z.strictObject({
    graph: z.enum(graphKinds),
    sigma: z.union([z.literal('auto'), z.number().check(z.positive())]),
    tau: z.number().check(z.gte(-1), z.lte(1)),
    neighbors: z.int().check(z.gte(2), z.lte(100)),
    colorWeight: z.number().check(z.gte(0), z.lte(100)),
    alpha: z.number().check(z.gt(0), z.lt(1)),
    refine: z.enum(refineKinds),
  }),
);

export const newCampaign = z.described(
  z.strictObject({
    ...campaignChanges.shape,
    id: slug,
    name: changes.name,
    dataset: params.dataset,
    categories: z.array(category).check(z.minLength(1), z.maxLength(1000)),
    attributes: z.optional(z.array(attribute).check(z.maxLength(100))),
    ...keysChoice,
    preset: z._default(z.enum(presetNames), campaignDefaults.preset),
    solve: z._default(solve, {}),
    ordering: z._default(z.enum(['import', 'random']), campaignDefaults.ordering),
    /** Left out: with nothing. */
    start: z.optional(z.nullable(campaignStart)),
    /** Id of a Selection of the dataset's images; left out: all of them, and those that are imported later. */
    selection: z.optional(selectionId),
  }),
  { id: 'NewCampaign' },
);
/** With every default filled in. */
export type NewCampaign = z.infer<typeof newCampaign>;

export const campaign = z.described(
  z.object({
    ...changes,
    id: slug,
    dataset: z.string(),
    ...keysChosen,
    preset: z.enum(presetNames),
    /** Settings that differ from the preset's. */
    solve: openObject(segmentChanges),
    ordering: z.enum(['import', 'random']),
    /** Earlier servers leave these three out. */
    unlabelled: z._default(changes.unlabelled, campaignDefaults.unlabelled),
    /** What is heard: `corpus` of `solve`. */
    corpus: z._default(changes.corpus, campaignDefaults.corpus),
    start: z._default(z.nullable(campaignStart), null),
    /** The images that it is of; absent where that is all of the dataset. */
    selection: z.optional(selection),
    deadline: z.nullable(z.string()),
    categories: z.array(category),
    /** What it wants to know of segments and images; absent where that is nothing. */
    attributes: z.optional(z.array(attribute)),
    /** The version of these categories: it grows with every change. Earlier servers leave it out. */
    schema: z._default(z.int(), 1),
    created: z.string(),
    /** Since when it is only read, and not listed; null: it is not. */
    archived: z._default(z.nullable(z.string()), null),
    /** When it was deleted, and from when on nobody can restore it; null: it is not. */
    deleted: z._default(z.nullable(z.object({ at: z.string(), goes: z.string() })), null),
  }),
  { id: 'Campaign' },
);
export type Campaign = z.infer<typeof campaign>;

export const progress = z.described(
  z.object({
    /** Whether every image of the dataset is a task by now. */
    filled: z.boolean(),
    tasks: z.int(),
    /** Submitted by as many annotators as are wanted; of these, the ones of which a reviewer accepted as many. */
    done: z.int(),
    accepted: z.int(),
    /** Tasks whose files changed since somebody began with them: counted nowhere else; absent where there are none. */
    former: z.optional(z.int()),
    /** Still wanted, and left by an annotator who gave a reason. */
    skipped: z.int(),
    /** Assignments by state. */
    assignments: z.record(z.string(), z.int()),
  }),
  { id: 'Progress' },
);
export type CampaignProgress = z.infer<typeof progress>;

const at = '/api/campaigns/:campaign';

/** Which ones a list shows: those in use, those in the archive, or those that were deleted and can be restored. */
export const shownCampaigns = z.enum(['current', 'archived', 'deleted']);

export const getCampaigns = endpoint({
  method: 'GET',
  url: '/api/campaigns',
  query: z.object({ show: z._default(shownCampaigns, 'current') }),
  response: z.array(campaign),
});

export const postCampaigns = endpoint({
  method: 'POST',
  url: '/api/campaigns',
  body: newCampaign,
  response: campaign,
});

export const getCampaign = endpoint({ method: 'GET', url: at, response: campaign });

export const patchCampaign = endpoint({ method: 'PATCH', url: at, body: campaignChanges, response: campaign });

/** Into the archive: it stays as it is, to be read. */
export const postCampaignArchive = endpoint({ method: 'POST', url: `${at}/archive`, response: campaign });

/** Out of the archive. */
export const deleteCampaignArchive = endpoint({ method: 'DELETE', url: `${at}/archive`, response: campaign });

export const deleteCampaign = endpoint({
  method: 'DELETE',
  url: at,
  /** `true`: without a grace period. Nobody can restore it then. */
  query: z.object({ now: z._default(z.enum(['true', 'false']), 'false') }),
  response: z.object({ goes: z.string() }),
});

/** Undoes that it was deleted. */
export const postCampaignRestore = endpoint({ method: 'POST', url: `${at}/restore`, response: campaign });

export const getCampaignProgress = endpoint({ method: 'GET', url: `${at}/progress`, response: progress });

export const getCampaignMembers = endpoint({ method: 'GET', url: `${at}/members`, response: z.array(member) });

export const postCampaignMembers = endpoint({
  method: 'POST',
  url: `${at}/members`,
  body: z.strictObject({ email: newUser.shape.email, role: memberRole }),
  response: z.object({ user: id, link: z.optional(z.string()), mailed }),
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
