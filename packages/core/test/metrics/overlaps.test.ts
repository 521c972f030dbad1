import { expect, test } from 'vitest';
import { mean } from '../../src/metrics/mean.ts';
import { overlaps } from '../../src/metrics/overlaps.ts';
import { goldenJson } from '../golden.ts';

const { width, height, prediction, truth, ...golden } = goldenJson('metrics.json');
const map = (ids: number[]) => ({ ids: Uint32Array.from(ids), width, height });

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
