/** The length of segments' outlines. */
import type { Mask } from '../mask/mask.ts';

/**
 * Measures every segment's outline: the number of pixel sides that one of its pixels shares with a pixel of another segment. The
 * image's border is no outline, and neither is the side of an ignored pixel.
 *
 * @param ignore 1 at pixels that do not count
 * @returns lengths by id, in pixels; an id without an outline is absent
 */
export function outlineLengths({ ids, width }: Mask, ignore?: Uint8Array): Map<number, number> {
  const lengths = new Map<number, number>();
  const add = (id: number) => lengths.set(id, (lengths.get(id) ?? 0) + 1);
  const meet = (i: number, j: number) => {
    if (ids[i] === ids[j] || ignore?.[i] || ignore?.[j]) return;
    add(ids[i]);
    add(ids[j]);
  };
  for (let i = 0; i < ids.length; i++) {
    if ((i + 1) % width !== 0) meet(i, i + 1);
    if (i + width < ids.length) meet(i, i + width);
  }
  return lengths;
}
