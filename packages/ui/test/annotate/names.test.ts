import { expect, test } from 'vitest';
import { countsOf, nameOf } from '../../src/annotate/names.ts';

const categories = ['cat', 'dog'].map((name, i) => ({ id: i + 1, name, isthing: true, colour: '#000000' }));
const segments = [
  { id: 3, category: 1 },
  { id: 7, category: 2 },
  { id: 9, category: 1 },
];

test('segments are counted within their class, in their order', () => {
  expect([...countsOf(segments)]).toEqual([
    [3, 1],
    [7, 1],
    [9, 2],
  ]);
  expect([3, 7, 9, 0].map((id) => nameOf(id, segments, categories))).toEqual(['cat 1', 'dog 1', 'cat 2', 'background']);
});

test('an unknown segment, or one of an unknown class, has a name all the same', () => {
  expect(nameOf(8, segments, categories)).toBe('segment 8');
  expect(nameOf(4, [{ id: 4, category: 5 }], categories)).toBe('segment 1');
});
