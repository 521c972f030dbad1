/** The categories of a new campaign. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { classColour, freeColour } from '@saltworks/core/screen/colours';

/** A category without its id, which will be its place in the list. */
export type CategoryDraft = Omit<LabelCategory, 'id'>;

/** The palette, in the order offered. */
export const palette = Array.from({ length: 16 }, (_, i) => classColour(i));

/** Parses "cat, dog, sky:stuff", separated by commas, semicolons or lines; a category is a thing unless marked. */
export function parseCategories(text: string): Pick<CategoryDraft, 'name' | 'isthing'>[] {
  return text
    .split(/[,;\n]/)
    .map((entry) => {
      const [, name, kind] = /^\s*(.*?)\s*(?::\s*(thing|stuff)\s*)?$/is.exec(entry)!;
      return { name, isthing: kind?.toLowerCase() !== 'stuff' };
    })
    .filter(({ name }) => name !== '');
}

/** Appends a text's categories, each in a free colour; skips those already in the list. */
export function addCategories(categories: readonly CategoryDraft[], text: string): CategoryDraft[] {
  const all = [...categories];
  for (const { name, isthing } of parseCategories(text)) {
    if (all.some((other) => other.name.toLowerCase() === name.toLowerCase())) continue;
    all.push({ name, isthing, colour: freeColour(all.map(({ colour }) => colour)) });
  }
  return all;
}

/** Moves one entry of a list. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  if (to < 0 || to >= list.length) return [...list];
  const rest = list.filter((_, i) => i !== from);
  return [...rest.slice(0, to), list[from], ...rest.slice(to)];
}
