import { expect, test } from 'vitest';
import { predictedQuality } from '../../src/help/quality.ts';
import { expectedIous } from '../../src/nodes/scores.ts';

test('predictions rise with what is expected, and stay within 0 … 1', () => {
  const told = [0, 0.2, 0.5, 0.8, 0.95, 1].map(predictedQuality);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(Math.min(...told)).toBeGreaterThan(0);
  expect(Math.max(...told)).toBeLessThan(1);
});

test('certain labels are expected to be right, and one that is best nowhere is lost', () => {
  expect(expectedIous({ labels: [0, 4], data: Float32Array.of(1, 0, 0, 1, 0, 1) })).toEqual([1, 1]);
  expect(expectedIous({ labels: [0, 4], data: Float32Array.of(0.75, 0.25, 1, 0) })).toEqual([1.75 / 2, 0]);
});
