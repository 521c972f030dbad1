/** Where two masks of an image differ. */
import type { Rgb } from '@saltworks/core/screen/colours';

/** `lost`: a segment became background. `gained`: background became a segment. `other`: one segment became another. */
export const changeKinds = ['lost', 'gained', 'other'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** Told apart with any kind of colour vision, and on any photograph (Okabe & Ito 2008). */
export const changeColours: Record<ChangeKind, Rgb> = {
  lost: [213, 94, 0],
  gained: [86, 180, 233],
  other: [240, 228, 66],
};

export interface Difference {
  /** Per pixel: 0 unchanged, else 1 + the kind's place in `changeKinds`; in these and `changeColours` paints it. */
  kinds: Uint32Array;
  /** Changed pixels. */
  counts: Record<ChangeKind, number>;
}

/** @param before @param after segment ids of masks of one size */
export function differenceOf(before: Uint32Array, after: Uint32Array): Difference {
  const kinds = new Uint32Array(before.length);
  const found = [0, 0, 0];
  for (let i = 0; i < kinds.length; i++) {
    if (before[i] === after[i]) continue;
    const kind = after[i] === 0 ? 0 : before[i] === 0 ? 1 : 2;
    kinds[i] = kind + 1;
    found[kind]++;
  }
  return { kinds, counts: { lost: found[0], gained: found[1], other: found[2] } };
}

/** Colours by the numbers of `Difference.kinds`. */
export const coloursOfKinds: ReadonlyMap<number, Rgb> = new Map(
  changeKinds.map((kind, i) => [i + 1, changeColours[kind]]),
);
