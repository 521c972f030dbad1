import type { EvaluationRow } from '@saltworks/contract/documents/evaluations';
import { expect, test } from 'vitest';
import { figuresOf, summedUp } from '../src/figures.ts';

const segment = (id: number, iou: number, parts = 1, contour: number | null = 1) => ({
  ...{ id, area: 10, iou, dice: iou, boundary_iou: iou / 2, parts, contour },
});
const row = (image: string, source: string, ious: number[], more: Partial<EvaluationRow> = {}): EvaluationRow => ({
  ...{ image, source, protocol: 'strokes', variant: 'best', seed: 0 },
  segments: ious.map((iou, id) => segment(id, iou, id + 1, id === 0 ? null : id)),
  panoptic: [],
  ...more,
});

test('a mean over images of means over segments; medians over all segments', () => {
  const figures = figuresOf([row('a', '', [1, 0.5]), row('b', '', [0.25, 0.25, 0.25, 0.25])]);
  expect(figures).toMatchObject({
    images: 2,
    miou: 0.5,
    dice: 0.5,
    boundary_iou: 0.25,
    parts: 2,
    contour: 1,
    pq: null,
  });
  expect(figures).not.toHaveProperty('nci');
});

test('several rows of an image count as one image', () => {
  const rows = [row('a', '', [1], { seed: 1 }), row('a', '', [0], { seed: 2 }), row('b', '', [1])];
  expect(figuresOf(rows)).toMatchObject({ images: 2, miou: 0.75 });
});

test('panoptic quality counts a category over all images, then takes the mean of categories', () => {
  const count = (category: string | null, matched: number, iou: number, wrong: number) => ({
    ...{ category, matched, iou, false_positives: wrong, false_negatives: wrong },
  });
  const rows = [
    row('a', '', [1], { panoptic: [count('cat', 1, 0.9, 0), count('dog', 0, 0, 1)] }),
    row('b', '', [1], { panoptic: [count('cat', 1, 0.7, 2)] }),
  ];
  expect(figuresOf(rows).pq).toBeCloseTo((1.6 / (2 + 2) + 0) / 2, 12);
});

test('corrections: a mean over images, failures added up, the first eight effects of each image', () => {
  const counts = (perSegment: number, needed: (number | null)[], breaks: number[]) => ({
    corrections: {
      ...{ curve: [0.5, 1], needed, per_segment: perSegment, sufficed: !needed.includes(null) },
      effects: breaks.map((share) => ({ breaks: share, mends: 0.5 })),
    },
  });
  const figures = figuresOf([
    row('a', '', [1, 1], counts(2, [1, 2], [0.1, 0.3])),
    row('b', '', [1, 1], counts(10, [null, 4], [...Array(8).fill(0), 1, 1])),
  ]);
  expect(figures).toMatchObject({ nci: 6, failed_segments: 1, failed_images: 1 });
  expect(figures.collateral).toBeCloseTo(0.4 / 10, 12);
  expect(figures).not.toHaveProperty('noc85');
});

test('a variant is summed up over all images, then by source, with intervals that hold the mean', () => {
  const rows = [row('a', 'two', [1]), row('b', 'one', [0.5]), row('c', 'two', [0.75])];
  const sums = summedUp([...rows, row('a', 'two', [0], { variant: 'paper' })]);
  expect(sums.map(({ variant, source, figures }) => [variant, source, figures.images, figures.miou])).toEqual([
    ['best', null, 3, 0.75],
    ['best', 'one', 1, 0.5],
    ['best', 'two', 2, 0.875],
    ['paper', null, 1, 0],
    ['paper', 'two', 1, 0],
  ]);
  const { low, mean, high } = sums[0].intervals.miou!;
  expect([low <= mean, mean <= high, mean]).toEqual([true, true, 0.75]);
});

test('a dataset that names no sources is summed up once', () => {
  expect(summedUp([row('a', '', [1])]).map(({ source }) => source)).toEqual([null]);
});
