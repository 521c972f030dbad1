import { expect, test } from 'vitest';
import { categoriesOf, consent, numbered, sameShare } from '../../src/review/labels.ts';

const mask = (...ids: number[]) => ({ n: 0, width: ids.length, height: 1, ids: Uint32Array.from(ids) });

test('masks are compared by category, whatever their segment ids', () => {
  const ann = categoriesOf(mask(0, 1, 1, 2), [
    { id: 1, category: 7 },
    { id: 2, category: 9 },
  ]);
  const bob = categoriesOf(mask(0, 5, 3, 3), [
    { id: 5, category: 7 },
    { id: 3, category: 9 },
  ]);
  expect([...ann]).toEqual([0, 7, 7, 9]);
  expect(sameShare(ann, bob)).toBe(0.75);
  expect([...consent([ann, bob])]).toEqual([1, 1, 0, 1]);
});

test('two of three in agreement count half of what all three would', () => {
  expect([...consent([Uint16Array.of(1, 1, 1), Uint16Array.of(1, 1, 2), Uint16Array.of(1, 2, 3)])]).toEqual([
    1, 0.5, 0,
  ]);
});

test('one mask agrees with itself', () => {
  expect([...consent([Uint16Array.of(1, 2)])]).toEqual([1, 1]);
});

test('a category that the campaign lacks counts as background', () => {
  const categories = [{ id: 4, name: 'cup', colour: '#123456', isthing: true }];
  const segments = numbered(
    [
      { id: 1, category: 'cup' },
      { id: 2, category: 'spoon' },
    ],
    categories,
  );
  expect([...categoriesOf(mask(1, 2), segments)]).toEqual([4, 0]);
});
