/** How good masks are after so many strokes, and after so many seconds of drawing: where more of them stop paying. */

import type { Drawing } from '@saltworks/contract/api/interactions';
import type { EfficiencyCurve } from '@saltworks/contract/api/measures';
import { imageEffort, type TimedInteraction } from '../crowd/effort.ts';
import { draws, replay } from '../drawing/replay.ts';
import { mean } from '../metrics/mean.ts';
import { pairedIntervals } from './bootstrap.ts';

/** Numbers of strokes after which drawings are looked at. */
export const strokeLadder = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 17, 20, 25, 30, 40, 50, 60, 80, 100, 125, 150, 200],
] as const;
/** Seconds at work after which they are compared. */
const secondsLadder = [
  ...[2, 5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 420, 600, 900, 1200, 1800, 2700, 3600],
] as const;

/** What the rest of a curve may add at most where it is called enough. */
const worthless = 0.01;
/** Share of drawings that have ended where a curve ends. */
const endedShare = 0.95;

export interface DrawingStep {
  /** How many had been drawn, undone or not. */
  strokes: number;
  /** At work until then, as `imageEffort` counts. */
  seconds: number;
  drawing: Pick<Drawing, 'segments' | 'strokes' | 'locks'>;
}

/**
 * A drawing as it grew: right after each number of strokes of the ladder that it went beyond, and as it was in the end. A log
 * without a stroke has no steps.
 *
 * @param done in the order of the log @param opened when the image was opened, milliseconds since 1970
 */
export function drawingSteps(done: readonly TimedInteraction[], opened: number): DrawingStep[] {
  const drawnAt = done.flatMap(({ interaction }, index) => (draws(interaction) ? [index] : []));
  const after = (interactions: number, strokes: number): DrawingStep => {
    const prefix = done.slice(0, interactions);
    const { seconds } = imageEffort(prefix, { opened });
    return { strokes, seconds, drawing: replay(prefix.map(({ interaction }) => interaction)) };
  };
  const all = drawnAt.length;
  if (all === 0) return [];
  const early = strokeLadder.filter((strokes) => strokes < all);
  return [...early.map((strokes) => after(drawnAt[strokes - 1] + 1, strokes)), after(done.length, all)];
}

/** A drawing's masks, step by step. */
export interface JudgedDrawing {
  /** Names the image: several drawings of one are one value. */
  image: string;
  /** In order; the last one is what was handed in. */
  steps: readonly { strokes: number; seconds: number; miou: number }[];
}

/**
 * The mean over images. A drawing that has ended stays as good as it was in the end, so all places of the curve are means over
 * the same images; before its first step it counts 0. Intervals are of a bootstrap over images, the same draws all along.
 *
 * @returns null of no drawings
 */
export function efficiencyCurve(drawings: readonly JudgedDrawing[]): EfficiencyCurve | null {
  if (drawings.length === 0) return null;
  const images = [...new Set(drawings.map(({ image }) => image))];
  const along = (ladder: readonly number[], of: 'strokes' | 'seconds') => {
    const ends = drawings.map(({ steps }) => steps[steps.length - 1][of]);
    const places = upTo(ladder, ends);
    const rows = places.map((place) => {
      const values = new Map(images.map((image) => [image, [] as number[]]));
      for (const { image, steps } of drawings) values.get(image)!.push(valueAt(steps, of, place));
      return [...values.values()].map(mean);
    });
    const intervals = pairedIntervals(rows);
    return places.map((place, i) => ({
      place,
      miou: intervals[i].value,
      going: ends.filter((end) => end > place).length,
    }));
  };
  const byStrokes = along(strokeLadder, 'strokes');
  const bySeconds = along(secondsLadder, 'seconds');
  const endOf = (of: 'strokes' | 'seconds') => mean(drawings.map(({ steps }) => steps[steps.length - 1][of]));
  return {
    ...{ images: images.length, drawings: drawings.length },
    ...{ strokes: endOf('strokes'), seconds: endOf('seconds') },
    byStrokes: byStrokes.map(({ place, ...rest }) => ({ strokes: place, ...rest })),
    bySeconds: bySeconds.map(({ place, ...rest }) => ({ seconds: place, ...rest })),
    enough: { strokes: enough(byStrokes), seconds: enough(bySeconds) },
  };
}

/** The places of a ladder up to the first by which almost all have ended; at least one. */
function upTo(ladder: readonly number[], ends: readonly number[]): number[] {
  const last = ladder.findIndex((place) => ends.filter((end) => end <= place).length >= endedShare * ends.length);
  return ladder.slice(0, last < 0 ? ladder.length : last + 1);
}

const valueAt = (steps: JudgedDrawing['steps'], of: 'strokes' | 'seconds', place: number): number =>
  steps.findLast((step) => step[of] <= place)?.miou ?? 0;

/** The first place that no later one exceeds by more than is worthless. */
function enough(curve: readonly { place: number; miou: { mean: number } }[]): number {
  const best = Math.max(...curve.map(({ miou }) => miou.mean));
  return curve.find(({ miou }) => miou.mean >= best - worthless)!.place;
}
