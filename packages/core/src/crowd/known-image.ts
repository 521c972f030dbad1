/** An annotator's answer on a known image, compared with the true mask in the categories that both have. */

import type { Category } from '@saltworks/contract/categories';
import type { SegmentInfo } from '@saltworks/contract/documents/masks';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Mask } from '../mask/mask.ts';
import { type Agreement, type Answer, agreement } from './agreement.ts';

/** A true mask, and its segments' categories by its own list. */
export interface KnownMask {
  mask: Mask;
  segments: readonly (Pick<SegmentInfo, 'id' | 'category_id'> & Partial<Pick<SegmentInfo, 'iscrowd'>>)[];
  categories: readonly Pick<Category, 'id' | 'name'>[];
}

/** The class that a name from another list means: the same name, or else the only one that differs in case and outer blanks. */
export function classNamed(name: string, classes: readonly string[]): string | undefined {
  if (classes.includes(name)) return name;
  const folded = fold(name);
  const alike = classes.filter((known) => fold(known) === folded);
  return alike.length === 1 ? alike[0] : undefined;
}

const fold = (name: string) => name.normalize('NFC').trim().toLowerCase();

/**
 * Matches classes by name. A class in only one of the two lists is background on both sides: the annotator could not draw it,
 * or its true place is unknown. Pixels of crowds (`iscrowd` 1) are ignored.
 *
 * @param answer its categories are names from `classes`
 * @param classes names of the classes that the annotator could choose from
 * @param listed names of the classes that the known mask was drawn with; those of its segments are added
 * @throws InvalidInputError if the lists share no class, a known segment has no category, or the masks differ in size
 */
export function knownAgreement(
  answer: Answer & { categories: ReadonlyMap<number, string> },
  { mask, segments, categories }: KnownMask,
  { classes, listed }: { classes: readonly string[]; listed: readonly string[] },
): Agreement {
  const vocabulary = [...listed, ...categories.map(({ name }) => name)];
  const shared = new Set(vocabulary.flatMap((name) => classNamed(name, classes) ?? []));
  if (shared.size === 0) {
    const names = [...new Set(vocabulary)].slice(0, 5).map((name) => JSON.stringify(name));
    throw new InvalidInputError(
      `the known mask has the classes ${names.join(', ') || 'of no name'}; expected one of ${classes.slice(0, 5).join(', ')}`,
    );
  }
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  const truth = new Map<number, string>();
  for (const { id, category_id } of segments) {
    const name = names.get(category_id);
    if (name === undefined) {
      throw new InvalidInputError(`segment ${id} of the known mask has category ${category_id}; expected a listed one`);
    }
    truth.set(id, classNamed(name, classes) ?? '');
  }
  const crowds = new Set(segments.filter(({ iscrowd }) => iscrowd === 1).map(({ id }) => id));
  const ignore = Uint8Array.from(mask.ids, (id) => (crowds.has(id) ? 1 : 0));
  return agreement(within(answer, shared), within({ mask, categories: truth }, shared), ignore);
}

/** The segments of some classes; all else becomes background. */
function within(
  { mask, categories }: { mask: Mask; categories: ReadonlyMap<number, string> },
  classes: ReadonlySet<string>,
): Answer {
  const kept = new Map([...categories].filter(([, name]) => classes.has(name)));
  return { mask: { ...mask, ids: mask.ids.map((id) => (kept.has(id) ? id : 0)) }, categories: kept };
}
