/** Connected parts of segments: pixels that touch by a side. */
import type { Mask } from './mask.ts';

/** Parts by number, from 0. */
export interface Parts {
  /** The part of each pixel. */
  of: Int32Array;
  /** The number of pixels of each part. */
  areas: Int32Array;
  /** The segment id of each part. */
  ids: Uint32Array;
}

/** The 4-connected parts of a mask's segments, numbered by their first pixels. */
export function partsOf({ ids, width, height }: Mask): Parts {
  const of = new Int32Array(ids.length);
  const parents: number[] = [];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const left = x > 0 && ids[i - 1] === ids[i] ? of[i - 1] : -1;
      const above = y > 0 && ids[i - width] === ids[i] ? of[i - width] : -1;
      if (left < 0 && above < 0) of[i] = parents.push(parents.length) - 1;
      else if (left < 0 || above < 0) of[i] = Math.max(left, above);
      else {
        const [a, b] = [rootOf(parents, left), rootOf(parents, above)];
        of[i] = Math.min(a, b);
        parents[Math.max(a, b)] = of[i];
      }
    }
  }
  const numbers = new Int32Array(parents.length).fill(-1);
  let count = 0;
  for (let i = 0; i < of.length; i++) {
    const root = rootOf(parents, of[i]);
    if (numbers[root] < 0) numbers[root] = count++;
    of[i] = numbers[root];
  }
  const areas = new Int32Array(count);
  const own = new Uint32Array(count);
  of.forEach((part, i) => {
    areas[part]++;
    own[part] = ids[i];
  });
  return { of, areas, ids: own };
}

/** The root of a part among parents, of which a root is its own; the way there becomes shorter. */
export function rootOf(parents: number[] | Int32Array, part: number): number {
  let at = part;
  while (parents[at] !== at) {
    parents[at] = parents[parents[at]];
    at = parents[at];
  }
  return at;
}
