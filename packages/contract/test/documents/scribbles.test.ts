import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseScribbles, scribblesVersion } from '../../src/documents/scribbles.ts';

const goldenOf = (name: string) => readFileSync(new URL(`../../../../spec/golden/${name}`, import.meta.url), 'utf8');
const golden = goldenOf('scribbles.json');

test('is read as written', () => {
  const document = JSON.parse(golden);
  const { image, segments, strokes } = parseScribbles(golden);
  expect({ version: 1, image, segments, strokes }).toEqual(document);
});

test('of version 2 is read as written', () => {
  const document = JSON.parse(goldenOf('scribbles-2.json'));
  const read = parseScribbles(goldenOf('scribbles-2.json'));
  const strokes = document.strokes.map((stroke: object) => ({
    ...('region' in stroke && { points: [], radius: 0 }),
    ...('polygon' in stroke && { radius: 0 }),
    ...stroke,
  }));
  expect({ version: scribblesVersion(read), ...read }).toEqual({ ...document, strokes });
});

const good = {
  version: 1,
  image: { width: 10, height: 8 },
  segments: [{ id: 1, category: 'cat', isthing: true }],
  strokes: [{ segment: 1, points: [[1, 2]], radius: 3 }],
};
const stroke = (changes: object) => ({ ...good, strokes: [{ ...good.strokes[0], ...changes }] });
const region = (region: unknown) => stroke({ region, points: undefined, radius: undefined });
const segment = (changes: object) => ({ ...good, segments: [{ ...good.segments[0], ...changes }] });
test.each([
  ['[]', [], 'scribbles is []; expected an object'],
  ['an unknown version', { ...good, version: 3 }, 'scribbles of version 3; expected 1 or 2'],
  ['no version', { ...good, version: undefined }, 'scribbles of version missing; expected 1 or 2'],
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
  ['an exact that is no boolean', stroke({ exact: 1 }), 'strokes[0].exact is 1; expected true or false'],
  ['one that spreads not, but is not exact', stroke({ spread: false }), 'strokes[0].spread is false; expected true'],
  ['a polygon of one point', stroke({ polygon: true }), 'strokes[0] is a polygon of 1 points; expected at least three'],
  ['a region beside points', stroke({ region: [0, 1] }), 'strokes[0] has a region and points; expected one of the two'],
  ['a region without pixels', region([3, 0]), 'strokes[0].region holds no pixel'],
  ['a region beyond the image', region([40, 41]), "strokes[0].region has 81 pixels; expected at most the image's 80"],
  ['a region of halves', region([0, 1.5]), 'strokes[0].region[1] is 1.5; expected a whole number from 0 to 80'],
  ['a region of negative runs', region([9, -5]), 'strokes[0].region[1] is -5'],
  ['a region that is no list', region('0 1'), 'strokes[0].region is "0 1"; expected a list'],
  ['a lock of no segment', { ...good, locks: [{ segment: 2, region: [0, 1] }] }, 'locks[0] is of segment 2'],
  ['a lock without a region', { ...good, locks: [{ segment: 1 }] }, 'locks[0].region is missing; expected a list'],
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

test('an origin is kept; one of another kind is ignored, as unknown fields are', () => {
  const of = (origin: unknown) => parseScribbles(JSON.stringify(stroke({ origin }))).strokes[0].origin;
  expect(['imported', 'predicted', 'dreamt', 7].map(of)).toEqual(['imported', 'predicted', undefined, undefined]);
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

const shapes = {
  image: good.image,
  segments: good.segments,
  strokes: [
    { segment: 1, points: [[1, 2]], radius: 3, exact: true },
    {
      segment: 0,
      points: [
        [1, 2],
        [5, 2],
        [3, 7],
      ],
      radius: 0,
      polygon: true,
      exact: true,
      spread: false,
    },
    { segment: 1, points: [], radius: 0, region: [5, 10, 65], exact: true },
  ],
  locks: [{ segment: 0, region: [0, 80] }],
};
const written = {
  ...shapes,
  strokes: shapes.strokes.map(({ region, points, radius, ...rest }) =>
    region ? { region, ...rest } : { points, radius, ...rest },
  ),
};
test.each([1, 2])('may have exact strokes, polygons, regions and locks, whatever its version says: %i', (version) => {
  expect(parseScribbles(JSON.stringify({ version, ...written }))).toEqual(shapes);
});

test('has version 2 only where version 1 would not do', () => {
  const { strokes, locks } = parseScribbles(JSON.stringify({ version: 1, ...written }));
  const plain = parseScribbles(JSON.stringify(good)).strokes;
  expect(scribblesVersion({ strokes: plain })).toBe(1);
  for (const one of strokes) expect(scribblesVersion({ strokes: [...plain, one] })).toBe(2);
  expect(scribblesVersion({ strokes: plain, locks })).toBe(2);
});
