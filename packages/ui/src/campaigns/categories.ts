/** The classes of a campaign while they are put together. */
import type { LabelCategory } from '@saltworks/core/contract/annotate';

/** A class: its id comes from its place in the list, once the campaign is made. */
export type CategoryDraft = Omit<LabelCategory, 'id'>;

/** Told apart by colour-blind people, too: Okabe and Ito's, then Tol's "muted". Offered in this order. */
export const palette = [
  '#e69f00',
  '#56b4e9',
  '#009e73',
  '#f0e442',
  '#0072b2',
  '#d55e00',
  '#cc79a7',
  '#332288',
  '#88ccee',
  '#44aa99',
  '#117733',
  '#999933',
  '#ddcc77',
  '#cc6677',
  '#882255',
  '#aa4499',
];

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
    all.push({ name, isthing, colour: nextColour(all) });
  }
  return all;
}

/** The first of the palette that is used least. */
function nextColour(categories: readonly CategoryDraft[]): string {
  const uses = (colour: string) => categories.filter((category) => category.colour === colour).length;
  return palette.reduce((best, colour) => (uses(colour) < uses(best) ? colour : best));
}

/** One of a list put elsewhere in it. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  if (to < 0 || to >= list.length) return [...list];
  const rest = list.filter((_, i) => i !== from);
  return [...rest.slice(0, to), list[from], ...rest.slice(to)];
}
