/**
 * A cautious majority filter along the outlines of a mask: it takes off the frayed ends that noise of the picture leaves there, and
 * lets straight edges and corners stand.
 */
import type { Mask } from '../mask/mask.ts';

/** Of the nine pixels around one, itself included, so many with its own id are few: a corner has four. */
const few = 3;

/**
 * Every pixel that shares a side with another segment, and its id with at most three of the nine pixels around it, takes the id that
 * most of the nine have: its own if as many have that, else of several the first in reading order. All pixels are taken at once.
 *
 * @param times how often
 */
export function takeMajority(mask: Mask, times: number): Mask {
  let from = mask;
  for (let pass = 0; pass < times; pass++) from = { ...from, ids: onePass(from) };
  return from;
}

function onePass(mask: Mask): Mask['ids'] {
  const { ids, width, height } = mask;
  const out = ids.slice();
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const id = ids[i];
      const isInside =
        (x === 0 || ids[i - 1] === id) &&
        (x === width - 1 || ids[i + 1] === id) &&
        (y === 0 || ids[i - width] === id) &&
        (y === height - 1 || ids[i + width] === id);
      if (!isInside) out[i] = majorityAround(mask, x, y);
    }
  }
  return out;
}

function majorityAround({ ids, width, height }: Mask, x: number, y: number): number {
  const own = ids[y * width + x];
  const [found, counts] = [[own], [0]];
  const [left, right] = [Math.max(0, x - 1), Math.min(width - 1, x + 1)];
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
    for (let i = row * width + left; i <= row * width + right; i++) {
      const at = found.indexOf(ids[i]);
      if (at >= 0) counts[at]++;
      else counts[found.push(ids[i]) - 1] = 1;
    }
  }
  if (counts[0] > few) return own;
  let best = 0;
  for (let at = 1; at < found.length; at++) if (counts[at] > counts[best]) best = at;
  return found[best];
}
