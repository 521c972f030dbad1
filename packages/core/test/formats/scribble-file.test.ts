import { encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { readScribbles } from '../../src/formats/scribble-file.ts';

const size = { width: 6, height: 4 };
const document = {
  version: 1,
  image: size,
  segments: [{ id: 7, category: 'cat', isthing: true }],
  strokes: [
    { segment: 0, points: [[0, 1]], radius: 0 },
    { segment: 7, points: [[5, 2]], radius: 0 },
  ],
};
const json = (changes: object = {}) => new TextEncoder().encode(JSON.stringify({ ...document, ...changes }));
const png = (...values: number[]) =>
  encode({ ...size, data: Uint8Array.from({ length: 24 }, (_, i) => values[i] ?? 0), channels: 1 });

test('a document and a PNG give stroke pixels and segments', () => {
  const drawn = readScribbles(json(), '.json', size);
  expect([drawn.raster.owner[6], drawn.raster.owner[17]]).toEqual([1, 2]);
  expect(drawn.segments).toEqual(document.segments);
  const painted = readScribbles(png(3, 0, 9), '.png', size);
  expect([...painted.raster.owner.subarray(0, 3)]).toEqual([1, 0, 2]);
  expect(painted.segments.map(({ id }) => id)).toEqual([3, 9]);
});

describe('refused are', () => {
  test('scribbles for an image of another size', () => {
    const other = { width: 6, height: 5 };
    for (const [bytes, extension] of [[json(), '.json'] as const, [png(3, 9), '.png'] as const]) {
      expect(() => readScribbles(bytes, extension, other)).toThrow(
        "scribbles for 6 × 4 pixels; expected the image's 6 × 5",
      );
    }
  });

  test('scribbles of one segment, unless it is the background', () => {
    const only = (segment: number) => json({ strokes: [{ segment, points: [[1, 1]], radius: 1 }] });
    expect(() => readScribbles(only(7), '.json', size)).toThrow('only label 7 is drawn');
    expect(() => readScribbles(png(3), '.png', size)).toThrow('only label 3 is drawn');
    expect(readScribbles(only(0), '.json', size).raster.segments).toEqual([0]);
  });
});
