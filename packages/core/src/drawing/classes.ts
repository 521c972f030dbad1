/** A campaign's classes beyond their names: what stored strokes and masks call them, and what they count as. */
import type { LabelCategory } from '@saltworks/contract/api/campaigns';

type Named = Pick<LabelCategory, 'name' | 'stored'>;

/** What strokes and masks in the store call a class, whatever its name is by now. */
export const storedName = ({ stored, name }: Named): string => stored ?? name;

/** The class that one counts as by now: itself, or the one that it was merged into. */
export function countedAs<C extends Pick<LabelCategory, 'id' | 'merged'>>(
  categories: readonly C[],
  id: number,
): C | undefined {
  let found = categories.find((category) => category.id === id);
  // Each step leads to another class, so a list that leads in a circle ends too.
  for (let left = categories.length; found?.merged !== undefined && left > 0; left--) {
    const { merged } = found;
    found = categories.find((category) => category.id === merged);
  }
  return found;
}

/** Ids of the classes that count as one, itself among them. */
export const countedIn = (categories: readonly Pick<LabelCategory, 'id' | 'merged'>[], id: number): number[] =>
  categories.filter((category) => countedAs(categories, category.id)?.id === id).map((category) => category.id);

/** By what strokes and masks in the store call them: the classes that they count as by now. */
export function byStoredName<C extends Pick<LabelCategory, 'id' | 'merged'> & Named>(
  categories: readonly C[],
): Map<string, C> {
  const found = new Map<string, C>();
  for (const category of categories) {
    found.set(storedName(category), countedAs(categories, category.id) ?? category);
  }
  return found;
}

/** Segments of classes as they count by now. */
export const countedSegments = <S extends { category: number }>(
  segments: readonly S[],
  categories: readonly Pick<LabelCategory, 'id' | 'merged'>[],
): S[] =>
  categories.every(({ merged }) => merged === undefined)
    ? [...segments]
    : segments.map((segment) => ({
        ...segment,
        category: countedAs(categories, segment.category)?.id ?? segment.category,
      }));
