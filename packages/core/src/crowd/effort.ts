/** How long annotators worked, from when they did what: on a stroke, a segment, an image, a class. */

import type { Interaction } from '@saltworks/contract/api/interactions';
import { replay } from '../drawing/replay.ts';

/** Something that an annotator did. @property at when it was done, milliseconds since 1970 */
export interface TimedInteraction {
  at: number;
  interaction: Interaction;
}

export interface EffortOptions {
  /** Seconds after which somebody who does nothing is no longer at work. */
  idle?: number;
  /** When the image was opened, and when it was handed in, milliseconds since 1970; without them nothing is known of it. */
  opened?: number;
  submitted?: number;
}

/** All times in seconds. */
export interface ImageEffort {
  /** At work: those of the segments, those that came to nothing, and looking it over before it was handed in. */
  seconds: number;
  /** Taken to be spent elsewhere, and left out of all other times. */
  idle: number;
  interactions: number;
  /** Every stroke that was drawn, whether or not it was taken back. n: the number of its interaction, from 1. */
  strokes: { n: number; segment: number; seconds: number }[];
  /**
   * Those that are there in the end, with the category that they have then, in order of their ids; 0 is the background, of
   * category 0, if a stroke of it is there.
   */
  segments: { segment: number; category: number; strokes: number; seconds: number }[];
  /** On segments that are not there in the end. */
  discarded: number;
  /** On no segment: between the last interaction and handing in, and before an undo or redo that had nothing to do. */
  review: number;
}

/**
 * The time since the interaction before (or since the image was opened) belongs to an interaction, which is what was
 * thought about and done in it. Of a longer gap than `idle`, that much counts and the rest is idle: nobody knows when the
 * annotator left, and a gap should not count less for being longer. A clock that goes back counts
 * nothing. An erasure's time is that of the stroke's segment, as are undo and redo of that which is taken back or done again.
 * Segments that were taken back or deleted are not counted; their time is told apart.
 *
 * @param done in the order of doing, as `replay` takes it
 */
export function imageEffort(
  done: readonly TimedInteraction[],
  { idle = 60, opened, submitted }: EffortOptions = {},
): ImageEffort {
  const interactions = done.map(({ interaction }) => interaction);
  const effort: ImageEffort = {
    seconds: 0,
    idle: 0,
    interactions: done.length,
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
    const seconds = spend(at);
    const id = segmentOf[index];
    if (id === undefined) {
      effort.review += seconds;
      return;
    }
    if (interaction.kind === 'stroke') effort.strokes.push({ n: index + 1, segment: id, seconds });
    const category = categories.get(id);
    if (category === undefined) {
      effort.discarded += seconds;
      return;
    }
    const segment = segments.get(id) ?? { segment: id, category, strokes: 0, seconds: 0 };
    segments.set(id, segment);
    segment.seconds += seconds;
    if (interaction.kind === 'stroke') segment.strokes++;
  });
  if (submitted !== undefined && last !== undefined) effort.review += spend(submitted);
  effort.segments = [...segments.values()].sort((a, b) => a.segment - b.segment);
  return effort;
}

/** The segment that each interaction is about; undefined for an undo or redo that changes nothing. */
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
      else segments.push(interaction.segment);
      done.push(index);
      undone.length = 0;
    }
  });
  return segments;
}

/** An image that somebody did. */
export interface Work {
  annotator: string;
  effort: ImageEffort;
}

/** Sums over images, seconds. */
export interface EffortTotals {
  /** In order of their ids. */
  annotators: { annotator: string; images: number; strokes: number; seconds: number; idle: number }[];
  /** In order of their ids; 0 is the background. */
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
