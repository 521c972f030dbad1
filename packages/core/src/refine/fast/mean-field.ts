/** Mean-field inference in an arena, with few labels (crf.ts) and with many (tiles.ts). */
import type { Address } from '../../arena/arena.ts';

/** Mean-field inference that can be watched: a call a step, or several steps at once. */
export interface FastMeanField {
  step(): void;
  /** The last steps, all at once: none may follow. */
  run(steps: number): void;
  /**
   * Q as it lies, after the last step: rows of `stride` floats, of which the first `given` are labels; where one more is
   * left, it has what is missing to 1.
   */
  rows(): { at: Address; stride: number; given: number };
  /** Writes Q `[n, c]`, rows summing to 1. */
  marginals(out: Address): void;
}

/** What a pass over the pixels does: takes the messages, sends Q to the lattices, keeps Q. */
export const slice = 1;
export const splat = 2;
export const keep = 4;
