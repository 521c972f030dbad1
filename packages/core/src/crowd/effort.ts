/** The time that annotators spent on a stroke, a segment, an image, a category, from the times of interactions. */

import { type Interaction, isGiven } from '@saltworks/contract/api/interactions';
import { draws, replay } from '../drawing/replay.ts';

/** An interaction and its time. @property at milliseconds since 1970 */
export interface TimedInteraction {
  at: number;
  interaction: Interaction;
}

export interface EffortOptions {
  /** Seconds without an interaction after which the annotator is no longer at work. */
  idle?: number;
  /** The times of opening the image and of submitting it, milliseconds since 1970, if known. */
  opened?: number;
  submitted?: number;
}

/** All times in seconds. */
export interface ImageEffort {
  /** At work: on segments, on discarded segments, and in review. */
  seconds: number;
  /** Spent elsewhere, and part of no other time. */
  idle: number;
  interactions: number;
  /** Every stroke that was drawn, undone or not. n: the number of its interaction, from 1. */
  strokes: { n: number; segment: number; seconds: number }[];
  /**
   * The segments of the final drawing with their final category, in order of ids; 0 is the background, of category 0, if the
   * drawing has a stroke of it.
   */
  segments: { segment: number; category: number; strokes: number; seconds: number }[];
  /** On segments that the final drawing lacks. */
  discarded: number;
  /** On no segment: between the last interaction and submitting, and before an undo or redo without effect. */
  review: number;
}

/**
 * An interaction owns the time since the one before (or since the image was opened): the annotator spent it on thinking about
 * and doing this interaction. A gap counts up to `idle`, and the rest is idle time: when the annotator left is unknown, and a
 * longer gap should not count less. A clock that goes back adds nothing. Erasing a stroke counts for the stroke's segment;
 * undo and redo count for the segment of the interaction that they undo or redo. Time on segments that were undone or deleted
 * is `discarded`. What the image began with is nobody's work, and counts for nothing.
 *
 * @param done in the order of the log, as for `replay`
 */
export function imageEffort(
  done: readonly TimedInteraction[],
  { idle = 60, opened, submitted }: EffortOptions = {},
): ImageEffort {
  const interactions = done.map(({ interaction }) => interaction);
  const effort: ImageEffort = {
    seconds: 0,
    idle: 0,
    interactions: interactions.filter((each) => !isGiven(each)).length,
    strokes: [],
    segments: [],
    discarded: 0,
    review: 0,
  };
  const segments = new Map<number, ImageEffort['segments'][number]>();
  const drawing = replay(interactions);
  const categories = new Map(drawing.segments.map(({ id, category }) => [id, category]));
  if (drawing.strokes.some(({ segment }) => segment === 0)) categories.set(0, 0);
  const segmentOf = touched(interactions);
  let last = opened;
  const spend = (at: number): number => {
    const gap = last === undefined ? 0 : Math.max(0, at - last) / 1000;
    last = Math.max(last ?? at, at);
    const spent = Math.min(gap, idle);
    effort.seconds += spent;
    effort.idle += gap - spent;
    return spent;
  };
  done.forEach(({ at, interaction }, index) => {
    if (isGiven(interaction)) return;
    const seconds = spend(at);
    const id = segmentOf[index];
    if (id === undefined) {
      effort.review += seconds;
      return;
    }
    if (draws(interaction)) effort.strokes.push({ n: index + 1, segment: id, seconds });
    const category = categories.get(id);
    if (category === undefined) {
      effort.discarded += seconds;
      return;
    }
    const segment = segments.get(id) ?? { segment: id, category, strokes: 0, seconds: 0 };
    segments.set(id, segment);
    segment.seconds += seconds;
    if (draws(interaction)) segment.strokes++;
  });
  if (submitted !== undefined && last !== undefined) effort.review += spend(submitted);
  effort.segments = [...segments.values()].sort((a, b) => a.segment - b.segment);
  return effort;
}

/** The segment of each interaction; undefined for an undo or redo that changes nothing, and where all that are left are accepted. */
function touched(interactions: readonly Interaction[]): (number | undefined)[] {
  const segments: (number | undefined)[] = [];
  const done: number[] = [];
  const undone: number[] = [];
  const move = (from: number[], to: number[]): number | undefined => {
    const index = from.pop();
    if (index === undefined) return undefined;
    to.push(index);
    return segments[index];
  };
  interactions.forEach((interaction, index) => {
    if (interaction.kind === 'undo') segments.push(move(done, undone));
    else if (interaction.kind === 'redo') segments.push(move(undone, done));
    else {
      if (interaction.kind === 'segment') segments.push(interaction.id);
      else if (interaction.kind === 'erase') segments.push(segments[interaction.stroke - 1]);
      else segments.push(interaction.segment ?? undefined);
      if (!isGiven(interaction)) done.push(index);
      undone.length = 0;
    }
  });
  return segments;
}

/** The effort of one annotator on one image. */
export interface Work {
  annotator: string;
  effort: ImageEffort;
}

/** Sums over images, seconds. */
export interface EffortTotals {
  /** In order of ids. */
  annotators: { annotator: string; images: number; strokes: number; seconds: number; idle: number }[];
  /** In order of ids; 0 is the background. */
  classes: { category: number; segments: number; strokes: number; seconds: number }[];
}

export function effortTotals(works: readonly Work[]): EffortTotals {
  const annotators = new Map<string, EffortTotals['annotators'][number]>();
  const classes = new Map<number, EffortTotals['classes'][number]>();
  for (const { annotator, effort } of works) {
    const own = annotators.get(annotator) ?? { annotator, images: 0, strokes: 0, seconds: 0, idle: 0 };
    annotators.set(annotator, own);
    own.images++;
    own.strokes += effort.strokes.length;
    own.seconds += effort.seconds;
    own.idle += effort.idle;
    for (const { category, strokes, seconds } of effort.segments) {
      const total = classes.get(category) ?? { category, segments: 0, strokes: 0, seconds: 0 };
      classes.set(category, total);
      total.segments++;
      total.strokes += strokes;
      total.seconds += seconds;
    }
  }
  return {
    annotators: [...annotators.values()].sort((a, b) => (a.annotator < b.annotator ? -1 : 1)),
    classes: [...classes.values()].sort((a, b) => a.category - b.category),
  };
}
