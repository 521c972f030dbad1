/** The classes of a campaign while they are put together. */

import type { LabelCategory } from '@saltworks/contract/categories';
import { classColour, freeColour } from '@saltworks/core/screen/colours';

/** A class: its id comes from its place in the list, once the campaign is made. */
export type CategoryDraft = Omit<LabelCategory, 'id'>;

/** Offered in this order. */
export const palette = Array.from({ length: 16 }, (_, i) => classColour(i));

/** "cat, dog, sky:stuff", by commas, semicolons or lines; a class is a thing unless it says otherwise. */
export function parseCategories(text: string): Pick<CategoryDraft, 'name' | 'isthing'>[] {
  return text
    .split(/[,;\n]/)
    .map((entry) => {
      const [, name, kind] = /^\s*(.*?)\s*(?::\s*(thing|stuff)\s*)?$/is.exec(entry)!;
      return { name, isthing: kind?.toLowerCase() !== 'stuff' };
    })
    .filter(({ name }) => name !== '');
}

/** Those of a text put at the end, each in a colour that is free; those that are there already are left out. */
export function addCategories(categories: readonly CategoryDraft[], text: string): CategoryDraft[] {
  const all = [...categories];
  for (const { name, isthing } of parseCategories(text)) {
    if (all.some((other) => other.name.toLowerCase() === name.toLowerCase())) continue;
    all.push({ name, isthing, colour: freeColour(all.map(({ colour }) => colour)) });
  }
  return all;
}

/** One of a list put elsewhere in it. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  if (to < 0 || to >= list.length) return [...list];
  const rest = list.filter((_, i) => i !== from);
  return [...rest.slice(0, to), list[from], ...rest.slice(to)];
}
