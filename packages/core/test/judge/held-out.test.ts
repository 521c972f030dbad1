import { describe, expect, test } from 'vitest';
import { heldOut, predicted } from '../../src/judge/held-out.ts';
import type { StrokeRaster } from '../../src/seeds/seeds.ts';

/** A drawing as text: a digit a pixel, the number of its stroke. @param segments of strokes 1, 2 … */
function drawing(rows: string[], segments: number[]): StrokeRaster {
  const owner = Uint8Array.from(rows.join(''), (digit) => (digit === '.' ? 0 : Number(digit)));
  return { width: rows[0].length, height: rows.length, owner, segments };
}

const segmentsOf = ({ owner, segments }: StrokeRaster) =>
  Array.from(owner, (stroke) => (stroke === 0 ? '.' : String(segments[stroke - 1]))).join('');

/** Numbers in [0, 1). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('strokes held out', () => {
  test('a label with several strokes loses one at a time, its largest first; the rest is as it was drawn', () => {
    const raster = drawing(['11..22', '......', '333..4'], [0, 5, 5, 0]);
    const held = heldOut(raster);
    expect(held.map(({ segment, pixels }) => [segment, [...pixels]])).toEqual([
      [0, [0, 1]],
      [5, [12, 13, 14]],
      [0, [17]],
      [5, [4, 5]],
    ]);
    expect(held.map(({ rest }) => segmentsOf(rest))).toEqual([
      '....55......555..0',
      '00..55...........0',
      '00..55......555...',
      '00..........555..0',
    ]);
  });

  test('pens that touch are one stroke, by corners too, and of a label image just so', () => {
    const twice = heldOut(drawing(['1.....', '.2...3', '3.....'], [7, 7, 7]));
    expect(twice.map(({ pixels }) => [...pixels])).toEqual([[0, 7, 12], [11]]);
    const once = heldOut(drawing(['1.....', '.1...1', '1.....'], [7]));
    expect(once.map(({ pixels }) => [...pixels])).toEqual(twice.map(({ pixels }) => [...pixels]));
  });

  test('what lies within a fortieth of the longer side is one stroke', () => {
    const row = (gap: number) => `${'1'.repeat(20)}${'.'.repeat(gap)}${'2'.repeat(30)}`.padEnd(160, '.');
    const strokes = (gap: number) => heldOut(drawing([row(gap), row(gap)], [7, 7])).map(({ pixels }) => pixels.length);
    // Squares of 4 × 4 pixels: neighbours touch, others do not.
    expect(strokes(3)).toEqual([50, 50]);
    expect(strokes(8)).toEqual([60, 40]);
  });

  test('a label with a single stroke loses one half at a time', () => {
    const held = heldOut(drawing(['1'.repeat(12), '.'.repeat(12), '2'.repeat(11).padEnd(12, '.')], [3, 4]));
    // The second label has too few pixels to be cut.
    expect(held.map(({ segment, pixels }) => [segment, [...pixels]])).toEqual([
      [3, [0, 1, 2, 3, 4, 5]],
      [3, [6, 7, 8, 9, 10, 11]],
    ]);
    expect(held.map(({ rest }) => segmentsOf(rest).slice(0, 12))).toEqual(['......333333', '333333......']);
  });

  test('a stroke is cut across its main direction, whichever that is', () => {
    const rows = Array.from({ length: 18 }, (_, y) => `${'.'.repeat(y)}1${'.'.repeat(17 - y)}`);
    const [first, last] = heldOut(drawing(rows, [1]));
    expect([...first.pixels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => i * 19));
    expect([...last.pixels]).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17].map((i) => i * 19));
  });

  test('of many strokes every label has its turn', () => {
    const raster = drawing(['1.1.1.1.1.1.1', '.............', '2.2.3.3.......'], [0, 1, 2]);
    expect(heldOut(raster, 5).map(({ segment }) => segment)).toEqual([0, 1, 2, 0, 1]);
  });

  test('nothing is held out of two dots', () => {
    expect(heldOut(drawing(['1..2'], [0, 1]))).toEqual([]);
  });

  test('drawings of any kind: what is held out was drawn, is gone from the rest, and every label stays', () => {
    const random = numbersFrom(7);
    for (let round = 0; round < 50; round++) {
      const [width, height, strokes] = [20, 15, 6];
      const owner = new Uint8Array(width * height);
      for (let stroke = 1; stroke <= strokes; stroke++) {
        const [x, y, across] = [Math.floor(random() * 8), Math.floor(random() * height), random() < 0.5];
        for (let i = 0; i < 10; i++) {
          const at = across ? y * width + x + i : Math.min(height - 1, Math.floor(y / 3) + i) * width + x;
          owner[at] = stroke;
        }
      }
      const raster = {
        width,
        height,
        owner,
        segments: Array.from({ length: strokes }, () => Math.floor(random() * 3)),
      };
      const at = (drawn: StrokeRaster, pixel: number) =>
        drawn.owner[pixel] === 0 ? undefined : drawn.segments[drawn.owner[pixel] - 1];
      const labels = new Set(Array.from(owner.keys(), (pixel) => at(raster, pixel)));
      for (const { segment, pixels, rest } of heldOut(raster, 100)) {
        expect(pixels.length).toBeGreaterThan(0);
        for (const pixel of pixels) expect([at(raster, pixel), at(rest, pixel)]).toEqual([segment, undefined]);
        expect(new Set(Array.from(owner.keys(), (pixel) => at(rest, pixel)))).toEqual(labels);
        for (let pixel = 0; pixel < owner.length; pixel++) {
          if (at(rest, pixel) !== undefined) expect(at(rest, pixel)).toBe(at(raster, pixel));
        }
      }
    }
  });
});

test('a prediction counts the pixels that get the label', () => {
  expect(predicted({ segment: 2, pixels: Int32Array.of(0, 1, 3, 4) }, [2, 0, 2, 2, 2])).toBe(0.75);
});
