import { InvalidInputError } from '@saltworks/contract/errors';
import { describe, expect, test } from 'vitest';
import { compareMasks, type NamedMask, unchanged } from '../../src/builds/compare-masks.ts';

/** Digits are segments. */
const named = (row: string, categories: Record<number, string>): NamedMask => ({
  mask: { ids: Uint32Array.from(row, Number), width: row.length, height: 1 },
  categories: new Map(Object.entries(categories).map(([id, name]) => [Number(id), name])),
});
const cats = { 1: 'cat', 2: 'cat', 3: 'dog' };

test('a mask compared with itself has not changed, and its document says the same', () => {
  const mask = named('0011223300', cats);
  const same = compareMasks(mask, mask);
  expect(same).toMatchObject({ changed: 0, iou: 1, pixels: 10 });
  const segments = [1, 2, 3].map((id) => ({ id, category: cats[id as 1], area: 2 }));
  expect(unchanged(segments, 10)).toEqual(same);
  expect(unchanged([{ id: 1, category: 'cat', area: 4 }], 4).classes).toEqual([
    { category: 'cat', before: 4, after: 4, both: 4 },
  ]);
});

test('a pixel changes with its segment, even within its category', () => {
  const change = compareMasks(named('1122', cats), named('1112', cats));
  expect(change.changed).toBe(1 / 4);
  expect(change.segments).toEqual([
    { id: 1, category: 'cat', before: 2, after: 3, iou: 2 / 3 },
    { id: 2, category: 'cat', before: 2, after: 1, iou: 1 / 2 },
  ]);
  expect(change.classes).toEqual([{ category: 'cat', before: 4, after: 4, both: 4 }]);
  expect(change.iou).toBeCloseTo(7 / 12, 12);
});

test('a segment that changes its category is another one', () => {
  const change = compareMasks(named('0110', { 1: 'cat' }), named('0110', { 1: 'dog' }));
  expect(change).toMatchObject({ changed: 1 / 2, iou: 0 });
  expect(change.segments).toEqual([
    { id: 1, category: 'cat', before: 2, after: 0, iou: 0 },
    { id: 1, category: 'dog', before: 0, after: 2, iou: 0 },
  ]);
});

test('background counts by pixels and as a class, not as a segment', () => {
  const change = compareMasks(named('0000', {}), named('0111', { 1: 'cat' }));
  expect(change.changed).toBe(3 / 4);
  expect(change.segments).toEqual([{ id: 1, category: 'cat', before: 0, after: 3, iou: 0 }]);
  expect(change.classes).toEqual([
    { category: '', before: 4, after: 1, both: 1 },
    { category: 'cat', before: 0, after: 3, both: 0 },
  ]);
  expect(compareMasks(named('00', {}), named('00', {}))).toMatchObject({ changed: 0, iou: 1, segments: [] });
});

test('masks of two sizes are refused', () => {
  expect(() => compareMasks(named('00', {}), named('000', {}))).toThrow(InvalidInputError);
});

describe('of random masks', () => {
  const random = randomNumbers(7);
  const draw = (): NamedMask => {
    const categories: Record<number, string> = {};
    for (let id = 1; id <= 5; id++)
      if (random() < 0.8) categories[id] = ['cat', 'dog', 'sky'][Math.floor(3 * random())];
    let row = '';
    while (row.length < 60) row += String(Math.floor(6 * random())).repeat(1 + Math.floor(4 * random()));
    return named(row.slice(0, 60), categories);
  };
  const pairs = Array.from({ length: 200 }, () => [draw(), draw()]);

  test('all figures are those of counting pixel by pixel', () => {
    for (const [before, after] of pairs) {
      const kind = ({ mask, categories }: NamedMask, i: number) => {
        const id = mask.ids[i];
        return { id, category: id === 0 ? '' : (categories.get(id) ?? '') };
      };
      const at = Array.from(before.mask.ids, (_, i) => ({ old: kind(before, i), now: kind(after, i) }));
      const change = compareMasks(before, after);
      const differing = at.filter(({ old, now }) => old.id !== now.id || old.category !== now.category);
      expect(change.changed).toBe(differing.length / 60);
      for (const { id, category, before, after, iou } of change.segments) {
        const is = (one: { id: number; category: string }) => one.id === id && one.category === category;
        const both = at.filter(({ old, now }) => is(old) && is(now)).length;
        expect([before, after]).toEqual([
          at.filter(({ old }) => is(old)).length,
          at.filter(({ now }) => is(now)).length,
        ]);
        expect(iou).toBe(both / (before + after - both));
      }
      for (const { category, before, after, both } of change.classes) {
        const is = (one: { category: string }) => one.category === category;
        expect({ before, after, both }).toEqual({
          before: at.filter(({ old }) => is(old)).length,
          after: at.filter(({ now }) => is(now)).length,
          both: at.filter(({ old, now }) => is(old) && is(now)).length,
        });
      }
    }
  });

  test('before and after change places, and areas add up to the image', () => {
    for (const [before, after] of pairs) {
      const [there, back] = [compareMasks(before, after), compareMasks(after, before)];
      expect(back.changed).toBe(there.changed);
      expect(back.iou).toBeCloseTo(there.iou, 12);
      const swapped = ({ before, after, ...rest }: { before: number; after: number }) => ({
        ...rest,
        before: after,
        after: before,
      });
      expect(back.classes).toEqual(there.classes.map(swapped));
      expect(there.classes.reduce((sum, { before }) => sum + before, 0)).toBe(60);
      expect(there.classes.reduce((sum, { after }) => sum + after, 0)).toBe(60);
    }
  });
});

/** Numbers in [0, 1): a linear congruential generator. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
