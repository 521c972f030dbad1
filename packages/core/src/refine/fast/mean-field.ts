/** Mean-field inference in an arena, with few labels (crf.ts) and with many (tiles.ts). */
import type { Address } from '../../arena/arena.ts';

/** Mean-field inference, step by step or several steps at once. */
export interface FastMeanField {
  step(): void;
  /** Takes the last steps at once: none may follow. */
  run(steps: number): void;
  /**
   * Q in place, after the last step: rows of `stride` floats, of which the first `given` belong to labels. If there is one
   * label more, its marginal is the rest to 1.
   */
  rows(): { at: Address; stride: number; given: number };
  /** Writes Q `[n, c]`, rows summing to 1. */
  marginals(out: Address): void;
}

/** The parts of a pass over the pixels: take the messages, send Q to the lattices, keep Q. */
export const slice = 1;
export const splat = 2;
export const keep = 4;
