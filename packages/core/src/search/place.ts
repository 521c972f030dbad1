/** Where in an image the likeness is: the best patch, and what hangs together with it. */

/** In pixels of the image. @property box `[left, top, right, bottom]`, right and bottom not included */
export interface Place {
  score: number;
  place: [x: number, y: number];
  box: [number, number, number, number];
}

/** A patch belongs to the best one's place down to this share of its likeness. */
const share = 0.5;

/**
 * The best patch's middle and likeness, and the box around the patches joined to it by patches that are at least half as alike.
 *
 * @param likeness `[h, w]`
 */
export function bestPlace(
  likeness: Float32Array,
  { h, w }: { h: number; w: number },
  { width, height }: { width: number; height: number },
): Place {
  let best = 0;
  for (let i = 1; i < likeness.length; i++) if (likeness[i] > likeness[best]) best = i;
  const score = likeness[best];
  const isIn = (patch: number) => patch === best || (score > 0 && likeness[patch] >= share * score);
  const seen = new Uint8Array(h * w);
  const waiting = [best];
  seen[best] = 1;
  let [left, top, right, bottom] = [w, h, 0, 0];
  for (let patch = waiting.pop(); patch !== undefined; patch = waiting.pop()) {
    const [x, y] = [patch % w, Math.floor(patch / w)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1)];
    const around = [x > 0 ? patch - 1 : -1, x + 1 < w ? patch + 1 : -1, patch - w, patch + w < h * w ? patch + w : -1];
    for (const next of around) {
      if (next < 0 || seen[next] || !isIn(next)) continue;
      seen[next] = 1;
      waiting.push(next);
    }
  }
  const across = (column: number) => Math.round((column * width) / w);
  const down = (row: number) => Math.round((row * height) / h);
  return {
    score,
    place: [Math.floor((((best % w) + 0.5) * width) / w), Math.floor(((Math.floor(best / w) + 0.5) * height) / h)],
    box: [across(left), down(top), across(right), down(bottom)],
  };
}
