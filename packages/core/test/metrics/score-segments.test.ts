import { expect, test } from 'vitest';
import type { Mask } from '../../src/mask/mask.ts';
import { scoreSegments } from '../../src/metrics/score-segments.ts';
import { expectClose } from '../golden.ts';
import { goldenCases } from './golden-cases.ts';
import { randomMask } from './random-mask.ts';

test.each(goldenCases())(
  'scores of $width × $height are those of OpenCV, scipy and numpy',
  ({ prediction, truth, ignore, segments }) => {
    const found = scoreSegments(prediction, truth, ignore);
    expect(found.map(({ id, area, parts }) => ({ id, area, parts }))).toEqual(
      segments.map(({ id, area, parts }) => ({ id, area, parts })),
    );
    for (const key of ['iou', 'dice', 'boundary_iou'] as const) {
      expectClose(
        found.map((one) => one[key]),
        segments.map((one) => one[key]),
        1e-12,
      );
    }
    expect(found.map(({ contour }) => contour === null)).toEqual(segments.map(({ contour }) => contour === null));
    expectClose(
      found.map(({ contour }) => contour ?? 0),
      segments.map(({ contour }) => contour ?? 0),
      1e-12,
    );
  },
);

test('a mask scores 1 against itself', () => {
  const mask = randomMask(31, 23, 6);
  for (const { iou, dice, boundary_iou, contour } of scoreSegments(mask, mask))
    expect({ iou, dice, boundary_iou, contour }).toEqual({ iou: 1, dice: 1, boundary_iou: 1, contour: 1 });
});

test('prediction and truth may change places: overlaps stay, contours turn over', () => {
  const [a, b] = [randomMask(31, 23, 6, 1), randomMask(31, 23, 6, 2)];
  const [there, back] = [scoreSegments(a, b), scoreSegments(b, a)];
  expect(there.map(({ id }) => id)).toEqual(back.map(({ id }) => id));
  there.forEach((one, i) => {
    for (const key of ['iou', 'dice', 'boundary_iou'] as const) expect(one[key]).toBe(back[i][key]);
    expect((one.contour ?? 0) * (back[i].contour ?? 0)).toBeCloseTo(1, 12);
  });
});

test('a segment that is everywhere has no outline, and one that was not predicted scores 0', () => {
  const truth: Mask = { ids: new Uint32Array(12).fill(3), width: 4, height: 3 };
  const prediction: Mask = { ...truth, ids: new Uint32Array(12) };
  expect(scoreSegments(prediction, truth)).toEqual([
    { id: 3, area: 12, iou: 0, dice: 0, boundary_iou: 0, parts: 0, contour: null },
  ]);
});

test('ignored pixels of the prediction change no overlap, nor outlines that are far from others', () => {
  const [prediction, truth] = [randomMask(31, 23, 6, 1), randomMask(31, 23, 6, 2)];
  const ignore = Uint8Array.from(truth.ids, (_, i) => Number(i % 31 > 20));
  const over = (column: number) => ({
    ...prediction,
    ids: prediction.ids.map((id, i) => (i % 31 > column ? 99 : id)),
  });
  const found = scoreSegments(prediction, truth, ignore);
  scoreSegments(over(20), truth, ignore).forEach(({ iou, dice }, i) => {
    expect({ iou, dice }).toEqual({ iou: found[i].iou, dice: found[i].dice });
  });
  // The band is one pixel wide.
  scoreSegments(over(21), truth, ignore).forEach(({ contour }, i) => {
    expect(contour).toBe(found[i].contour);
  });
});

test('a mask that runs beside the truth within void has the truth’s length', () => {
  const square = (left: number, right: number): Mask => ({
    ids: Uint32Array.from({ length: 10_000 }, (_, i) => Number(i % 100 >= left && i % 100 < right)),
    width: 100,
    height: 100,
  });
  const truth = square(40, 60);
  // Void: two columns on either side of both outlines.
  const ignore = Uint8Array.from(truth.ids, (_, i) => Number([38, 39, 40, 41, 58, 59, 60, 61].includes(i % 100)));
  for (const [left, right] of [
    [39, 61],
    [42, 58],
    [36, 64],
  ])
    expect(scoreSegments(square(left, right), truth, ignore).map(({ contour }) => contour)).toEqual([1, 1]);
});
