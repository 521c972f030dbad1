import { rasterise } from '@saltworks/core/seeds/seeds';
import { expect, test } from 'vitest';
import { strokeStatistics } from '../../src/robots/statistics.ts';

const [width, height] = [160, 80];
const truth = {
  ids: Uint32Array.from({ length: width * height }, (_, i) => (i % width < 80 ? 1 : 2)),
  width,
  height,
};
const draw = (...lines: [number, [number, number][]][]) =>
  rasterise({
    image: { width, height },
    segments: [],
    strokes: lines.map(([segment, points]) => ({ segment, points, radius: 0.5 })),
  });
const none = new Uint8Array(width * height);

test('a line of ten cells has their length, and covers their share of the segment', () => {
  expect(
    strokeStatistics(
      draw([
        1,
        [
          [0, 20],
          [79, 20],
        ],
      ]),
      truth,
      none,
    ),
  ).toEqual([{ id: 1, strokes: 1, length: 1, coverage: 0.1, misses: 0 }]);
});

test('a gap that a cell bridges is none, and wider ones part strokes', () => {
  const lines = (from: number) =>
    draw(
      [
        1,
        [
          [0, 20],
          [30, 20],
        ],
      ],
      [
        1,
        [
          [from, 20],
          [79, 20],
        ],
      ],
    );
  expect(strokeStatistics(lines(33), truth, none)[0].strokes).toBe(1);
  expect(strokeStatistics(lines(50), truth, none)[0].strokes).toBe(2);
});

test('what lies in another segment misses, and what is ignored does not count', () => {
  const across = draw(
    [
      1,
      [
        [40, 20],
        [119, 20],
      ],
    ],
    [
      2,
      [
        [100, 60],
        [150, 60],
      ],
    ],
  );
  expect(strokeStatistics(across, truth, none)[0].misses).toBeCloseTo(0.5, 2);
  const right = Uint8Array.from(none, (_, i) => Number(i % width >= 80));
  expect(strokeStatistics(across, truth, right)).toMatchObject([{ id: 1, misses: 0 }]);
});
