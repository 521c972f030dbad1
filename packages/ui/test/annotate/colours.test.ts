import { expect, test } from 'vitest';
import { css, parseColour, segmentColours, shadesOf } from '../../src/annotate/colours.ts';
import { deltaE, lchOf, rgbOf, seenAs } from '../../src/annotate/oklch.ts';

const categories = [
  { id: 1, name: 'cat', colour: '#ff8800', isthing: true },
  { id: 2, name: 'dog', colour: '#0044aa', isthing: true },
];

test('the first of a class has its colour, others ones near it, all different', () => {
  const segments = Array.from({ length: 5 }, (_, i) => ({ id: i + 1, category: 1 }));
  const colours = segmentColours([...segments, { id: 9, category: 2 }], categories);
  expect(colours.get(1)).toEqual([255, 136, 0]);
  expect(colours.get(9)).toEqual([0, 68, 170]);
  expect(new Set([...colours.values()].map((colour) => css(colour))).size).toBe(7);
});

test('a class that is not known any more is grey', () => {
  expect(segmentColours([{ id: 1, category: 7 }], categories).get(1)).toEqual(parseColour('#888888'));
});

// Okabe and Ito, primaries, and the ends of lightness.
const bases = [
  ...['#ff8800', '#0044aa', '#e69f00', '#56b4e9', '#009e73', '#f0e442', '#d55e00', '#cc79a7'],
  ...['#888888', '#000000', '#ffffff', '#ff0000', '#00ff00', '#0000ff'],
];

test.each(bases)('twelve instances of %s are told apart, also without red or green cones', (base) => {
  const seen = shadesOf(base).slice(0, 12).map(seenAs);
  for (const vision of [0, 1, 2]) {
    const pairs = seen.flatMap((a, i) => seen.slice(0, i).map((b) => deltaE(a[vision], b[vision])));
    expect(Math.min(...pairs)).toBeGreaterThan(5);
  }
  expect(deltaE(seen[0][0], seen[1][0])).toBeGreaterThan(25);
});

test.each(['#ff8800', '#0044aa', '#009e73', '#cc79a7'])('instances of %s keep its hue', (base) => {
  const { h } = lchOf(parseColour(base));
  for (const shade of shadesOf(base)) {
    const turn = lchOf(shade).h - h;
    expect(Math.cos(turn)).toBeGreaterThan(Math.cos((36 * Math.PI) / 180));
  }
});

test('OKLCH there and back again is the same colour', () => {
  for (const rgb of [
    [255, 136, 0],
    [1, 2, 3],
    [12, 200, 250],
  ] as [number, number, number][]) {
    expect(rgbOf(lchOf(rgb))).toEqual(rgb);
  }
  expect(rgbOf({ l: 0.5, c: 0.5, h: 1 })).toBeUndefined();
});
