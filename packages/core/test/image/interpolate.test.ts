import { describe, expect, test } from 'vitest';
import { interpolateLinear, linearTaps } from '../../src/image/interpolate.ts';
import { doubleKeys, interleaveKeys } from '../../src/keys/keys.ts';
import { expectClose, goldenJson } from '../golden.ts';

describe('linear interpolation', () => {
  const { h, w, d, grid, out } = goldenJson('interpolate.json');
  test('×2 equals the definition', () => {
    expectClose(interpolateLinear(Float32Array.from(grid), h, w, d, 2 * h, 2 * w), out, 1e-6);
    expectClose(doubleKeys({ data: Float32Array.from(grid), h, w, d }).data, out, 1e-6);
  });
  test('a linear ramp stays linear away from the border, and is clamped at it', () => {
    const ramp = interpolateLinear(Float32Array.from([0, 1, 2, 3]), 1, 4, 1, 1, 8);
    expectClose(ramp, [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3], 1e-6);
  });
  test('the same size is the identity', () => {
    expectClose(interpolateLinear(Float32Array.from(grid), h, w, d, h, w), grid, 0);
  });
  test('one cell spreads everywhere', () => {
    expect([...linearTaps(1, 3).lo, ...linearTaps(1, 3).hi]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

test('four shifted passes interleave into the ×2 grid', () => {
  const pass = (value: number) => ({ data: new Float32Array(2 * 1 * 3).fill(value), h: 1, w: 2, d: 3 });
  const { data, h, w, d } = interleaveKeys([pass(1), pass(2), pass(3), pass(4)]);
  expect([h, w, d]).toEqual([2, 4, 3]);
  expect(Array.from({ length: 8 }, (_, i) => data[3 * i])).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
});
