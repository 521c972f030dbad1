import { parseScribbles } from '@saltworks/contract/documents/scribbles';
import { encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { parseScribblePng } from '../../src/formats/scribble-png.ts';
import { goldenBytes, goldenText } from '../golden.ts';

describe('the JSON document', () => {
  test('is read as written', () => {
    const document = JSON.parse(goldenText('scribbles.json'));
    const { image, segments, strokes } = parseScribbles(goldenText('scribbles.json'));
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

  test.each(['{"version":1', 'NaN', '', '{"version":1,"strokes":[[NaN,1]]}'])(
    'refuses what is not JSON: %s',
    (text) => {
      expect(() => parseScribbles(text)).toThrow('scribbles are not JSON');
    },
  );
  test('a number too large for JSON to hold is refused', () => {
    const text = JSON.stringify(stroke({ radius: 1 })).replace('"radius":1', '"radius":1e999');
    expect(() => parseScribbles(text)).toThrow('strokes[0].radius');
  });
});

describe('the PNG', () => {
  const size = { width: 9, height: 5 };
  const values = Uint8Array.from({ length: 45 }, (_, i) => (i % 9 === 0 ? 3 : i % 9 === 8 ? 200 : 0));
  const ids = (file: Uint8Array) => {
    const { raster } = parseScribblePng(file, size);
    return Array.from(raster.owner, (stroke) => (stroke ? raster.segments[stroke - 1] : 0));
  };

  test('grey values are segment ids', () => {
    const file = encode({ ...size, data: values, channels: 1, depth: 8 });
    expect(ids(file)).toEqual([...values]);
    expect(parseScribblePng(file, size).segments.map(({ id }) => id)).toEqual([3, 200]);
  });
  test('palette indices are segment ids', () => {
    const palette = Array.from({ length: 256 }, (_, i) => [i, 255 - i, 0]);
    const file = encode({ ...size, data: values, channels: 1, depth: 8, palette });
    expect(file[25], 'colour type').toBe(3);
    expect(ids(file)).toEqual([...values]);
  });
  test('values packed into fewer bits are unpacked', () => {
    const rows = Array.from({ length: 5 }, () => [0b01_00_00_00, 0b00_00_00_00, 0b10_00_00_00]).flat();
    const file = encode({ ...size, data: Uint8Array.from(rows), channels: 1, depth: 2 });
    expect(ids(file).slice(0, 9)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 2]);
  });
  test.each([
    [
      'another size',
      encode({ width: 9, height: 4, data: values.subarray(0, 36), channels: 1 }),
      "9 × 4 pixels; expected the image's 9 × 5",
    ],
    ['RGB', encode({ ...size, data: new Uint8Array(135), channels: 3 }), 'a 8-bit RGB PNG; expected 8-bit grey'],
    ['16 bits', encode({ ...size, data: new Uint16Array(45), channels: 1, depth: 16 }), 'a 16-bit grey PNG'],
    ['no PNG', goldenBytes('scribbles.json'), 'not a PNG'],
    ['nothing', new Uint8Array(0), 'not a PNG (0 bytes)'],
    ['a torn file', encode({ ...size, data: values, channels: 1 }).subarray(0, 50), 'not a readable PNG'],
  ])('refuses %s', (_, file, message) => {
    expect(() => parseScribblePng(file, size)).toThrow(message);
  });
});
