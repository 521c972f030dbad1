/** A campaign as typed into the form. */

import type { Campaign } from '@saltworks/contract/api/campaigns';
import { campaignDefaults } from '@saltworks/contract/api/campaigns';
import type { LabelCategory } from '@saltworks/contract/categories';
import { presets } from '@saltworks/core/options';
import type { CategoryDraft } from './categories.ts';

/** Settings that can change later. */
export interface SettingsDraft {
  name: string;
  instructions: string;
  /** Annotators wanted for each image. */
  annotators: string;
  /** Percent. */
  honeypots: string;
  /** The value of `<input type="datetime-local">`, or empty. */
  deadline: string;
  /** Minutes. */
  lease: string;
  blind: boolean;
  strokes: Campaign['strokes'];
}

export interface CampaignDraft extends SettingsDraft {
  /** If empty, derived from the name. */
  id: string;
  dataset: string;
  categories: CategoryDraft[];
  preset: Campaign['preset'];
  ordering: Campaign['ordering'];
}

export const emptyDraft: CampaignDraft = {
  name: '',
  id: '',
  dataset: '',
  categories: [],
  instructions: '',
  annotators: '1',
  honeypots: '0',
  deadline: '',
  lease: String(campaignDefaults.leaseSeconds / 60),
  blind: true,
  strokes: presets.best.strokes,
  preset: 'best',
  ordering: 'import',
};

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
  return {
    name,
    instructions,
    annotators: String(annotators),
    honeypots: shortNumber(100 * honeypotRate),
    deadline: deadline === null ? '' : localTime(deadline),
    lease: shortNumber(leaseSeconds / 60),
    blind,
    strokes,
  };
}

export const changesOf = (draft: SettingsDraft) => {
  const { name, instructions, annotators, honeypots, deadline, lease, blind, strokes } = draft;
  return {
    name: name.trim(),
    instructions,
    annotators: Number(annotators),
    honeypotRate: Number(honeypots) / 100,
    deadline: deadline === '' ? null : new Date(deadline).toISOString(),
    leaseSeconds: Math.round(Number(lease) * 60),
    blind,
    strokes,
  };
};

export const campaignOf = ({ id, dataset, categories, preset, ordering, ...settings }: CampaignDraft) => ({
  ...changesOf(settings),
  id: id || slugOf(settings.name),
  dataset,
  preset,
  ordering,
  categories: categories.map((category, i): LabelCategory => ({ id: i + 1, ...category })),
});

const shortNumber = (value: number) => String(Math.round(value * 1000) / 1000);

/** ISO 8601 in local time, to the minute. */
function localTime(at: string): string {
  const time = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day}T${two(time.getHours())}:${two(time.getMinutes())}`;
}
