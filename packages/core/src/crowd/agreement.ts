/** The agreement of two answers on one image, whatever their segment ids. */

import type { Mask } from '../mask/mask.ts';
import { iou, type JointAreas, jointAreas } from '../metrics/joint-areas.ts';
import { assign } from './hungarian.ts';

/** An annotator's answer: segments and, where they are named, their categories. */
export interface Answer {
  /** 0 is the background, not a segment. */
  mask: Mask;
  /** By segment id. If either answer has no names at all, any two segments may match. */
  categories?: ReadonlyMap<number, string | number>;
}

export interface Agreement {
  /**
   * The sum of matched segments' IoU, divided by the number of segments, a matched pair counted once: a segment that only
   * one answer has counts 0. 1 if neither has a segment.
   */
  miou: number;
  /** Matched segments. */
  pairs: { a: number; b: number; iou: number }[];
  /** For every category of either answer, all its segments taken together; in order of names. */
  classes: {
    category: string | number;
    iou: number;
    /** Share of pixels that both answers give this category. */
    both: number;
  }[];
  /** Share of pixels in matched segments of both answers, or in the background of both. */
  pixels: number;
  /** The same beyond chance: Cohen's κ, at most 1. */
  kappa: number;
}

/**
 * Matches segments one to one, within a category, so that their IoU sums to the most.
 *
 * @param ignore 1 where a pixel counts for nothing
 * @throws InvalidInputError if the masks differ in size
 */
export function agreement(a: Answer, b: Answer, ignore?: Uint8Array): Agreement {
  const areas = jointAreas(a.mask, b.mask, ignore);
  const { pixels } = areas;
  const segments = (of: ReadonlyMap<number, number>) => [...of.keys()].filter((id) => id > 0).sort((x, y) => x - y);
  const [left, right] = [segments(areas.a), segments(areas.b)];
  const alike = (i: number, j: number) => {
    if (!a.categories || !b.categories) return true;
    const name = a.categories.get(i);
    return name !== undefined && name === b.categories.get(j);
  };
  const columns = assign(left.map((i) => right.map((j) => (alike(i, j) ? iou(areas, i, j) : 0))));
  const pairs = left.flatMap((i, row) => {
    const j = right[columns[row]];
    return j === undefined ? [] : [{ a: i, b: j, iou: iou(areas, i, j) }];
  });
  const count = left.length + right.length - pairs.length;
  const total = pairs.reduce((sum, pair) => sum + pair.iou, 0);

  let same = 0;
  let chance = 0;
  for (const { a, b } of [...pairs, { a: 0, b: 0 }]) {
    same += areas.shared(a, b) / pixels;
    chance += ((areas.a.get(a) ?? 0) / pixels) * ((areas.b.get(b) ?? 0) / pixels);
  }
  return {
    miou: count === 0 ? 1 : total / count,
    pairs,
    classes: classAgreement(a, b, areas),
    pixels: pixels === 0 ? 1 : same,
    // Both answers are one and the same label everywhere: chance could do no worse, and they no better.
    kappa: pixels === 0 || chance > 1 - 1e-12 ? 1 : (same - chance) / (1 - chance),
  };
}

function classAgreement(a: Answer, b: Answer, areas: JointAreas): Agreement['classes'] {
  const idsOf = ({ categories }: Answer, present: ReadonlyMap<number, number>) => {
    const ids = new Map<string | number, number[]>();
    for (const [id, category] of categories ?? []) {
      if (id > 0 && present.has(id)) ids.set(category, [...(ids.get(category) ?? []), id]);
    }
    return ids;
  };
  const [left, right] = [idsOf(a, areas.a), idsOf(b, areas.b)];
  return [...new Set([...left.keys(), ...right.keys()])].sort(byName).map((category) => {
    const [own, other] = [left.get(category) ?? [], right.get(category) ?? []];
    const sum = (ids: number[], of: (id: number) => number) => ids.reduce((total, id) => total + of(id), 0);
    const both = sum(own, (i) => sum(other, (j) => areas.shared(i, j)));
    const all = sum(own, (i) => areas.a.get(i) ?? 0) + sum(other, (j) => areas.b.get(j) ?? 0) - both;
    return { category, iou: both / all, both: both / areas.pixels };
  });
}

const byName = (one: string | number, other: string | number): number =>
  typeof one === 'number' && typeof other === 'number' ? one - other : String(one) < String(other) ? -1 : 1;
