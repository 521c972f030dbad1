import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import type { Drawing } from '@saltworks/contract/api/interactions';
import type { Attribute } from '@saltworks/contract/attributes';
import { parseScribbles } from '@saltworks/contract/documents/scribbles';
import { expect, test } from 'vitest';
import { missingValue } from '../../src/drawing/attributes.ts';
import { isDrawnEnough, scribblesOf } from '../../src/drawing/scribbles-of.ts';

const size = { width: 10, height: 20 };
const drawing = (category: number) => ({
  segments: [{ id: 9, category }],
  strokes: [{ segment: 9, points: [[5, 1] as [number, number]], radius: 2, n: 2 }],
});

test('a drawing becomes a scribble document, without numbers of interactions', () => {
  const categories: LabelCategory[] = [{ id: 3, name: 'salt', colour: '#ffffff', isthing: true }];
  const document = scribblesOf(drawing(3), size, { categories });
  expect(JSON.parse(document)).toEqual({
    version: 1,
    image: { width: 10, height: 20 },
    segments: [{ id: 9, category: 'salt', isthing: true }],
    strokes: [{ segment: 9, points: [[5, 1]], radius: 2 }],
  });
  expect(() => scribblesOf(drawing(4), size, { categories })).toThrow(
    "segment 9 is of category 4; expected one of the campaign's",
  );
});

test('it tells which given segments were accepted, and is read so', () => {
  const categories: LabelCategory[] = [{ id: 3, name: 'salt', colour: '#ffffff', isthing: true }];
  const origin = 'predicted' as const;
  const segments = [
    { id: 9, category: 3, origin, accepted: true as const },
    { id: 10, category: 3, origin },
  ];
  const { strokes } = drawing(3);
  expect(parseScribbles(scribblesOf({ segments, strokes }, size, { categories })).segments).toEqual([
    { id: 9, category: 'salt', isthing: true, origin, accepted: true },
    { id: 10, category: 'salt', isthing: true, origin },
  ]);
});

test('exact strokes, polygons, regions and locks make a document of version 2, which is read as it was drawn', () => {
  const categories: LabelCategory[] = [{ id: 3, name: 'salt', colour: '#ffffff', isthing: true }];
  const corners: [number, number][] = [
    [1, 1],
    [5, 1],
    [5, 6],
  ];
  const strokes = [
    { segment: 9, points: corners, radius: 2, exact: true },
    { segment: 0, points: corners, radius: 0, polygon: true, exact: true, spread: false },
    { segment: 9, points: [], radius: 0, region: [3, 4, 10], exact: true },
  ];
  const locks = [{ segment: 9, region: [0, 200] }];
  const text = scribblesOf({ ...drawing(3), strokes: strokes.map((stroke, n) => ({ ...stroke, n })), locks }, size, {
    categories,
  });
  expect(JSON.parse(text).version).toBe(2);
  expect(JSON.parse(text).strokes[2]).toEqual({ segment: 9, region: [3, 4, 10], exact: true });
  expect(parseScribbles(text)).toEqual({
    ...{ image: size, segments: [{ id: 9, category: 'salt', isthing: true }], strokes, locks },
  });
});

test.each([
  [false, []],
  [false, [{ segment: 4 }]],
  [true, [{ segment: 0 }]],
  [true, [{ segment: 4 }, { segment: 5 }]],
  [false, [{ segment: 4 }, { segment: 5, spread: false }]],
  [false, [{ segment: 4 }, { segment: 0, spread: false }]],
  [true, [{ segment: 5, spread: false }]],
])('is drawn enough: %s for %j', (enough, strokes) => {
  expect(isDrawnEnough({ strokes })).toBe(enough);
  expect(isDrawnEnough({ strokes: [...strokes, { segment: 1, origin: 'imported' }] })).toBe(true);
});

test('names and attributes are kept by name, where the class has them, and are read as they were given', () => {
  const categories: LabelCategory[] = [
    { id: 3, name: 'salt', colour: '#ffffff', isthing: true },
    { id: 4, name: 'pan', colour: '#000000', isthing: true, merged: 3, retired: true },
    { id: 5, name: 'lid', colour: '#ff0000', isthing: true },
  ];
  const attributes: Attribute[] = [
    { id: 1, name: 'wet', of: 'segment', kind: 'flag', classes: [3], required: true },
    { id: 2, name: 'grain', of: 'segment', kind: 'choice', choices: ['fine', 'coarse'] },
    { id: 3, name: 'sky', of: 'image', kind: 'text', required: true },
  ];
  const labels = { categories, attributes };
  const drawing: Pick<Drawing, 'segments' | 'strokes' | 'values'> = {
    segments: [
      { id: 1, category: 3, name: 'left', values: { 2: 'fine', 1: false } },
      { id: 2, category: 4, values: { 1: true } },
      { id: 3, category: 5, values: { 1: true } },
      { id: 4, category: 4 },
    ],
    strokes: [1, 2, 3].map((segment, n) => ({ n, segment, points: [[1, 1]] as [number, number][], radius: 2 })),
    values: { 3: 'grey' },
  };
  const { segments, attributes: ofImage } = parseScribbles(scribblesOf(drawing, size, labels));
  expect(segments.map(({ attributes }) => attributes)).toEqual([
    { name: 'left', wet: false, grain: 'fine' },
    { wet: true },
    undefined,
    undefined,
  ]);
  expect(ofImage).toEqual({ sky: 'grey' });
  // Segments that nobody drew on, and classes that lack an attribute, miss nothing.
  expect(missingValue(labels, drawing)).toBeUndefined();
  const wanted = (changes: Partial<typeof drawing>) => missingValue(labels, { ...drawing, ...changes });
  expect(wanted({ values: {} })).toEqual({ segment: 0, attribute: attributes[2] });
  expect(wanted({ segments: [{ ...drawing.segments[1], values: {} }] })).toEqual({
    segment: 2,
    attribute: attributes[0],
  });
  attributes[0].retired = true;
  expect(wanted({ segments: [{ ...drawing.segments[1], values: {} }] })).toBeUndefined();
});
