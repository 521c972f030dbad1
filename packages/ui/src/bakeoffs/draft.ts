/** A bake-off as typed into the form. */
import { defaultSample, type VariantChoice } from '@saltworks/contract/api/bakeoffs';
import { defaultPreset } from '@saltworks/contract/kinds';
import { emptyKeys, type KeysDraft, keysOf } from '../keys/draft.ts';

export interface VariantDraft extends KeysDraft {
  /** Of this form, for React. */
  key: number;
  preset: NonNullable<VariantChoice['preset']>;
}

export interface BakeoffDraft {
  variants: VariantDraft[];
  sample: string;
  seed: string;
}

const variant = (key: number, from: Partial<VariantDraft>): VariantDraft => ({
  ...emptyKeys,
  preset: defaultPreset,
  ...from,
  key,
});

/** Two variants, the first as it is now. @param now keys and preset that are drawn on */
export const emptyBakeoff = (now: Partial<VariantDraft> = {}): BakeoffDraft => ({
  variants: [variant(1, now), variant(2, now)],
  sample: String(defaultSample),
  seed: '1',
});

/** One more, like the last. */
export const withVariant = ({ variants, ...rest }: BakeoffDraft): BakeoffDraft => ({
  ...rest,
  variants: [...variants, variant(Math.max(...variants.map(({ key }) => key)) + 1, variants.at(-1) ?? {})],
});

export const withoutVariant = ({ variants, ...rest }: BakeoffDraft, key: number): BakeoffDraft => ({
  ...rest,
  variants: variants.filter((variant) => variant.key !== key),
});

/** As the API takes it. */
export const bakeoffOf = ({ variants, sample, seed }: BakeoffDraft) => ({
  variants: variants.map(({ key: _, preset, ...keys }): VariantChoice => ({ ...keysOf(keys), preset })),
  sample: Number(sample),
  seed: Number(seed),
});
