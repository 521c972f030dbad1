import { InvalidInputError } from '@saltworks/contract/errors';
import { describe, expect, test } from 'vitest';
import { openFast } from '../../src/fast/solver.ts';
import { presets } from '../../src/options.ts';
import { type Seeds, type StrokeRaster, seedNodes, seedRows } from '../../src/seeds/seeds.ts';
import { softSeeds } from '../../src/seeds/soft-seeds.ts';
import { openPlain, type Solver } from '../../src/solver.ts';
import { expectClose } from '../golden.ts';
import { makeScene } from '../scene.ts';

/** A raster from digits, numbers of strokes; 0 is none. */
const drawn = (segments: number[], ...rows: string[]): StrokeRaster => ({
  width: rows[0].length,
  height: rows.length,
  owner: Uint8Array.from(rows.join(''), Number),
  segments,
});

test('Y is the weighted sum of the annotators’ Y', () => {
  const ada = { raster: drawn([7, 4], '1100', '0022'), weight: 1 };
  const bob = { raster: drawn([4, 9], '1000', '0012'), weight: 0.5 };
  const seeds = softSeeds([ada, bob], 2, 4);
  expect(seeds.labels).toEqual([4, 7, 9]);
  expect([...(seeds.soft ?? [])]).toEqual(
    [
      [0.5, 1, 0],
      [0, 1, 0],
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
      [1.5, 0, 0],
      [1, 0, 0.5],
    ].flat(),
  );
  expect([...seeds.nodes]).toEqual([1, 1, -1, -1, -1, -1, 0, 0]);
  // Bob's strokes come after Ada's two.
  expect([...seeds.strokes]).toEqual([3, 1, 0, 0, 0, 0, 3, 4]);
});

test('one label an annotator is enough if there are two in all', () => {
  const one = (segment: number) => ({ raster: drawn([segment], '10', '00'), weight: 1 });
  expect(softSeeds([one(1), one(2)], 2, 2).labels).toEqual([1, 2]);
  expect(() => softSeeds([one(1), one(1)], 2, 2)).toThrow(InvalidInputError);
  expect(() => softSeeds([], 2, 2)).toThrow(InvalidInputError);
});

/** Seeds with every row spread over labels, some nodes disputed. */
function softened(seeds: Seeds): Seeds {
  const c = seeds.labels.length;
  const soft = seedRows(seeds).slice();
  seeds.nodes.forEach((label, node) => {
    if (label < 0 || node % 3 === 0) return;
    soft[node * c + label] = 0.25 + 0.5 * (node % 2);
    soft[node * c + ((label + 1) % c)] = 0.125;
  });
  return { ...seeds, soft };
}

const scene = makeScene(9, 11, 21, 4);
const graphs = ['walk', 'rbf', 'similarity', 'knn'] as const;
const solvers = (graph: (typeof graphs)[number], settings = {}): Solver[] =>
  [openPlain, openFast].map((open) =>
    open(scene.image, scene.keys, { ...presets.best, graph, ...(graph === 'similarity' && { tau: 0.3 }), ...settings }),
  );

describe.each(graphs)('%s', (graph) => {
  test('one-hot rows are ordinary seeds', () => {
    const seeds = scene.seeds(2);
    for (const solver of solvers(graph)) {
      const soft = solver.solve({ ...seeds, soft: seedRows(seeds) });
      const ordinary = solver.solve(seeds);
      expectClose(soft.data, ordinary.data, graph === 'walk' ? 0 : 1e-6);
      expect(soft.iterations).toBe(ordinary.iterations);
    }
  });

  test('kernels give the twin’s answer', () => {
    const seeds = softened(scene.seeds(2));
    const [plain, fast] = solvers(graph).map((solver) => solver.solve(seeds));
    expectClose(fast.data, plain.data, 1e-4);
    expect(fast.converged).toBe(true);
  });

  test('a solver opened for strokes gives the same answer', () => {
    const options = { ...presets.best, graph, ...(graph === 'similarity' && { tau: 0.3 }) };
    const solver = openFast(scene.image, scene.keys, options, { strokes: true });
    const seeds = softened(scene.seeds(2));
    const ordinary = solver.solve(scene.seeds(2)).data;
    expectClose(solver.solve(seeds).data, openFast(scene.image, scene.keys, options).solve(seeds).data, 0);
    expectClose(solver.solve(scene.seeds(2)).data, ordinary, 0);
  });
});

test.each(['rbf', 'similarity', 'knn'] as const)(
  'on %s, the answer is the weighted sum of the annotators’ answers',
  (graph) => {
    const ada = makeScene(9, 11, 21, 3, 1).seeds(2);
    const bob = makeScene(9, 11, 21, 3, 2).seeds(2);
    for (const solver of solvers(graph, { tol: 0, maxIter: 12 })) {
      // Rows of scores come divided by their sums. A fourth label, the same whatever the others are, undoes that.
      const scores = (y: Float32Array): Float32Array => {
        const soft = Float32Array.from({ length: 4 * ada.nodes.length }, (_, i) =>
          i % 4 < 3 ? y[3 * (i >> 2) + (i % 4)] : 1,
        );
        const { data } = solver.solve({ ...ada, nodes: new Int32Array(ada.nodes.length), labels: [0, 1, 2, 3], soft });
        return Float32Array.from(y, (_, i) => data[4 * Math.floor(i / 3) + (i % 3)] / data[4 * Math.floor(i / 3) + 3]);
      };
      const [one, other] = [seedRows(ada), seedRows(bob)];
      const together = scores(one.map((value, i) => value + 0.25 * other[i]));
      const [alone, too] = [scores(one), scores(other)];
      expectClose(
        together,
        alone.map((value, i) => value + 0.25 * too[i]),
        1e-5,
      );
    }
  },
);

test('a seed of nearly no weight has nearly no effect', () => {
  for (const solver of solvers('walk')) {
    const few = scene.seeds(2, 4);
    const all = scene.seeds(2);
    expect(few.labels).toEqual(all.labels);
    const first = seedRows(few);
    const soft = (weight: number) => {
      const rows = seedRows(all).slice();
      all.nodes.forEach((label, node) => {
        if (few.nodes[node] >= 0) rows.set(first.subarray(4 * node, 4 * node + 4), 4 * node);
        else if (label >= 0) rows[4 * node + label] = weight;
      });
      return solver.solve({ ...all, soft: rows }).data;
    };
    expectClose(soft(1e-6), solver.solve(few).data, 0.01);
  }
});

test('the strokes of one annotator of weight 1 are ordinary seeds', () => {
  const raster = drawn([3, 0], '1102', '0002');
  expect(softSeeds([{ raster, weight: 1 }], 2, 4)).toMatchObject({ ...seedNodes(raster, 2, 4) });
});
