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

/**
 * Between two true segments a known mask often has a strip of void, somewhere in which the true outline runs. This gives ignored
 * pixels to the nearest segment, ring by ring, so that an outline that a prediction draws there has one to be compared with.
 *
 * @param ignore 1 at pixels that do not count
 * @param reach the number of rings; ignored pixels farther from all others stay ignored
 */
export function closeGaps(truth: Mask, ignore: Uint8Array, reach: number): { truth: Mask; ignore: Uint8Array } {
  const { width, height } = truth;
  const closed = { truth: { ...truth, ids: truth.ids.slice() }, ignore: ignore.slice() };
  const { ids } = closed.truth;
  const known = (i: number) => !closed.ignore[i];
  /** Of the pixels that share a side with pixel i, the first that is known: left, right, above, below. */
  const nearest = (i: number): number => {
    const x = i % width;
    if (x > 0 && known(i - 1)) return i - 1;
    if (x < width - 1 && known(i + 1)) return i + 1;
    if (i >= width && known(i - width)) return i - width;
    return i + width < width * height && known(i + width) ? i + width : -1;
  };
  let open: number[] = [];
  for (let i = 0; i < ignore.length; i++) if (ignore[i]) open.push(i);
  for (let ring = 0; ring < reach && open.length > 0; ring++) {
    const from = open.map(nearest);
    from.forEach((j, k) => {
      if (j < 0) return;
      ids[open[k]] = ids[j];
      closed.ignore[open[k]] = 0;
    });
    open = open.filter((_, k) => from[k] < 0);
  }
  return closed;
}
