/** What annotators do to an image, and what it amounts to. */
import type { Stroke } from '../documents/scribbles.ts';

/** What an annotator does. Nothing is ever taken back: undo and redo are done, too. */
export type Interaction =
  /** Names a new segment. Its category is one of the campaign's. */
  | { kind: 'segment'; id: number; category: number }
  /** Draws; spec/scribbles.md says what the fields mean. */
  | ({ kind: 'stroke' } & Stroke)
  /** Takes one stroke away: the one that was the n-th interaction. */
  | { kind: 'erase'; stroke: number }
  /** Takes a segment away, with all of its strokes. Its id is not given again. */
  | { kind: 'delete'; segment: number }
  /** Gives a segment another category. */
  | { kind: 'classify'; segment: number; category: number }
  /** Takes back the last of these that is not taken back yet. */
  | { kind: 'undo' }
  /** Does again what was taken back last, unless something else was done since. */
  | { kind: 'redo' };

/** What interactions amount to: segments and strokes that are there, in the order of naming and drawing. */
export interface Drawing {
  segments: { id: number; category: number }[];
  /** n: the number of the interaction, from 1, that drew it. */
  strokes: (Stroke & { n: number })[];
  /** Whether there is something to undo, and to redo. */
  undo: boolean;
  redo: boolean;
}
