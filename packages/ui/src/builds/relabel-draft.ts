/** A re-labelling as typed into the form. */
import type { NewRelabel } from '@saltworks/contract/api/builds';
import { emptyKeys, type KeysDraft, keysOf } from '../keys/draft.ts';

export interface RelabelDraft extends KeysDraft {
  /** Empty: as it is now. */
  preset: '' | NonNullable<NewRelabel['preset']>;
  promote: NonNullable<NewRelabel['promote']>;
  keep: NonNullable<NewRelabel['keep']>;
  /** The thresholds of the gate: an IoU, and percent. Empty: the campaign's own, else the defaults. */
  worse: string;
  changed: string;
}

/** @param keys that are drawn on now */
export const emptyRelabel = (keys: Partial<KeysDraft> = {}): RelabelDraft => ({
  ...emptyKeys,
  ...keys,
  preset: '',
  promote: 'auto',
  keep: 'accepted',
  worse: '',
  changed: '',
});

/** As the API takes it. */
export function relabelOf({ preset, promote, keep, worse, changed, ...keys }: RelabelDraft): NewRelabel {
  const thresholds = {
    ...(worse.trim() === '' ? {} : { worse: Number(worse) }),
    ...(changed.trim() === '' ? {} : { changed: Number(changed) / 100 }),
  };
  return {
    ...keysOf(keys),
    ...(preset === '' ? {} : { preset }),
    promote,
    keep,
    ...(Object.keys(thresholds).length > 0 ? { thresholds } : {}),
  };
}
