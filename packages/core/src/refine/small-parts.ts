/**
 * A segment's small parts that nobody drew are mostly noise of the picture: they join what lies around them.
 */
import type { Mask } from '../mask/mask.ts';
import { partsOf, rootOf } from '../mask/parts.ts';

/**
 * Gives every part that is smaller than `share` of its segment's largest to the neighbour with which it has the longest border,
 * in place, the smallest parts first. A part with a held pixel stays.
 *
 * @param held numbers of pixels
 */
export function absorbSmallParts(mask: Mask, share: number, held: Int32Array = new Int32Array(0)): void {
  const { of, areas, ids } = partsOf(mask);
  const largest = new Map<number, number>();
  areas.forEach((area, part) => {
    largest.set(ids[part], Math.max(area, largest.get(ids[part]) ?? 0));
  });
  const kept = new Set(Array.from(held, (pixel) => of[pixel]));
  const small = [...areas.keys()].filter((part) => !kept.has(part) && areas[part] < share * largest.get(ids[part])!);
  if (small.length === 0) return;
  const borders = bordersOf(of, mask, small);
  const parents = Int32Array.from(areas.keys());
  for (const part of small.sort((a, b) => areas[a] - areas[b] || a - b)) {
    const lengths = new Map<number, number>();
    for (const [other, length] of borders.get(part) ?? []) {
      const root = rootOf(parents, other);
      if (root !== part) lengths.set(root, (lengths.get(root) ?? 0) + length);
    }
    const [nearest] = [...lengths].sort(([a, m], [b, n]) => n - m || a - b)[0];
    parents[part] = nearest;
    // What was absorbed brings its other neighbours.
    const own = borders.get(nearest);
    if (own) for (const [root, length] of lengths) own.set(root, (own.get(root) ?? 0) + length);
  }
  const owners = Uint32Array.from(parents, (_, part) => ids[rootOf(parents, part)]);
  for (let i = 0; i < of.length; i++) mask.ids[i] = owners[of[i]];
}

/** For each of these parts, the number of pixel sides that it shares with each neighbour. */
function bordersOf(
  of: Int32Array,
  { width, height }: Mask,
  parts: readonly number[],
): Map<number, Map<number, number>> {
  const borders = new Map(parts.map((part) => [part, new Map<number, number>()]));
  const count = (part: number, other: number) => {
    const own = borders.get(part);
    if (own) own.set(other, (own.get(other) ?? 0) + 1);
  };
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const part = of[i];
      const right = x + 1 < width ? of[i + 1] : part;
      const below = y + 1 < height ? of[i + width] : part;
      if (right !== part) {
        count(part, right);
        count(right, part);
      }
      if (below !== part) {
        count(part, below);
        count(below, part);
      }
    }
  }
  return borders;
}
