import type { Interaction } from '@saltworks/contract/api/interactions';
import { describe, expect, test } from 'vitest';
import { drawingSteps, efficiencyCurve, strokeLadder } from '../../src/judge/label-efficiency.ts';

const stroke = (segment: number, x: number): Interaction => ({ kind: 'stroke', segment, points: [[x, 0]], radius: 1 });
/** An interaction every two seconds, the first one two seconds after the image was opened. */
const timed = (interactions: readonly Interaction[]) =>
  interactions.map((interaction, i) => ({ at: 2_000 * (i + 1), interaction }));

describe('the steps of a drawing', () => {
  test('are it right after each stroke, and in the end; undone strokes count', () => {
    const steps = drawingSteps(
      timed([
        { kind: 'segment', id: 1, category: 3 },
        stroke(1, 10),
        stroke(0, 20),
        { kind: 'undo' },
        stroke(0, 30),
        { kind: 'classify', segment: 1, category: 4 },
        { kind: 'erase', stroke: 2 },
      ]),
      0,
    );
    expect(steps.map(({ strokes, seconds, drawing }) => [strokes, seconds, drawing.strokes.map(({ n }) => n)])).toEqual(
      [
        [1, 4, [2]],
        [2, 6, [2, 3]],
        [3, 14, [5]],
      ],
    );
    expect(steps.map(({ drawing }) => drawing.segments[0].category)).toEqual([3, 3, 4]);
  });

  test('of a long drawing are those of the ladder, and its end', () => {
    const interactions = [
      { kind: 'segment', id: 1, category: 1 } as const,
      ...Array.from({ length: 33 }, (_, i) => stroke(i % 2, i)),
    ];
    const steps = drawingSteps(timed(interactions), 0);
    expect(steps.map(({ strokes }) => strokes)).toEqual([...strokeLadder.filter((strokes) => strokes < 33), 33]);
  });

  test('of a log without a stroke are none', () => {
    expect(drawingSteps(timed([{ kind: 'segment', id: 1, category: 1 }]), 0)).toEqual([]);
  });
});

/** A step every five seconds. */
const drawn = (image: string, ...scores: number[]) => ({
  image,
  steps: scores.map((miou, i) => ({ strokes: i + 1, seconds: 5 * (i + 1), miou })),
});

describe('the curve of label efficiency', () => {
  test('is the mean over images; those that have ended stay as they were', () => {
    const curve = efficiencyCurve([drawn('a', 0, 0.5, 0.9, 1), drawn('b', 0.6, 1)])!;
    expect(curve).toMatchObject({ images: 2, drawings: 2, strokes: 3, seconds: 15 });
    expect(curve.byStrokes.map(({ strokes, miou, going }) => [strokes, miou.mean, going])).toEqual([
      [1, 0.3, 2],
      [2, 0.75, 1],
      [3, 0.95, 1],
      [4, 1, 0],
    ]);
    expect(curve.bySeconds.map(({ seconds, miou, going }) => [seconds, miou.mean, going])).toEqual([
      [2, 0, 2],
      [5, 0.3, 2],
      [10, 0.75, 1],
      [15, 0.95, 1],
      [20, 1, 0],
    ]);
    expect(curve.enough).toEqual({ strokes: 4, seconds: 20 });
  });

  test('takes several drawings of an image for one, and an interval holds the mean of every image drawn again', () => {
    const curve = efficiencyCurve([drawn('a', 0.2), drawn('a', 0.4), drawn('b', 0.9)])!;
    expect(curve).toMatchObject({ images: 2, drawings: 3 });
    // Each image drawn twice, or both once.
    expect(curve.byStrokes).toEqual([
      { strokes: 1, going: 0, miou: { mean: expect.closeTo(0.6), low: expect.closeTo(0.3), high: 0.9 } },
    ]);
  });

  test('says where more adds 0.01 at most', () => {
    const curve = efficiencyCurve([drawn('a', 0.5, 0.97, 0.995, 1), drawn('b', 0.7, 0.99, 0.995, 1)])!;
    expect(curve.enough).toEqual({ strokes: 3, seconds: 15 });
  });

  test('ends where almost all have ended', () => {
    const short = Array.from({ length: 99 }, (_, i) => drawn(`${i}`, 0.5, 1));
    const long = drawn('long', ...Array.from({ length: 60 }, (_, i) => i / 60));
    expect(efficiencyCurve([...short, long])!.byStrokes.at(-1)).toMatchObject({ strokes: 2, going: 1 });
  });

  test('of nothing is none', () => {
    expect(efficiencyCurve([])).toBeNull();
  });
});
