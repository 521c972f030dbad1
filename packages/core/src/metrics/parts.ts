/** Connected parts of segments. */
import type { Mask } from '../mask/mask.ts';
import { partsOf } from '../mask/parts.ts';

/**
 * Counts the 4-connected parts of every segment.
 *
 * @param ignore 1 at pixels that do not count: they join parts, but a part of nothing else is none
 * @returns parts by id; an id without a part is absent
 */
export function countParts(mask: Mask, ignore?: Uint8Array): Map<number, number> {
  const { of, ids } = partsOf(mask);
  const counted = new Uint8Array(ids.length);
  of.forEach((part, i) => {
    if (!ignore?.[i]) counted[part] = 1;
  });
  const parts = new Map<number, number>();
  ids.forEach((id, part) => {
    if (counted[part]) parts.set(id, (parts.get(id) ?? 0) + 1);
  });
  return parts;
}
