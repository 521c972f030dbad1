import { expect, test } from 'vitest';
import { mean, overlaps, panopticQuality } from '../../src/mask/metrics.ts';
import { goldenJson } from '../golden.ts';

const { width, height, prediction, truth, ...golden } = goldenJson('metrics.json');
const map = (ids: number[]) => ({ ids: Uint32Array.from(ids), width, height });
const area = (ids: number[], id: number) => ids.filter((other) => other === id).length;

interface GoldenSegment {
  id: number;
  iscrowd: 0 | 1;
  iou: number;
  dice: number;
}

test('IoU and Dice of equal ids, void ignored', () => {
  const ignore = Uint8Array.from(truth, (id: number) => (id === 0 ? 1 : 0));
  const found = overlaps(map(prediction), map(truth), ignore);
  expect(found.map(({ id }) => id)).toEqual(golden.segments.map(({ id }: GoldenSegment) => id));
  golden.segments.forEach(({ iou, dice }: GoldenSegment, i: number) => {
    expect(found[i].iou).toBeCloseTo(iou, 12);
    expect(found[i].dice).toBeCloseTo(dice, 12);
  });
  const crowds = new Set(
    golden.segments.filter(({ iscrowd }: GoldenSegment) => iscrowd).map(({ id }: GoldenSegment) => id),
  );
  expect(mean(found.filter(({ id }) => !crowds.has(id)).map(({ iou }) => iou))).toBeCloseTo(golden.mean_iou, 12);
});

test('panoptic quality, with void, a crowd and wrong categories', () => {
  const side = (ids: number[], segments: { id: number; category: number; iscrowd?: 0 | 1 }[]) => ({
    mask: map(ids),
    segments: segments.map(({ id, category, iscrowd = 0 }) => ({
      id,
      category_id: category,
      iscrowd,
      area: area(ids, id),
      bbox: [0, 0, 0, 0] as [number, number, number, number],
    })),
  });
  const categories = golden.panoptic_categories.map(({ category }: { category: number }) => ({ id: category }));
  const pair = { prediction: side(prediction, golden.prediction_segments), truth: side(truth, golden.truth_segments) };
  const { pq, sq, rq, categories: counted } = panopticQuality([pair], categories);
  expect(pq).toBeCloseTo(golden.panoptic.pq, 12);
  expect(sq).toBeCloseTo(golden.panoptic.sq, 12);
  expect(rq).toBeCloseTo(golden.panoptic.rq, 12);
  expect(counted).toBe(golden.panoptic.categories_counted);
});
