import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseScribbles } from '../../src/documents/scribbles.ts';

const golden = readFileSync(new URL('../../../../spec/golden/scribbles.json', import.meta.url), 'utf8');

test('is read as written', () => {
  const document = JSON.parse(golden);
  const { image, segments, strokes } = parseScribbles(golden);
  expect({ version: 1, image, segments, strokes }).toEqual(document);
});

const good = {
  version: 1,
  image: { width: 10, height: 8 },
  segments: [{ id: 1, category: 'cat', isthing: true }],
  strokes: [{ segment: 1, points: [[1, 2]], radius: 3 }],
};
const stroke = (changes: object) => ({ ...good, strokes: [{ ...good.strokes[0], ...changes }] });
const segment = (changes: object) => ({ ...good, segments: [{ ...good.segments[0], ...changes }] });
test.each([
  ['[]', [], 'scribbles is []; expected an object'],
  ['an unknown version', { ...good, version: 2 }, 'scribbles of version 2; expected 1'],
  ['no version', { ...good, version: undefined }, 'scribbles of version missing; expected 1'],
  ['no image', { ...good, image: undefined }, 'image is missing; expected an object'],
  [
    'an image of no width',
    { ...good, image: { width: 0, height: 8 } },
    'image.width is 0; expected a whole number from 1',
  ],
  ['strokes that are no list', { ...good, strokes: {} }, 'strokes is {}; expected a list'],
  ['no stroke', { ...good, strokes: [] }, 'no strokes'],
  ['a stroke without points', stroke({ points: [] }), 'strokes[0] has no points'],
  [
    'a point a picture away',
    stroke({
      points: [
        [1, 2],
        [20.5, 2],
      ],
    }),
    'strokes[0].points[1] x is 20.5; expected a number from -10 to 20',
  ],
  [
    'a point far above',
    stroke({ points: [[1, -11]] }),
    'strokes[0].points[0] y is -11; expected a number from -10 to 18',
  ],
  ['a point of three', stroke({ points: [[1, 2, 3]] }), 'strokes[0].points[0] has 3 numbers; expected [x, y]'],
  ['a null', stroke({ points: [[null, 2]] }), 'strokes[0].points[0] x is null'],
  ['a text for a number', stroke({ points: [['1', 2]] }), 'strokes[0].points[0] x is "1"'],
  ['a negative radius', stroke({ radius: -1 }), 'strokes[0].radius is -1; expected a number from 0'],
  ['an undefined segment', stroke({ segment: 2 }), 'strokes[0] draws segment 2, which is not defined in segments'],
  ['a segment 0', segment({ id: 0 }), 'segments[0].id is 0; expected a whole number from 1 to 16777215'],
  ['an id beyond 24 bits', segment({ id: 2 ** 24 }), 'segments[0].id is 16777216'],
  ['a category that is no text', segment({ category: 5 }), 'segments[0].category is 5; expected a text'],
  ['isthing that is no boolean', segment({ isthing: 1 }), 'segments[0].isthing is 1; expected true or false'],
  ['a segment twice', { ...good, segments: [good.segments[0], good.segments[0]] }, 'segment 1 defined twice'],
])('refuses %s in one line', (_, document, message) => {
  const error = (() => {
    try {
      parseScribbles(JSON.stringify(document));
    } catch (caught) {
      return caught as Error;
    }
  })();
  expect(error?.name).toBe('InvalidInputError');
  expect(error?.message).toContain(message);
  expect(error?.message).not.toContain('\n');
});

test('may have points outside, where a pen went over the edge', () => {
  const points = [
    [-0.5, 2],
    [10.5, 8.1],
    [20, -10],
  ];
  expect(parseScribbles(JSON.stringify(stroke({ points }))).strokes[0].points).toEqual(points);
});

test.each(['{"version":1', 'NaN', '', '{"version":1,"strokes":[[NaN,1]]}'])('refuses what is not JSON: %s', (text) => {
  expect(() => parseScribbles(text)).toThrow('scribbles are not JSON');
});
test('a number too large for JSON to hold is refused', () => {
  const text = JSON.stringify(stroke({ radius: 1 })).replace('"radius":1', '"radius":1e999');
  expect(() => parseScribbles(text)).toThrow('strokes[0].radius');
});
