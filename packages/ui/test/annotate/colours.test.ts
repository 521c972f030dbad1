import { expect, test } from 'vitest';
import { css, parseColour, segmentColours } from '../../src/annotate/colours.ts';

const categories = [
  { id: 1, name: 'cat', colour: '#ff8800', isthing: true },
  { id: 2, name: 'dog', colour: '#0044aa', isthing: true },
];

test('the first of a class has its colour, others lighter and darker ones, all different', () => {
  const segments = Array.from({ length: 5 }, (_, i) => ({ id: i + 1, category: 1 }));
  const colours = segmentColours([...segments, { id: 9, category: 2 }], categories);
  expect(colours.get(1)).toEqual([255, 136, 0]);
  expect(colours.get(9)).toEqual([0, 68, 170]);
  expect(new Set([...colours.values()].map((colour) => css(colour))).size).toBe(7);
});

test('a class that is not known any more is grey', () => {
  expect(segmentColours([{ id: 1, category: 7 }], categories).get(1)).toEqual(parseColour('#888888'));
});
