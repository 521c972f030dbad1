/** Two masks of one image, made from the same strokes: what changed, by pixel, by segment and by category. */
import type { ComparedImage } from '@saltworks/contract/documents/comparisons';
import type { Mask } from '../mask/mask.ts';
import { iou, type JointAreas, jointAreas } from '../metrics/joint-areas.ts';

/** A mask, and the names of its segments' categories. A segment without a name has the background's, ''. */
export interface NamedMask {
  mask: Mask;
  categories: ReadonlyMap<number, string>;
}

export type MaskChange = Pick<ComparedImage, 'changed' | 'iou' | 'pixels' | 'segments' | 'classes'>;

/**
 * Segments match by id and category, since both masks have them from strokes; one that changed its category is two. The pixels
 * are passed over once.
 *
 * @throws InvalidInputError if the masks differ in size
 */
export function compareMasks(before: NamedMask, after: NamedMask): MaskChange {
  const areas = jointAreas(before.mask, after.mask);
  const segments = segmentsOf(areas, before, after);
  // A pixel stays what it was if it stays background, or in its segment.
  const kept = segments.reduce((sum, { both }) => sum + both, areas.shared(0, 0));
  return {
    changed: (areas.pixels - kept) / areas.pixels,
    iou: segments.length === 0 ? 1 : segments.reduce((sum, { iou }) => sum + iou, 0) / segments.length,
    pixels: areas.pixels,
    segments: segments.map(({ both: _, ...segment }) => segment),
    classes: classesOf(areas, before, after),
  };
}

/** A mask compared with itself, as its document has it. @param segments areas in pixels */
export function unchanged(
  segments: readonly { id: number; category: string; area: number }[],
  pixels: number,
): MaskChange {
  const classes = new Map<string, number>([['', pixels - segments.reduce((sum, { area }) => sum + area, 0)]]);
  for (const { category, area } of segments) classes.set(category, (classes.get(category) ?? 0) + area);
  return {
    changed: 0,
    iou: 1,
    pixels,
    segments: segments.map(({ id, category, area }) => ({ id, category, before: area, after: area, iou: 1 })),
    classes: [...classes]
      .filter(([, area]) => area > 0)
      .sort(byName)
      .map(([category, area]) => ({ category, before: area, after: area, both: area })),
  };
}

function segmentsOf(areas: JointAreas, before: NamedMask, after: NamedMask) {
  const ids = new Set([...areas.a.keys(), ...areas.b.keys()]);
  ids.delete(0);
  return [...ids]
    .sort((a, b) => a - b)
    .flatMap((id) => {
      const [was, is] = [areas.a.get(id) ?? 0, areas.b.get(id) ?? 0];
      const [old, now] = [nameOf(before, id), nameOf(after, id)];
      if (was > 0 && is > 0 && old === now) {
        return [{ id, category: now, before: was, after: is, iou: iou(areas, id, id), both: areas.shared(id, id) }];
      }
      return [
        ...(was > 0 ? [{ id, category: old, before: was, after: 0, iou: 0, both: 0 }] : []),
        ...(is > 0 ? [{ id, category: now, before: 0, after: is, iou: 0, both: 0 }] : []),
      ];
    });
}

/** All segments of a category together, in order of names. */
function classesOf(areas: JointAreas, before: NamedMask, after: NamedMask): MaskChange['classes'] {
  const grouped = (of: NamedMask, ids: Iterable<number>) => {
    const groups = new Map<string, number[]>();
    for (const id of ids) groups.set(nameOf(of, id), [...(groups.get(nameOf(of, id)) ?? []), id]);
    return groups;
  };
  const [old, now] = [grouped(before, areas.a.keys()), grouped(after, areas.b.keys())];
  const sum = (ids: readonly number[], of: (id: number) => number) => ids.reduce((total, id) => total + of(id), 0);
  return [...new Set([...old.keys(), ...now.keys()])].sort().map((category) => {
    const [was, is] = [old.get(category) ?? [], now.get(category) ?? []];
    return {
      category,
      before: sum(was, (id) => areas.a.get(id) ?? 0),
      after: sum(is, (id) => areas.b.get(id) ?? 0),
      both: sum(was, (i) => sum(is, (j) => areas.shared(i, j))),
    };
  });
}

const nameOf = ({ categories }: NamedMask, id: number): string => (id === 0 ? '' : (categories.get(id) ?? ''));

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
