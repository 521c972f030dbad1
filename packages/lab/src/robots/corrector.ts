/** Simulated annotators who look at a mask and draw a correction. */
import { normal } from '../random.ts';
import { deepestError, type Seen } from './error.ts';

/** A stroke of one label; points and radius in pixels, as in a scribble document. */
export interface Correction {
  label: number;
  points: [number, number][];
  radius: number;
}

export interface Corrector {
  name: string;
  /**
   * @param labels number of labels, 0 … labels − 1
   * @param random numbers in [0, 1)
   * @returns undefined if nothing is wrong
   */
  correct(seen: Seen, labels: number, random: () => number): Correction | undefined;
}

/** Puts a dot of at most 3 px, which stays within the error, at the deepest point of the deepest error. */
export const ideal: Corrector = {
  name: 'ideal',
  correct(seen) {
    const found = deepestError(seen);
    if (!found) return undefined;
    const { label, x, y, depth } = found;
    return { label, points: [[x, y]], radius: Math.min(3, depth - 1) };
  },
};

/**
 * Aims at the same error as a person does: beside its middle, by a normal error of a third of its depth in each direction;
 * with a short stroke in any direction, up to twice the depth long, by a brush of 2 to 5 px; so that the stroke crosses the
 * error's outline now and then. One correction in twenty has the label of another segment.
 */
export const human: Corrector = {
  name: 'human-like',
  correct(seen, labels, random) {
    const found = deepestError(seen);
    if (!found) return undefined;
    const { depth } = found;
    // Every correction takes the same number of draws.
    const [across, down] = [normal(random), normal(random)];
    const angle = 2 * Math.PI * random();
    const half = depth * random();
    const radius = 2 + 3 * random();
    const slips = random() < 1 / 20;
    const other = Math.floor(random() * (labels - 1));
    const [x, y] = [found.x + (across * depth) / 3, found.y + (down * depth) / 3];
    const within = (at: number, side: number) => Math.min(Math.max(Math.round(at), 0), side - 1);
    const point = (along: number): [number, number] => [
      within(x + along * half * Math.cos(angle), seen.width),
      within(y + along * half * Math.sin(angle), seen.height),
    ];
    const label = slips && labels > 1 ? other + (other >= found.label ? 1 : 0) : found.label;
    return { label, points: [point(-1), point(1)], radius };
  },
};
