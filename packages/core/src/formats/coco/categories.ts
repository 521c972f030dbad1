/** The categories of a COCO document, numbered as exports need them: from 1 on, each number once. */

import type { Category } from '@saltworks/contract/categories';
import { InvalidInputError } from '@saltworks/contract/errors';

export interface CocoCategories {
  categories: Category[];
  /** Our ids by the document's, as `cocoId` gives them. */
  ids: ReadonlyMap<unknown, number>;
  /** The changes of ids, in words, if there are any. */
  note?: string;
}

/** An id in comparable form: some documents write both 3 and "3". */
export const cocoId = (id: unknown): unknown => (typeof id === 'string' && /^\d{1,15}$/.test(id) ? Number(id) : id);

/**
 * Ids from 1 on stay. If one is 0, all move up by one; if any is something else (a word, a fraction, a number below 0), they
 * count from 1 in the document's order.
 *
 * @param listed straight from the document, unchecked
 * @throws InvalidInputError if one has no name or no id, or two have the same id
 */
export function cocoCategories(listed: readonly object[]): CocoCategories {
  const given = listed.map((entry, k) => {
    const { id, name, isthing } = entry as { id?: unknown; name?: unknown; isthing?: unknown };
    const which = `category ${k + 1} is ${show(entry)}`;
    if (!['string', 'number'].includes(typeof id) || id === '') throw new InvalidInputError(`${which}; expected an id`);
    const text = typeof name === 'number' ? String(name) : name;
    if (typeof text !== 'string' || text.trim() === '') throw new InvalidInputError(`${which}; expected a name`);
    return { id: cocoId(id), name: text, isthing: isthing === 0 ? 0 : 1 } as const;
  });
  const ids = new Map(given.map(({ id }, k) => [id, k + 1]));
  const twice = given.find(({ id }, k) => ids.get(id) !== k + 1);
  if (twice) {
    const { id, name } = given[(ids.get(twice.id) as number) - 1];
    throw new InvalidInputError(
      `categories ${show(twice.name)} and ${show(name)} have the id ${show(id)}; expected ids that differ`,
    );
  }
  const numbers = given.map(({ id }) => id).filter((id) => Number.isSafeInteger(id)) as number[];
  if (numbers.length === given.length && numbers.every((id) => id >= 0)) {
    const up = numbers.includes(0) ? 1 : 0;
    for (const id of numbers) ids.set(id, id + up);
  }
  const categories = given.map(({ id, ...category }) => ({ id: ids.get(id) as number, ...category }));
  const moved = given.filter(({ id }) => ids.get(id) !== id);
  if (moved.length === 0) return { categories, ids };
  const examples = moved.slice(0, 5).map(({ id, name }) => `${show(id)} is now ${ids.get(id)} (${name})`);
  const more = moved.length > examples.length ? ', …' : '';
  return { categories, ids, note: `category ids count from 1 here: ${examples.join(', ')}${more}` };
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
