import { describe, expect, test } from 'vitest';
import {
  commonStrokes,
  covers,
  differingStrokes,
  distance,
  piecesWithin,
  placeOn,
  rounded,
  thinned,
} from '../../../src/annotate/board/strokes.ts';

test('the distance to a segment is to its nearest point, at most to its ends', () => {
  expect(distance([1, 1], [0, 0], [2, 0])).toBe(1);
  expect(distance([-3, 4], [0, 0], [2, 0])).toBe(5);
  expect(distance([3, 4], [0, 0], [0, 0])).toBe(5);
});

test('a long stroke keeps its ends and loses points evenly', () => {
  const points = Array.from({ length: 5001 }, (_, i): [number, number] => [i, 0]);
  const fewer = thinned(points);
  expect(fewer).toHaveLength(2000);
  expect([fewer[0], fewer.at(-1)]).toEqual([points[0], points.at(-1)]);
  const steps = fewer.slice(1).map(([x], i) => x - fewer[i][0]);
  expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1);
  expect(thinned(points.slice(0, 2000))).toEqual(points.slice(0, 2000));
});

test('points are rounded to an eighth of a pixel', () => {
  expect(rounded({ x: 1.06, y: 2.07 })).toEqual([1, 2.125]);
});

describe('the pieces of a line inside the image', () => {
  const size = { width: 10, height: 6 };
  const pieces = (...points: [number, number][]) => piecesWithin(points, size);

  test('are the whole line if it never leaves', () => {
    expect(pieces([1, 1], [8, 2], [3, 5])).toEqual([
      [
        [1, 1],
        [8, 2],
        [3, 5],
      ],
    ]);
    expect(pieces([4, 4])).toEqual([[[4, 4]]]);
  });

  test('are none if it is never inside, however near', () => {
    expect(pieces([-1, 3])).toEqual([]);
    expect(pieces([-1, -1], [-1, 8], [12, 8], [12, -1])).toEqual([]);
    // Past a corner.
    expect(pieces([-4, 2], [3, -5])).toEqual([]);
  });

  test('end where the line leaves and begin where it returns', () => {
    expect(pieces([5, 2], [15, 2], [15, 4], [5, 4])).toEqual([
      [
        [5, 2],
        [9, 2],
      ],
      [
        [9, 4],
        [5, 4],
      ],
    ]);
  });

  test('are one, from border to border, if it crosses with both ends outside', () => {
    expect(pieces([-10, 3], [20, 3])).toEqual([
      [
        [0, 3],
        [9, 3],
      ],
    ]);
  });

  test('lie inside with every point, for any line', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let round = 0; round < 500; round++) {
      const line = Array.from({ length: 8 }, (): [number, number] => [30 * random() - 10, 20 * random() - 7]);
      for (const piece of pieces(...line)) {
        expect(piece.length).toBeGreaterThan(0);
        for (const [x, y] of piece) expect(x >= 0 && x <= 9 && y >= 0 && y <= 5).toBe(true);
      }
    }
  });
});

test('drawings have the strokes in common that have the same number and segment from the first on', () => {
  const strokes = (...given: [number, number][]) =>
    given.map(([n, segment]) => ({ n, segment, points: [[0, 0]] as [number, number][], radius: 1 }));
  const three = strokes([1, 5], [2, 5], [4, 6]);
  expect(commonStrokes(three, three)).toBe(3);
  expect(commonStrokes(three, strokes([1, 5], [2, 5], [4, 6], [7, 5]))).toBe(3);
  // The last one was erased; a segment was merged into another.
  expect(commonStrokes(three, strokes([1, 5], [2, 5], [5, 6]))).toBe(2);
  expect(commonStrokes(three, strokes([1, 6], [2, 6], [4, 6]))).toBe(0);
  expect(commonStrokes(three, [])).toBe(0);
});

test('a stroke that another window drew under the same number is another one', () => {
  const at = (n: number, x: number) => ({ n, segment: 5, points: [[x, 0]] as [number, number][], radius: 1 });
  const [first, own, theirs] = [at(1, 0), at(2, 4), at(2, 8)];
  const [before, after] = [
    [first, own],
    [at(1, 0), theirs, at(3, 4)],
  ];
  expect(commonStrokes(before, after)).toBe(1);
  expect(differingStrokes(before, after)).toEqual([own, theirs, at(3, 4)]);
  // Merged into another segment; the geometry is the same.
  expect(differingStrokes([first, own], [first, { ...own, segment: 6 }])).toEqual([own, { ...own, segment: 6 }]);
  expect(differingStrokes([first, own], [{ ...first }, { ...own }])).toEqual([]);
});

test('a polygon and a region cover the pixels inside them, a line is no area', () => {
  const image = { width: 9, height: 9 };
  const corners: [number, number][] = [
    [2, 2],
    [6, 2],
    [6, 6],
    [2, 6],
  ];
  const square = { segment: 1, points: corners, radius: 0, polygon: true };
  expect(covers(square, { x: 4.2, y: 3.8 }, image)).toBe(true);
  expect(covers(square, { x: 1.4, y: 3.8 }, image)).toBe(false);
  expect(covers({ ...square, polygon: false }, { x: 4, y: 4 }, image)).toBe(false);
  const region = { segment: 1, points: [], radius: 0, region: [10, 2] };
  expect([1, 2, 3].map((x) => covers(region, { x, y: 1 }, image))).toEqual([true, true, false]);
});

test('a stroke is marked in the middle of its line, a filled part in the middle of its pixels', () => {
  const image = { width: 9, height: 9 };
  const points: [number, number][] = [
    [1, 2],
    [3, 2],
    [8, 4],
  ];
  expect(placeOn({ segment: 1, points, radius: 2 }, image)).toEqual({ x: 3, y: 2 });
  const region = [10, 3, 6, 2];
  expect(placeOn({ segment: 1, points: [], radius: 0, region }, image)).toEqual({ x: 3, y: 1 });
  expect(placeOn({ segment: 1, points: [], radius: 0, region: [4, 1, 20, 1, 3, 1] }, image)).toEqual({ x: 7, y: 2 });
});
