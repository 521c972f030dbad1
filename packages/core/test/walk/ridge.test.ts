import { describe, expect, test } from 'vitest';
import { doubleKeys, type Keys } from '../../src/keys/keys.ts';
import { distancesTo, keyDistances } from '../../src/nodes/key-distances.ts';
import { ridgeLeftOut, ridgeScores, ridgeSystem } from '../../src/walk/ridge.ts';
import { expectClose, random } from '../golden.ts';

const next = random(11);
const centred = (h: number, w: number, d: number): Keys => {
  const data = Float32Array.from({ length: h * w * d }, () => next() + next() - 1);
  const mean = Array.from(
    { length: d },
    (_, k) => data.reduce((sum, v, i) => sum + (i % d === k ? v : 0), 0) / (h * w),
  );
  return { data: data.map((value, i) => value - mean[i % d]), h, w, d };
};
const squared = ({ data, d }: Keys, i: number, j: number) => {
  let sum = 0;
  for (let k = 0; k < d; k++) sum += (data[i * d + k] - data[j * d + k]) ** 2;
  return sum;
};

const patches = centred(5, 7, 6);
const nodes = doubleKeys(patches);
const n = nodes.h * nodes.w;
const colours = Float32Array.from({ length: 3 * n }, () => next());
const options = { width: 1, ridge: 1.5, colour: 0.3 };
const seeds = Int32Array.from([3, 4, 20, 77, 90, 91, 139, 0]);
const labels = Int32Array.from([0, 0, 2, 1, 1, 2, 2, 0]);

describe('key distances', () => {
  test.each([
    ['on the doubled grid', nodes],
    ['on the patches themselves', patches],
  ])('equal those of the interpolated keys: %s', (_, grid) => {
    const distances = keyDistances(patches, grid);
    const wanted = [0, 9, grid.h * grid.w - 1, 17];
    distancesTo(distances, wanted, (index, d2) => {
      const expected = Array.from(d2, (_, i) => squared(grid, i, wanted[index]) / distances.scale);
      expectClose(d2, expected, 1e-5);
      expect(d2[wanted[index]]).toBe(0);
    });
  });
  test('their median is 1', () => {
    const { scale } = keyDistances(patches, nodes);
    const all: number[] = [];
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) all.push(squared(nodes, i, j));
    all.sort((a, b) => a - b);
    // All 140 nodes are in the sample of 192.
    expect(scale / all[(all.length - 1) >> 1]).toBeCloseTo(1, 5);
  });
  test('equal keys have a scale, too', () => {
    const blank = { ...patches, data: new Float32Array(patches.data.length) };
    expect(keyDistances(blank, blank).scale).toBe(1);
  });
});

describe('ridge', () => {
  const distances = keyDistances(patches, nodes);
  const system = ridgeSystem(distances, colours, seeds, options);

  test('equals U = 1/c + G(all, seeds)(G(seeds, seeds) + ridge·I)⁻¹(Y − 1/c)', () => {
    const kernel = (i: number, j: number) => {
      const colour = [0, 1, 2].reduce((sum, k) => sum + (colours[3 * i + k] - colours[3 * j + k]) ** 2, 0);
      return Math.exp(-(squared(nodes, i, j) / distances.scale + 0.3 * colour) / 2);
    };
    // The dense system by Gauss-Jordan, right-hand sides beside.
    const rows = Array.from(seeds, (s, i) => [
      ...Array.from(seeds, (t, j) => kernel(s, t) + (i === j ? 1.5 : 0)),
      ...[0, 1, 2].map((label) => (labels[i] === label ? 1 : 0) - 1 / 3),
    ]);
    for (let i = 0; i < rows.length; i++) {
      rows[i] = rows[i].map((value) => value / rows[i][i]);
      for (let r = 0; r < rows.length; r++)
        if (r !== i) rows[r] = rows[r].map((value, k) => value - rows[r][i] * rows[i][k]);
    }
    const expected = [0, 1, 2].flatMap((label) =>
      Array.from({ length: n }, (_, i) =>
        rows.reduce((sum, row, s) => sum + kernel(i, seeds[s]) * row[seeds.length + label], 1 / 3),
      ),
    );
    expectClose(ridgeScores(system, labels, 3), expected, 1e-5);
  });
  test('rows sum to 1', () => {
    const scores = ridgeScores(system, labels, 3);
    for (let i = 0; i < n; i++) expect(scores[i] + scores[n + i] + scores[2 * n + i]).toBeCloseTo(1, 5);
  });
  test('is linear in Y: half-way between two labellings lies half-way between their scores', () => {
    const other = labels.map((label) => (label + 1) % 3);
    const moved = labels.map((label, s) => (s < 4 ? label : other[s]));
    const rest = labels.map((label, s) => (s < 4 ? other[s] : label));
    const sum = (a: Float32Array, b: Float32Array) => a.map((value, i) => value + b[i]);
    const of = (y: Int32Array) => ridgeScores(system, y, 3);
    expectClose(sum(of(moved), of(rest)), sum(of(labels), of(other)), 1e-5);
  });
  test.each([0, 3, 7, 8])('seeds appended to the first %d give identical bits', (first) => {
    const known = ridgeSystem(distances, colours, seeds.slice(0, first), options);
    expect(ridgeSystem(distances, colours, seeds, options, known)).toEqual(system);
  });
  test('a system of other seeds is reused exactly as far as the seeds agree', () => {
    const other = Int32Array.from([3, 4, 21, 77]);
    const known = ridgeSystem(distances, colours, other, options);
    expect(ridgeSystem(distances, colours, seeds, options, known)).toEqual(system);
    expect(ridgeSystem(distances, colours, other, options, system)).toEqual(known);
  });
});

describe('seeds left out by groups', () => {
  const distances = keyDistances(patches, nodes);
  const groups = Int32Array.from([1, 1, 1, 4, 4, 6, 7, 7]);
  const { factor } = ridgeSystem(distances, colours, seeds, options);

  test('have the scores of a ridge that never saw their group', () => {
    const found = ridgeLeftOut(factor, labels, 3, groups);
    for (const group of [1, 4, 6, 7]) {
      const rest = [...seeds.keys()].filter((s) => groups[s] !== group);
      const system = ridgeSystem(
        distances,
        colours,
        Int32Array.from(rest, (s) => seeds[s]),
        options,
      );
      const scores = ridgeScores(
        system,
        Int32Array.from(rest, (s) => labels[s]),
        3,
      );
      groups.forEach((own, s) => {
        if (own !== group) return;
        const expected = [0, 1, 2].map((k) => scores[k * n + seeds[s]]);
        expectClose(found.subarray(3 * s, 3 * s + 3), expected, 1e-5);
      });
    }
  });
  test('soft seeds of one label each are as good as labels', () => {
    const rows = Float32Array.from({ length: 3 * labels.length }, (_, i) =>
      Number(labels[Math.floor(i / 3)] === i % 3),
    );
    expectClose(ridgeLeftOut(factor, labels, 3, groups, rows), ridgeLeftOut(factor, labels, 3, groups), 1e-6);
  });
});
