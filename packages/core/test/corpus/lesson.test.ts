import { expect, test } from 'vitest';
import { lessonOf } from '../../src/corpus/lesson.ts';

// Two patches of 2 × 2 nodes and 4 × 4 pixels: segment 5 owns the left one and a quarter of the right one, segment 9 the rest.
const mask = {
  ids: Uint32Array.from({ length: 32 }, (_, i) => (i % 8 < 5 ? 5 : 9)),
  width: 8,
  height: 4,
};
/** Shares of segments 5 and 9: margins 1 left, and 0.2 or 0.6 right. */
const rows = [
  [1, 0],
  [1, 0],
  [0.4, 0.6],
  [0.2, 0.8],
];
const nodes = { data: Float32Array.from([...rows, ...rows].flat()), h: 2, w: 4, labels: [5, 9] };

test('a patch has the shares of its pixels, weighed by the margin of its nodes', () => {
  const found = lessonOf(
    mask,
    nodes,
    { h: 1, w: 2 },
    new Map([
      [5, 2],
      [9, 0],
    ]),
    3,
  );
  expect([...found]).toEqual([0, 0, 1, 0.4 * 0.75, 0, 0.4 * 0.25].map((value) => expect.closeTo(value, 6)));
});

test('segments of one category add up, and those of none teach nothing', () => {
  const one = lessonOf(
    mask,
    nodes,
    { h: 1, w: 2 },
    new Map([
      [5, 0],
      [9, 0],
    ]),
    1,
  );
  expect([...one]).toEqual([1, expect.closeTo(0.4, 6)]);
  const left = lessonOf(mask, nodes, { h: 1, w: 2 }, new Map([[9, 0]]), 1);
  expect([...left]).toEqual([0, expect.closeTo(0.3, 6)]);
});
