/** Pixels that two masks share: the counts that most measures of masks are made of. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Mask } from '../mask/mask.ts';

/** Pixels of every id in two masks, and of every pair of ids. */
export interface JointAreas {
  pixels: number;
  a: ReadonlyMap<number, number>;
  b: ReadonlyMap<number, number>;
  shared(a: number, b: number): number;
}

/** Above all ids, and such that a pair of ids is an exact number. */
const base = 2 ** 26;

/**
 * @param ignore 1 at pixels that do not count
 * @throws InvalidInputError if the masks differ in size
 */
export function jointAreas(a: Mask, b: Mask, ignore?: Uint8Array): JointAreas {
  if (a.width !== b.width || a.height !== b.height) {
    throw new InvalidInputError(
      `masks of ${a.width} × ${a.height} and ${b.width} × ${b.height} pixels; expected one size`,
    );
  }
  const both = new Map<number, number>();
  const add = (map: Map<number, number>, key: number, count: number) => map.set(key, (map.get(key) ?? 0) + count);
  // Neighbouring pixels are mostly alike: runs are counted, not pixels.
  let key = 0;
  let run = 0;
  let pixels = 0;
  for (let i = 0; i < a.ids.length; i++) {
    if (ignore?.[i]) continue;
    const here = a.ids[i] * base + b.ids[i];
    if (here !== key) {
      if (run > 0) add(both, key, run);
      key = here;
      run = 0;
    }
    run++;
    pixels++;
  }
  if (run > 0) add(both, key, run);
  const areas = { a: new Map<number, number>(), b: new Map<number, number>() };
  for (const [key, count] of both) {
    add(areas.a, Math.floor(key / base), count);
    add(areas.b, key % base, count);
  }
  return { pixels, ...areas, shared: (i, j) => both.get(i * base + j) ?? 0 };
}

/** |A ∩ B| / |A ∪ B| of a segment of a and one of b; 0 if neither has a pixel. */
export function iou({ a, b, shared }: JointAreas, i: number, j: number): number {
  const both = shared(i, j);
  return both === 0 ? 0 : both / ((a.get(i) ?? 0) + (b.get(j) ?? 0) - both);
}

/** 2|A ∩ B| / (|A| + |B|) of a segment of a and one of b; 0 if neither has a pixel. */
export function dice({ a, b, shared }: JointAreas, i: number, j: number): number {
  const both = shared(i, j);
  return both === 0 ? 0 : (2 * both) / ((a.get(i) ?? 0) + (b.get(j) ?? 0));
}
