/** What the hints of the annotators' page are worth: rows of protocol `help`, summed up over images. */
import type { Interval } from '@saltworks/contract/documents/bakeoffs';
import type { EvaluationRow } from '@saltworks/contract/documents/evaluations';
import { predictedQuality } from '@saltworks/core/help/quality';
import { pairedIntervals } from '@saltworks/core/judge/bootstrap';
import { mean } from '@saltworks/core/metrics/mean';
import { randomFrom } from '../random.ts';
import type { Series } from './plots.ts';

/** An image while it is drawn: IoU after 0, 1, 2 … strokes, and what was predicted. */
export interface Course {
  image: string;
  curve: readonly number[];
  predicted: readonly number[];
}

export const coursesOf = (rows: readonly EvaluationRow[]): Course[] =>
  rows.flatMap(({ image, help }) =>
    help?.curve && help.expected ? [{ image, curve: help.curve, predicted: help.expected.map(predictedQuality) }] : [],
  );

/**
 * The next stroke always goes to the image that seems to need it most. Mean IoU over all images after 0, 1, 2 … strokes an
 * image.
 *
 * @param needOf how much an image needs its stroke n + 1; the largest first, the first of equals
 */
function curveBy(courses: readonly Course[], needOf: (course: Course, n: number) => number): number[] {
  const most = Math.min(...courses.map(({ curve }) => curve.length)) - 1;
  const given = courses.map(() => 0);
  const total = () => mean(courses.map(({ curve }, i) => curve[given[i]]));
  const out = [total()];
  for (let stroke = 1; stroke <= most * courses.length; stroke++) {
    const open = [...courses.keys()].filter((i) => given[i] < most);
    const need = (i: number) => needOf(courses[i], given[i]);
    given[open.reduce((a, b) => (need(b) > need(a) ? b : a))]++;
    if (stroke % courses.length === 0) out.push(total());
  }
  return out;
}

/** Draws of the random order. */
const draws = 20;

/**
 * Strokes spread over images: to the one with the least prediction; to the one that lacks most for the strokes that it has had,
 * by prediction and by the truth; to one that chance draws.
 */
export function nextImageCurves(courses: readonly Course[]): Series[] {
  const random = randomFrom('next image');
  const chance = Array.from({ length: draws }, () => curveBy(courses, () => random()));
  const curves: [string, number[]][] = [
    ['least predicted', curveBy(courses, ({ predicted }, n) => -predicted[n])],
    ['most lacking', curveBy(courses, ({ predicted }, n) => (1 - predicted[n]) / (n + 1))],
    ['most lacking in truth', curveBy(courses, ({ curve }, n) => (1 - curve[n]) / (n + 1))],
    ['random', chance[0].map((_, x) => mean(chance.map((curve) => curve[x])))],
  ];
  const exactly = (value: number): Interval => ({ mean: value, low: value, high: value });
  return curves.map(([name, values]) => ({ name, points: values.map((value, x) => ({ x, y: exactly(value) })) }));
}

export interface Stopping {
  /** Prediction from which nothing more is drawn. */
  bar: number;
  /** Images that reach it, and their mean IoU then. */
  reached: number;
  reachedIou?: number;
  /** Strokes an image, and IoU where they ended; means over images. */
  strokes: number;
  iou: number;
  /** Strokes an image that reach the same mean IoU where all images get as many; undefined where none do. */
  fixed?: number;
}

/** Drawing ends where the prediction reaches a bar, or where the row ends. */
export function stoppings(courses: readonly Course[], bars = [0.7, 0.75, 0.8, 0.85, 0.9]): Stopping[] {
  const last = Math.min(...courses.map(({ curve }) => curve.length)) - 1;
  const means = Array.from({ length: last + 1 }, (_, n) => mean(courses.map(({ curve }) => curve[n])));
  return bars.map((bar) => {
    const stops = courses.map(({ predicted }) => predicted.slice(0, last + 1).findIndex((quality) => quality >= bar));
    const reached = courses.flatMap(({ curve }, i) => (stops[i] < 0 ? [] : [curve[stops[i]]]));
    const ends = stops.map((n) => (n < 0 ? last : n));
    const iou = mean(courses.map(({ curve }, i) => curve[ends[i]]));
    const after = means.findIndex((value) => value >= iou);
    const fixed =
      after < 0 ? undefined : after === 0 ? 0 : after - (means[after] - iou) / (means[after] - means[after - 1]);
    return {
      ...{ bar, reached: reached.length, ...(reached.length > 0 && { reachedIou: mean(reached) }) },
      ...{ strokes: mean(ends), iou, ...(fixed !== undefined && { fixed }) },
    };
  });
}

/** Mean IoU after 0, 1, 2 … strokes, with intervals over images. */
export function courseCurve(courses: readonly Course[]): Series['points'] {
  const length = Math.min(...courses.map(({ curve }) => curve.length));
  const after = Array.from({ length }, (_, n) => courses.map(({ curve }) => curve[n]));
  return pairedIntervals(after).map(({ value }, x) => ({ x, y: value }));
}
