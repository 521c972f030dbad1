import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { parseScribbles } from '@saltworks/contract/documents/scribbles';
import { expect, test } from 'vitest';
import { isDrawnEnough, scribblesOf } from '../../src/drawing/scribbles-of.ts';

const size = { width: 10, height: 20 };
const drawing = (category: number) => ({
  segments: [{ id: 9, category }],
  strokes: [{ segment: 9, points: [[5, 1] as [number, number]], radius: 2, n: 2 }],
});

test('a drawing becomes a scribble document, without numbers of interactions', () => {
  const categories: LabelCategory[] = [{ id: 3, name: 'salt', colour: '#ffffff', isthing: true }];
  const document = scribblesOf(drawing(3), size, categories);
  expect(JSON.parse(document)).toEqual({
    version: 1,
    image: { width: 10, height: 20 },
    segments: [{ id: 9, category: 'salt', isthing: true }],
    strokes: [{ segment: 9, points: [[5, 1]], radius: 2 }],
  });
  expect(() => scribblesOf(drawing(4), size, categories)).toThrow(
    "segment 9 is of category 4; expected one of the campaign's",
  );
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
  const text = scribblesOf(
    { ...drawing(3), strokes: strokes.map((stroke, n) => ({ ...stroke, n })), locks },
    size,
    categories,
  );
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
