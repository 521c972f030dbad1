import { expect, test } from 'vitest';
import {
  background,
  classColour,
  classColours,
  hexOf,
  lightness,
  namedClasses,
  namedColours,
  namesOf,
  parseColour,
  type Rgb,
  segmentColours,
} from '../../src/screen/colours.ts';
import { deltaE, lchOf, rgbOf, seenAs } from '../../src/screen/oklch.ts';

const categories = [
  { id: 1, name: 'cat', colour: '#ff8800', isthing: true },
  { id: 2, name: 'dog', colour: '#56b4e9', isthing: true },
];
const instances = (count: number, category: number) =>
  Array.from({ length: count }, (_, i) => ({ id: i + 1, category }));
const instancesOf = (count: number, classes: { id: number; colour: string }[], category = 1): Rgb[] =>
  [...segmentColours(instances(count, category), classes).values()].slice(1);
/** The least distance of any two, for the kind of vision that sees it smallest. */
const least = (colours: readonly Rgb[]) => {
  const seen = colours.map(seenAs);
  const pairs = seen.flatMap((a, i) => seen.slice(0, i).flatMap((b) => [0, 1, 2].map((v) => deltaE(a[v], b[v]))));
  return Math.min(...pairs);
};

test('the first segment of a category has its colour, others have colours near it, all different', () => {
  const colours = segmentColours([...instances(5, 1), { id: 9, category: 2 }], categories);
  expect(colours.get(0)).toEqual(background);
  expect(colours.get(1)).toEqual([255, 136, 0]);
  expect(colours.get(9)).toEqual(parseColour('#56b4e9'));
  expect(new Set([...colours.values()].map(hexOf)).size).toBe(7);
});

test('colours depend on ids, not on the order in which segments are listed', () => {
  const segments = [...instances(4, 1), { id: 9, category: 2 }];
  expect(segmentColours([...segments].reverse(), categories)).toEqual(segmentColours(segments, categories));
});

test('an unknown category is grey', () => {
  expect(segmentColours([{ id: 1, category: 7 }], categories).get(1)).toEqual(parseColour('#888888'));
});

// Okabe and Ito, Tol's dark ones, primaries, and the ends of lightness.
const bases = [
  ...['#ff8800', '#0044aa', '#e69f00', '#56b4e9', '#009e73', '#f0e442', '#d55e00', '#cc79a7', '#0072b2'],
  ...['#332288', '#117733', '#882255', '#888888', '#000000', '#0a0a14', '#200000', '#001a00', '#000040', '#ffffff'],
  ...['#fffff0', '#ff0000', '#00ff00', '#0000ff', '#8b4513', '#4b0082'],
];

test.each(bases)('every shade of %s is visible on dark and on pale photographs', (colour) => {
  const colours = segmentColours(instances(100, 1), [{ id: 1, colour }, ...categories.slice(1)]);
  for (let id = 1; id <= 100; id++) {
    const { l } = lchOf(colours.get(id)!);
    expect(l).toBeGreaterThanOrEqual(lightness.least);
    expect(l).toBeLessThanOrEqual(lightness.most);
  }
});

test.each(bases)('twelve shades of %s are distinct, also without red or green cones', (colour) => {
  const shades = instancesOf(12, [{ id: 1, colour }]);
  expect(least(shades)).toBeGreaterThan(4);
  expect(least(shades.slice(0, 2))).toBeGreaterThan(15);
});

test.each(['#ff8800', '#0044aa', '#009e73', '#cc79a7'])('shades of %s keep its hue', (base) => {
  const { h } = lchOf(parseColour(base));
  for (const shade of instancesOf(32, [{ id: 1, colour: base }])) {
    const turn = lchOf(shade).h - h;
    expect(Math.cos(turn)).toBeGreaterThan(Math.cos((42 * Math.PI) / 180));
  }
});

test('dark colours of categories stay distinct once they are made lighter', () => {
  const dark = ['#000000', '#111111', '#000022', '#220000', '#002200', '#0a0a0a'];
  const shown = [...classColours(dark.map((colour, id) => ({ id, colour }))).values()];
  expect(least(shown)).toBeGreaterThan(5);
});

test('shades keep away from the colours of other categories', () => {
  const classes = Array.from({ length: 8 }, (_, id) => ({ id, colour: classColour(id) }));
  const shown = classColours(classes);
  for (const { id } of classes) {
    const others = [...shown.values()].filter((_, other) => other !== id);
    for (const shade of instancesOf(6, classes, id)) {
      for (const other of others) expect(least([shade, other])).toBeGreaterThan(4);
    }
  }
});

test('the palette’s colours are distinct and visible', () => {
  const colours = Array.from({ length: 24 }, (_, i) => parseColour(classColour(i)));
  expect(hexOf(colours[0])).toBe('#e69f00');
  expect(least(colours.slice(0, 7))).toBeGreaterThan(5);
  expect(least(colours)).toBeGreaterThan(3);
  for (const colour of colours) expect(lchOf(colour).l).toBeGreaterThanOrEqual(lightness.least);
  expect(namedClasses(['sky', 'cat', 'sky'])).toEqual([
    { id: 'sky', colour: '#e69f00' },
    { id: 'cat', colour: '#56b4e9' },
  ]);
});

test('OKLCH and back gives the same colour', () => {
  for (const rgb of [
    [255, 136, 0],
    [1, 2, 3],
    [12, 200, 250],
  ] as [number, number, number][]) {
    expect(rgbOf(lchOf(rgb))).toEqual(rgb);
  }
  expect(rgbOf({ l: 0.5, c: 0.5, h: 1 })).toBeUndefined();
});

test('two hundred unnamed segments have two hundred colours; those of one category are near each other', () => {
  const unnamed = Array.from({ length: 200 }, (_, i) => ({ id: i + 1, category: 'unnamed' }));
  expect(new Set([...namedColours(unnamed).values()].map(String)).size).toBe(201);
  const named = namedColours([
    { id: 4, category: 'cat' },
    { id: 7, category: 'cat' },
    { id: 9, category: 'sky' },
  ]);
  expect([named.get(0), named.get(4), named.get(9)]).toEqual([
    [128, 128, 128],
    [230, 159, 0],
    [86, 180, 233],
  ]);
  expect(named.get(7)).not.toEqual(named.get(4));
});

test('a category goes by its name, or by its id', () => {
  const nameOf = namesOf([
    { id: 'cat', colour: '#ff0000', name: 'lynx' },
    { id: 'dog', colour: '#00ff00', name: undefined },
    // A name that became free may be another's.
    { id: 'cat 5', colour: '#0000ff', name: 'cat' },
  ]);
  expect(['cat', 'dog', 'cat 5', 'bird', ''].map(nameOf)).toEqual(['lynx', 'dog', 'cat', 'bird', '']);
});
