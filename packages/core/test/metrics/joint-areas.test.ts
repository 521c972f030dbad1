import { expect, test } from 'vitest';
import { dice, iou, jointAreas } from '../../src/metrics/joint-areas.ts';
import { randomMask } from './random-mask.ts';

test('joint areas are counts of pixels', () => {
  const [a, b] = [randomMask(31, 23, 6, 1), randomMask(31, 23, 6, 2)];
  const ignore = Uint8Array.from(a.ids, (_, i) => Number(i % 7 === 0));
  const areas = jointAreas(a, b, ignore);
  const count = (test: (i: number) => boolean) => [...a.ids.keys()].filter((i) => !ignore[i] && test(i)).length;
  for (let i = 0; i < 6; i++) {
    expect(areas.a.get(i)).toBe(count((p) => a.ids[p] === i));
    for (let j = 0; j < 6; j++) {
      const both = count((p) => a.ids[p] === i && b.ids[p] === j);
      expect(areas.shared(i, j)).toBe(both);
      expect(iou(areas, i, j)).toBe(both / count((p) => a.ids[p] === i || b.ids[p] === j));
      expect(dice(areas, i, j)).toBe((2 * both) / (count((p) => a.ids[p] === i) + count((p) => b.ids[p] === j)));
    }
  }
});

test('masks of two sizes are refused', () => {
  expect(() => jointAreas(randomMask(3, 4, 2), randomMask(4, 3, 2))).toThrow(
    'masks of 3 × 4 and 4 × 3 pixels; expected one size',
  );
});
