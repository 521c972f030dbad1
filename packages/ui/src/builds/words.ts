/** Builds in words. */
import type { BuildImageInfo, BuildInfo } from '@saltworks/contract/api/builds';
import type { ChangeCause } from '@saltworks/contract/documents/comparisons';
import { keysText } from '@saltworks/contract/keys-text';
import { moment } from '../plots/figures.ts';

/** The first digits, as people say them; addresses have all. */
export const short = (build: string): string => build.slice(0, 8);

const states: Record<BuildInfo['state'], string> = {
  making: 'being made',
  made: 'made, not judged',
  ready: 'ready to be shown',
  held: 'waits for a look',
  rejected: 'looked at, not taken',
  shown: 'shown before',
  failed: 'failed',
};

export const stateOf = ({ state, current }: BuildInfo): string => (current ? 'shown now' : states[state]);

/** "dinov2-small-focus, layer 9, best"; "unknown settings". */
export const settingsOf = ({ settings }: BuildInfo): string =>
  settings === null ? 'unknown settings' : `${keysText(settings)}, ${settings.preset}`;

/** "01234567 · Nov 29, 2026, 04:12 · dinov2-small-focus, best". */
export const nameOf = (build: BuildInfo): string =>
  [short(build.id), moment(build.made), settingsOf(build)].join(' · ');

export const causes: Record<ChangeCause, string> = {
  strokes: 'other strokes',
  backbone: 'another backbone',
  layer: 'another layer',
  facet: 'another facet',
  size: 'another size',
  codec: 'keys kept otherwise',
  settings: 'other settings',
  code: 'other code',
  added: 'new image',
  removed: 'image gone',
};

export const keptWords = { accepted: 'accepted in review, kept', chosen: 'kept by choice' };

const origins: Record<BuildImageInfo['origin'], string> = {
  imported: 'imported labels',
  predicted: 'labels of a model',
  drawn: 'drawn',
};

/** "drawn"; "imported labels, as they were". */
export const originWords = (origin: BuildImageInfo['origin'], corrected?: boolean): string =>
  origin === 'drawn' ? origins.drawn : `${origins[origin]}, ${corrected ? 'corrected' : 'as they were'}`;
