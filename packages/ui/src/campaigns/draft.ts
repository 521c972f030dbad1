/** A campaign as typed into the form. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { type Campaign, campaignDefaults } from '@saltworks/contract/api/campaigns';
import { defaultThresholds } from '@saltworks/contract/documents/comparisons';
import { presetNames, strokeKinds } from '@saltworks/contract/kinds';
import * as z from '@saltworks/contract/zod';
import { presets } from '@saltworks/core/options';
import { emptyKeys, keysDraft, keysOf } from '../keys/draft.ts';
import { readStored } from '../stored.ts';

const settings = {
  name: z.string(),
  instructions: z.string(),
  /** Annotators wanted for each image. */
  annotators: z.string(),
  /** Percent. */
  honeypots: z.string(),
  /** The value of `<input type="datetime-local">`, or empty. */
  deadline: z.string(),
  /** Minutes. */
  lease: z.string(),
  blind: z.boolean(),
  strokes: z.enum(strokeKinds),
  /** The gate's thresholds: an IoU, and percent. */
  gateWorse: z.string(),
  gateChanged: z.string(),
  /** Whether every pixel has to belong to a segment. */
  complete: z.boolean(),
};

/** Settings that can change later. */
const settingsDraft = z.object(settings);
export type SettingsDraft = z.infer<typeof settingsDraft>;

const draft = z.object({
  ...settings,
  /** If empty, derived from the name. */
  id: z.string(),
  dataset: z.string(),
  /** The filter of the dataset that finds its images; empty: all of them. */
  filter: z.string(),
  categories: z.array(z.object({ name: z.string(), colour: z.string(), isthing: z.boolean() })),
  ...keysDraft,
  preset: z.enum(presetNames),
  ordering: z.enum(['import', 'random']),
  /** With nothing, known masks or predicted ones. */
  start: z.enum(['none', 'known', 'predicted']),
  /** Classes of these masks that the campaign lacks. */
  others: z.enum(['refuse', 'background']),
  /** The set of predicted masks; empty: the dataset's pre-labels. */
  masks: z.string(),
});
export type CampaignDraft = z.infer<typeof draft>;

const shortNumber = (value: number) => String(Math.round(value * 1000) / 1000);

export const emptyDraft: CampaignDraft = {
  name: '',
  id: '',
  dataset: '',
  filter: '',
  categories: [],
  instructions: '',
  annotators: String(campaignDefaults.annotators),
  honeypots: String(campaignDefaults.honeypotRate),
  deadline: '',
  lease: String(campaignDefaults.leaseSeconds / 60),
  blind: campaignDefaults.blind,
  strokes: presets[campaignDefaults.preset].strokes,
  gateWorse: String(defaultThresholds.worse),
  gateChanged: shortNumber(100 * defaultThresholds.changed),
  complete: false,
  ...emptyKeys,
  preset: campaignDefaults.preset,
  ordering: campaignDefaults.ordering,
  start: 'none',
  others: 'refuse',
  masks: '',
};

/** A stored draft; nothing of one that is no longer valid. @param text JSON; null where none is stored */
export const readDraft = (text: string | null): CampaignDraft => ({
  ...emptyDraft,
  ...readStored(text, z.catch(z.partial(draft), {})),
});

/** A campaign's id from its name: a-z, 0-9 and -, at most 64 characters. */
export const slugOf = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, 64)
    .replace(/-$/, '');

export function draftOf(campaign: Campaign): SettingsDraft {
  const { name, instructions, annotators, honeypotRate, deadline, leaseSeconds, blind, strokes } = campaign;
  const { gateWorse, gateChanged, unlabelled } = campaign;
  return {
    name,
    instructions,
    annotators: String(annotators),
    honeypots: shortNumber(100 * honeypotRate),
    deadline: deadline === null ? '' : localTime(deadline),
    lease: shortNumber(leaseSeconds / 60),
    blind,
    strokes,
    gateWorse: String(gateWorse),
    gateChanged: shortNumber(100 * gateChanged),
    complete: unlabelled === 'refuse',
  };
}

export const changesOf = (draft: SettingsDraft) => {
  const { name, instructions, annotators, honeypots, deadline, lease, blind, strokes } = draft;
  const { gateWorse, gateChanged, complete } = draft;
  return {
    name: name.trim(),
    instructions,
    annotators: Number(annotators),
    honeypotRate: Number(honeypots) / 100,
    deadline: deadline === '' ? null : new Date(deadline).toISOString(),
    leaseSeconds: Math.round(Number(lease) * 60),
    blind,
    strokes,
    gateWorse: Number(gateWorse),
    gateChanged: Number(gateChanged) / 100,
    unlabelled: complete ? ('refuse' as const) : ('allow' as const),
  };
};

export const campaignOf = ({
  id,
  dataset,
  filter: _,
  categories,
  preset,
  ordering,
  start,
  others,
  masks,
  ...settings
}: CampaignDraft) => ({
  ...changesOf(settings),
  ...keysOf(settings),
  id: id || slugOf(settings.name),
  dataset,
  preset,
  ordering,
  start:
    start === 'none'
      ? null
      : { from: start, others, ...(start === 'predicted' && masks.trim() && { masks: masks.trim() }) },
  categories: categories.map((category, i): LabelCategory => ({ id: i + 1, ...category })),
});

/** ISO 8601 in local time, to the minute. */
function localTime(at: string): string {
  const time = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day}T${two(time.getHours())}:${two(time.getMinutes())}`;
}
