/**
 * What a solve hears of a corpus: enough to say which category each patch of an image looks like, and how far that is to be
 * trusted. It is a few hundred kilobytes at most, so that a page takes it, too.
 */
import type { Segment } from '@saltworks/contract/documents/scribbles';
import type { TaughtCategory } from '@saltworks/contract/documents/statistics';
import type { Upsample } from '@saltworks/contract/options';
import type { Keys } from '../keys/keys.ts';
import type { Opinion } from '../walk/opinion.ts';
import type { Scorer } from './classifier.ts';
import { opinionOf } from './opinion-of.ts';
import { placeOf } from './taught.ts';

export interface CorpusPrior extends Scorer {
  /** `[c]`, as taught. */
  categories: TaughtCategory[];
  balance: number;
  sharpness: number;
  /** The most that the corpus may have, 0 … 1 (`trustOf`). */
  trust: number;
  /** Id of the keys that it was taught with. */
  keys: string;
}

/**
 * @param segments of the drawing, asked for whenever it is solved: they come and go
 * @throws InvalidInputError if keys have other dimensions
 */
export function hearCorpus(
  { categories, balance, sharpness, trust, ...scorer }: Omit<CorpusPrior, 'keys'>,
  keys: Keys,
  options: { upsample: Upsample },
  segments: () => readonly Segment[],
): Opinion {
  const categoryOf = (id: number) => {
    const place = placeOf(categories, categoryIn(segments(), id));
    return place < 0 ? undefined : place;
  };
  return opinionOf(scorer, keys, options, categoryOf, { balance, sharpness, trust });
}

/** What a label of a drawing teaches: the category of its segment, or the background. */
export function categoryIn(segments: readonly Segment[], label: number): TaughtCategory {
  const own = segments.find(({ id }) => id === label);
  return own ? { name: own.category, isthing: own.isthing ? 1 : 0 } : null;
}
