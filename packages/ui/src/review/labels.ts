import type { LabelCategory } from '@saltworks/contract/api/campaigns';

/** Category by segment id; an unknown id is background, 0. */
export function categoriesOf(
  { ids }: { ids: Uint32Array },
  segments: readonly { id: number; category: number }[],
): Uint16Array {
  const byId = new Map(segments.map(({ id, category }) => [id, category]));
  return Uint16Array.from(ids, (id) => byId.get(id) ?? 0);
}

/** Share of pixels, 0 … 1, to which two masks of one size give the same category. */
export function sameShare(a: Uint16Array, b: Uint16Array): number {
  let same = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) same++;
  return same / a.length;
}

/** Agreement per pixel: the most frequent category's share, rescaled to 1 where all masks agree and 0 where no two do. */
export function consent(masks: readonly Uint16Array[]): Float32Array {
  const found = new Float32Array(masks[0]?.length ?? 0).fill(1);
  if (masks.length < 2) return found;
  for (let i = 0; i < found.length; i++) {
    let most = 1;
    for (const mask of masks) {
      let votes = 0;
      for (const other of masks) if (other[i] === mask[i]) votes++;
      if (votes > most) most = votes;
    }
    found[i] = (most - 1) / (masks.length - 1);
  }
  return found;
}

/** Segments with named categories, as segments of the campaign's category ids. */
export const numbered = (
  segments: readonly { id: number; category: string }[],
  categories: readonly LabelCategory[],
): { id: number; category: number }[] =>
  segments.flatMap(({ id, category }) => {
    const found = categories.find(({ name }) => name === category);
    return found ? [{ id, category: found.id }] : [];
  });
