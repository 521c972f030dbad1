import { expect, test } from 'vitest';
import { trustOf } from '../../src/corpus/trust.ts';

test('nothing, or one image, earns no trust', () => {
  expect([trustOf([]), trustOf([1])]).toEqual([0, 0]);
});

test('images that agree alike earn what lies between a fifth and two fifths', () => {
  expect(trustOf([0.2, 0.2])).toBe(0);
  expect(trustOf([0.3, 0.3, 0.3])).toBeCloseTo(0.5, 9);
  expect(trustOf([0.4, 0.4])).toBeCloseTo(1, 9);
  expect(trustOf([0.9, 0.9])).toBe(1);
  expect(trustOf([0, 0, 0])).toBe(0);
});

test('two standard errors are taken off the mean, so the same agreements of more images earn more', () => {
  const some = [0.3, 0.5];
  expect(trustOf(some)).toBeCloseTo((0.4 - 0.2 - 0.2) / 0.2, 9);
  const many = Array.from({ length: 10 }, () => some).flat();
  const error = Math.sqrt((20 * 0.1 ** 2) / 19 / 20);
  expect(trustOf(many)).toBeCloseTo((0.4 - 2 * error - 0.2) / 0.2, 9);
});
