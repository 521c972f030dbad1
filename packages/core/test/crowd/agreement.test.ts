import { InvalidInputError } from '@saltworks/contract/errors';
import { describe, expect, test } from 'vitest';
import { agreement } from '../../src/crowd/agreement.ts';
import { overlaps } from '../../src/metrics/overlaps.ts';
import { random } from '../golden.ts';

const mask = (...rows: string[]) => ({
  ids: Uint32Array.from(rows.join(''), Number),
  width: rows[0].length,
  height: rows.length,
});

test('the same regions under other ids agree completely', () => {
  const found = agreement({ mask: mask('1122', '1122') }, { mask: mask('7733', '7733') });
  expect(found).toMatchObject({ miou: 1, pixels: 1, kappa: 1 });
  expect(found.pairs).toEqual([
    { a: 1, b: 7, iou: 1 },
    { a: 2, b: 3, iou: 1 },
  ]);
});

test('segments are matched for the best sum of IoU, not greedily', () => {
  // Of 1–1 (3/6), 1–2 (2/5) and 2–1 (1/4), the first is the best pair, but the other two sum to more.
  const found = agreement({ mask: mask('111112') }, { mask: mask('111221') });
  expect(found.pairs).toEqual([
    { a: 1, b: 2, iou: 2 / 5 },
    { a: 2, b: 1, iou: 1 / 4 },
  ]);
  expect(found.miou).toBeCloseTo((2 / 5 + 1 / 4) / 2, 12);
});

test('a segment of only one answer counts 0', () => {
  const found = agreement({ mask: mask('1122') }, { mask: mask('1100') });
  expect(found.miou).toBe(1 / 2);
  expect(found.pixels).toBe(1 / 2);
  expect(agreement({ mask: mask('0000') }, { mask: mask('0000') })).toMatchObject({ miou: 1, pixels: 1, kappa: 1 });
  expect(agreement({ mask: mask('0000') }, { mask: mask('1111') })).toMatchObject({ miou: 0, pixels: 0 });
});

describe('categories', () => {
  const [cat, dog] = [new Map([[1, 'cat']]), new Map([[1, 'dog']])];
  test('must be equal if both answers name them', () => {
    const one = mask('1100');
    expect(agreement({ mask: one, categories: cat }, { mask: one, categories: dog }).miou).toBe(0);
    expect(agreement({ mask: one, categories: cat }, { mask: one, categories: cat }).miou).toBe(1);
    expect(agreement({ mask: one, categories: cat }, { mask: one }).miou).toBe(1);
  });

  test('score by all their segments together', () => {
    const a = { mask: mask('11223000'), categories: new Map([1, 2].map((id) => [id, 'cat'])).set(3, 'dog') };
    const b = { mask: mask('44440000'), categories: new Map([[4, 'cat']]) };
    expect(agreement(a, b).classes).toEqual([
      { category: 'cat', iou: 1, both: 4 / 8 },
      { category: 'dog', iou: 0, both: 0 },
    ]);
  });
});

test('κ is 0 if agreement is that of chance', () => {
  // Two columns against two rows: half of all pixels agree, as they would by chance.
  expect(agreement({ mask: mask('12', '12') }, { mask: mask('11', '22') }).kappa).toBeCloseTo(0, 12);
  // po = 3/4, pe = 1/4·2/4 + 3/4·2/4 = 1/2.
  expect(agreement({ mask: mask('1222') }, { mask: mask('1122') }).kappa).toBeCloseTo(1 / 2, 12);
});

test('ignored pixels do not count', () => {
  const found = agreement({ mask: mask('1122') }, { mask: mask('1111') }, Uint8Array.from([0, 0, 1, 1]));
  expect(found).toMatchObject({ miou: 1, pixels: 1 });
});

test('agreement is symmetric, and equal ids score as in `overlaps`', () => {
  const next = random(3);
  const noisy = () => ({
    ids: Uint32Array.from({ length: 900 }, (_, i) =>
      next() < 0.7 ? 1 + Math.floor(i / 300) : 1 + Math.floor(4 * next()),
    ),
    width: 30,
    height: 30,
  });
  const [a, b] = [noisy(), noisy()];
  const [there, back] = [agreement({ mask: a }, { mask: b }), agreement({ mask: b }, { mask: a })];
  expect(there.miou).toBeCloseTo(back.miou, 12);
  expect(there.pixels).toBeCloseTo(back.pixels, 12);
  for (const { a: id, b: other, iou } of there.pairs) {
    expect(other).toBe(id);
    expect(iou).toBeCloseTo(overlaps(a, b).find((overlap) => overlap.id === id)?.iou ?? -1, 12);
  }
});

test('masks of different sizes are refused', () => {
  expect(() => agreement({ mask: mask('11') }, { mask: mask('1', '1') })).toThrow(InvalidInputError);
});
