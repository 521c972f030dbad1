/** Connected parts of segments. */
import type { Mask } from '../mask/mask.ts';

/**
 * Counts the 4-connected parts of every segment.
 *
 * @param ignore 1 at pixels that do not count: they join parts, but a part of nothing else is none
 * @returns parts by id; an id without a part is absent
 */
export function countParts({ ids, width }: Mask, ignore?: Uint8Array): Map<number, number> {
  const parts = new Map<number, number>();
  const seen = new Uint8Array(ids.length);
  const stack = new Int32Array(ids.length);
  for (let start = 0; start < ids.length; start++) {
    if (seen[start]) continue;
    const id = ids[start];
    let counts = false;
    let top = 0;
    const visit = (i: number) => {
      if (seen[i] || ids[i] !== id) return;
      seen[i] = 1;
      stack[top++] = i;
    };
    visit(start);
    while (top > 0) {
      const i = stack[--top];
      if (!ignore?.[i]) counts = true;
      const x = i % width;
      if (x > 0) visit(i - 1);
      if (x < width - 1) visit(i + 1);
      if (i >= width) visit(i - width);
      if (i + width < ids.length) visit(i + width);
    }
    if (counts) parts.set(id, (parts.get(id) ?? 0) + 1);
  }
  return parts;
}
