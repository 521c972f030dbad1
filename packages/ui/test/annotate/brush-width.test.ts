import { expect, test } from 'vitest';
import { positionOf, radiusAt, sliderSteps } from '../../src/annotate/brush-width.ts';

test('the slider goes from 1 to 400 pixels; equal steps widen the brush by equal factors', () => {
  expect([radiusAt(0), radiusAt(sliderSteps)]).toEqual([0.5, 200]);
  const factor = radiusAt(1) / radiusAt(0);
  for (const at of [10, 50, 99]) expect(radiusAt(at + 1) / radiusAt(at)).toBeCloseTo(factor, 9);
});

test('a radius and its position agree', () => {
  for (let at = 0; at <= sliderSteps; at++) expect(positionOf(radiusAt(at))).toBe(at);
  expect([positionOf(0), positionOf(1000)]).toEqual([0, sliderSteps]);
});
