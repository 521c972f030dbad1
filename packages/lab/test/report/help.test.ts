import { expect, test } from 'vitest';
import { nextImageCurves, stoppings } from '../../src/report/help.ts';

// One image is good from the start; the other gains from each stroke, and the predictions are true.
const good = { image: 'a', curve: [0.9, 0.9, 0.9], predicted: [0.9, 0.9, 0.9] };
const poor = { image: 'b', curve: [0.1, 0.5, 0.9], predicted: [0.1, 0.5, 0.9] };

test('strokes that go to the least predicted image reach the best mean first', () => {
  const curves = nextImageCurves([good, poor]).map(({ points }) => points.map(({ y }) => y.mean));
  const [least, lacking, truly, random] = curves;
  for (const curve of [least, lacking, truly]) expect(curve).toEqual([0.5, 0.9, 0.9]);
  expect(random[0]).toBe(0.5);
  expect(random[1]).toBeLessThan(0.9);
  expect(random.at(-1)).toBeCloseTo(0.9, 9);
});

test('an image that strokes do not help gives way to others', () => {
  const stuck = { image: 'c', curve: [0.2, 0.2, 0.2], predicted: [0.2, 0.2, 0.2] };
  const slow = { image: 'd', curve: [0.3, 0.6, 0.9], predicted: [0.3, 0.6, 0.9] };
  const [least, lacking] = nextImageCurves([stuck, slow]).map(({ points }) => points.map(({ y }) => y.mean));
  expect(least[1]).toBe(0.25);
  expect(lacking[1]).toBe(0.4);
});

test('drawing stops where the prediction reaches the bar; as many strokes for each image take more', () => {
  const [found] = stoppings([good, poor], [0.8]);
  expect(found).toEqual({ bar: 0.8, reached: 2, reachedIou: 0.9, strokes: 1, iou: 0.9, fixed: 2 });
});

test('a bar that nothing reaches takes all strokes, and one that all reach takes none', () => {
  const [none, all] = stoppings([good, poor], [0.05, 0.95]);
  expect(none).toEqual({ bar: 0.05, reached: 2, reachedIou: 0.5, strokes: 0, iou: 0.5, fixed: 0 });
  expect(all).toEqual({ bar: 0.95, reached: 0, strokes: 2, iou: 0.9, fixed: 2 });
});
