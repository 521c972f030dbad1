import type { MaskSet } from '@saltworks/contract/api/mask-sets';
import { moment } from '../plots/figures.ts';

/**
 * Campaign or preset, backbone and time: "best · dinov2-small-focus · Nov 29, 2026, 04:12". Of a build, which one: "Build 01234567,
 * shown now · Campaign Cups · …".
 */
export const nameOfMasks = (set: MaskSet): string => wordsOf(set).join(' · ');

function wordsOf({ build, ...set }: MaskSet): string[] {
  if (build === null) return settingsOf(set);
  const { id, current, made } = build;
  return [`Build ${id.slice(0, 8)}${current ? ', shown now' : ''}`, ...settingsOf({ ...set, made })];
}

function settingsOf({ campaign, preset, changed, backbone, made, recipe }: Omit<MaskSet, 'build'>): string[] {
  const settings = Object.entries(changed).map(([name, value]) => `${name} ${textOf(value)}`);
  const when = made === null ? [] : [moment(made)];
  if (campaign)
    return [`Campaign ${campaign.name}`, ...(preset ? [preset] : []), ...(backbone ? [backbone] : []), ...when];
  if (preset === null || backbone === null) return [recipe, ...when];
  return [preset, ...settings, backbone, ...when];
}

const textOf = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** The same with its recipe, the name in commands and the API, in small print. */
export const MasksName = ({ set }: { set: MaskSet }) => (
  <span className="masks-name">
    {nameOfMasks(set)} <code>{set.recipe}</code>
  </span>
);

/** A mask set's name by its recipe; the recipe itself if the set is unknown. */
export const masksOf = (sets: readonly MaskSet[], recipe: string): React.ReactNode => {
  const set = sets.find((each) => each.recipe === recipe);
  return set ? <MasksName set={set} /> : <code>{recipe}</code>;
};
