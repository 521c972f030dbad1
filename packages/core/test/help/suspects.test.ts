import { describe, expect, test } from 'vitest';
import { openFast } from '../../src/fast/solver.ts';
import { checkStrokes, suspectStrokes } from '../../src/help/suspects.ts';
import { presets } from '../../src/options.ts';
import { rasterise, seedNodes } from '../../src/seeds/seeds.ts';
import { openPlain } from '../../src/solver.ts';

const [h, w, patch] = [9, 12, 8];
const [height, width] = [patch * h, patch * w];
/** Three columns of keys and of colours, with a little noise. */
const column = (x: number) => Math.floor((3 * x) / w);
const keys = {
  ...{ h, w, d: 4 },
  data: Float32Array.from({ length: 4 * h * w }, (_, i) => {
    const [node, k] = [Math.floor(i / 4), i % 4];
    return (column(node % w) === k ? 1 : 0) + 0.2 * Math.sin(node * (k + 2));
  }),
};
const image = {
  ...{ width, height },
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const x = Math.floor(i / 3) % width;
    return 60 + (column(x / patch) === i % 3 ? 120 : 0) + (i % 5);
  }),
};
const stroke = (segment: number, x: number, y: number) => ({
  ...{ segment, radius: 2 },
  points: [
    [x, y],
    [x + 8, y + 6],
  ] as [number, number][],
});
/** Two strokes in each column. */
const right = [
  ...[stroke(0, 10, 8), stroke(4, 44, 12), stroke(7, 76, 8)],
  ...[stroke(0, 8, 54), stroke(4, 42, 56), stroke(7, 74, 52)],
];
const seedsOf = (strokes: typeof right) =>
  seedNodes(rasterise({ image: { width, height }, segments: [], strokes }), 2 * h, 2 * w);

describe.each(['best', 'paper'] as const)('with %s', (preset) => {
  const solver = openFast(image, keys, presets[preset]);

  test('no right stroke is suspect', () => {
    expect(suspectStrokes(solver, seedsOf(right))).toEqual([]);
  });

  test.each([
    [0, 4],
    [4, 7],
    [7, 0],
  ])('a stroke of %i in the column of %i is, and it alone', (segment, other) => {
    const { points } = right.find((each) => each.segment === other)!;
    const wrong = { segment, radius: 2, points: points.map(([x, y]): [number, number] => [x, y + 22]) };
    // Drawn first, in the middle and last.
    for (const at of [0, 3, 6]) {
      const found = suspectStrokes(solver, seedsOf(right.toSpliced(at, 0, wrong)));
      expect(found).toMatchObject([{ stroke: at + 1, segment, other }]);
      expect(found[0].odds).toBeGreaterThan(4);
    }
  });

  test('two wrong strokes are both found', () => {
    const drawn = [...right, stroke(7, 10, 30), stroke(0, 44, 34)];
    const found = suspectStrokes(solver, seedsOf(drawn));
    expect(found.map(({ stroke }) => stroke).sort()).toEqual([7, 8]);
  });

  test('a stroke that alone has its label is never checked', () => {
    const drawn = seedsOf([...right, stroke(9, 10, 30)]);
    expect(checkStrokes(solver, drawn).map(({ stroke }) => stroke)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(checkStrokes(solver, seedsOf(right.slice(0, 3)))).toEqual([]);
  });
});

test('plain and by kernels the same is found', () => {
  const drawn = seedsOf([...right, stroke(7, 10, 30)]);
  const plain = checkStrokes(openPlain(image, keys, presets.best), drawn);
  const fast = checkStrokes(openFast(image, keys, presets.best), drawn);
  expect(fast.map(({ odds: _, ...rest }) => rest)).toEqual(plain.map(({ odds: _, ...rest }) => rest));
  fast.forEach(({ odds }, i) => {
    expect(odds).toBeCloseTo(plain[i].odds, 2);
  });
});

test('the background alone has nothing to check', () => {
  const solver = openFast(image, keys, presets.best);
  expect(suspectStrokes(solver, seedsOf([right[0], right[3]]))).toEqual([]);
});
