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
    // Run by run: a run of one id joins all runs of that id above it.
    for (const end = i + width; i < end; ) {
      const first = i;
      const id = ids[first];
      let part = -1;
      let joined = false;
      for (; i < end && ids[i] === id; i++) {
        const meets = y > 0 && ids[i - width] === id;
        if (meets && !joined) part = join(parents, part, of[i - width]);
        joined = meets;
      }
      if (part < 0) part = parents.push(parents.length) - 1;
      for (let j = first; j < i; j++) of[j] = part;
    }
  }
  const numbers = new Int32Array(parents.length);
  let count = 0;
  for (let part = 0; part < parents.length; part++) {
    // A root comes before all that it is the root of.
    numbers[part] = parents[part] === part ? count++ : numbers[rootOf(parents, part)];
  }
  const areas = new Int32Array(count);
  const own = new Uint32Array(count);
  for (let i = 0; i < of.length; i++) {
    const part = numbers[of[i]];
    of[i] = part;
    areas[part]++;
    own[part] = ids[i];
  }
  return { of, areas, ids: own };
}

/** Joins two parts under the lesser root, which is returned. @param a −1: none */
function join(parents: number[], a: number, b: number): number {
  const root = rootOf(parents, b);
  if (a < 0 || a === root) return root;
  const [low, high] = a < root ? [a, root] : [root, a];
  parents[high] = low;
  return low;
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
