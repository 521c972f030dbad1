import { describe, expect, test } from 'vitest';
import { Arena } from '../../../src/arena/arena.ts';
import { presets } from '../../../src/options.ts';
import type { Seeds } from '../../../src/seeds/seeds.ts';
import { type DenseGraphOptions, denseGraph } from '../../../src/spread/fast/graph.ts';
import { StrokeColumns, spreadDense } from '../../../src/spread/fast/spread.ts';
import { nodeGraph, propagate } from '../../../src/spread/node-graph.ts';
import { expectClose, goldenJson } from '../../golden.ts';
import { makeScene } from '../../scene.ts';

const options: DenseGraphOptions = { ...presets.paper, graph: 'rbf', sigmaFactor: 0.4 };
const solve = { alpha: 0.2, tol: 1e-3, maxIter: 30 };

describe.each([2, 5, 9, 31])('%i labels', (c) => {
  const { image, keys, seeds } = makeScene(11, 13, 24, c);
  const graph = denseGraph(new Arena(), keys, image, options);
  const twin = nodeGraph(keys, image, options);

  test.each([0.2, 0.9])('scores and steps equal the twin’s at α = %f', (alpha) => {
    const fast = spreadDense(graph, seeds(2), { ...solve, alpha });
    const plain = propagate(twin, seeds(2), { ...solve, alpha });
    expectClose(fast.data, plain.data, 1e-5);
    expect(fast).toMatchObject({ labels: plain.labels, iterations: plain.iterations, converged: plain.converged });
  });

  test('spreading by strokes gives the same, whatever was drawn and undone before', () => {
    const columns = new StrokeColumns(graph, solve);
    for (const drawn of [2 * c, c + 1, 2 * c - 1, 2 * c]) {
      const { data, iterations } = columns.scores(seeds(2, drawn));
      const plain = propagate(twin, seeds(2, drawn), solve);
      expectClose(data, plain.data, 1e-5);
      expect(iterations).toBe(plain.iterations);
    }
    expect(columns.scores(seeds(2, c + 1)).data).toEqual(new StrokeColumns(graph, solve).scores(seeds(2, c + 1)).data);
  });
});

test('a stroke of weight 0 counts as absent, and one of weight 2 counts twice', () => {
  const { image, keys, seeds } = makeScene(6, 8, 16, 3);
  const graph = denseGraph(new Arena(), keys, image, options);
  const columns = new StrokeColumns(graph, { ...solve, tol: 1e-7 });
  const all = seeds(2);
  const without = (stroke: number): Seeds => ({
    ...all,
    nodes: all.nodes.map((l, i) => (all.strokes[i] === stroke ? -1 : l)),
  });
  expectClose(columns.scores(all, (s) => (s === 6 ? 0 : 1)).data, columns.scores(without(6)).data, 1e-5);
  const single = columns.scores(all).data;
  const twice = columns.scores(all, () => 2).data;
  expectClose(twice, single, 1e-5);
});

test('unused columns make room', () => {
  const { image, keys, seeds } = makeScene(5, 5, 8, 2);
  const graph = denseGraph(new Arena(), keys, image, options);
  const columns = new StrokeColumns(graph, solve, 1);
  const first = columns.scores(seeds(2, 3)).data;
  columns.scores(seeds(2, 4));
  expect(columns.scores(seeds(2, 3)).data).toEqual(first);
});

test('a node out of every label’s reach has no scores', () => {
  const keys = { data: new Float32Array(16), h: 4, w: 4, d: 1 };
  const image = { data: new Uint8Array(48), width: 4, height: 4 };
  const graph = denseGraph(new Arena(), keys, image, { ...options, upsample: 'none' });
  const empty: Seeds = {
    h: 4,
    w: 4,
    labels: [0, 1],
    nodes: new Int32Array(16).fill(-1),
    strokes: new Int32Array(16),
    unseeded: [],
  };
  expect(spreadDense(graph, empty, solve).data).toEqual(new Float32Array(32));
});

test("scores equal those of scikit-learn's LabelSpreading", () => {
  const golden = goldenJson('spreading.json');
  const keys = { data: Float32Array.from(golden.x), h: golden.n, w: 1, d: golden.d };
  const image = { data: new Uint8Array(3 * golden.n), width: 1, height: golden.n };
  const nodes = Int32Array.from(golden.seeds);
  const labels = Array.from({ length: golden.c }, (_, label) => label);
  const seeds = { h: golden.n, w: 1, labels, nodes, strokes: nodes.map((l) => l + 1), unseeded: [] };
  for (const { kernel, gamma, alpha, tol, max_iter, scores, iterations } of golden.cases) {
    if (kernel !== 'rbf') continue;
    const sigma = Math.sqrt(1 / (2 * gamma));
    const graph = denseGraph(new Arena(), keys, image, { ...options, upsample: 'none', sigma });
    const found = spreadDense(graph, seeds, { alpha, tol, maxIter: max_iter });
    expectClose(found.data, scores, 1e-4);
    expect(found.iterations).toBe(iterations);
  }
});

test('an α outside 0 … 1 is refused', () => {
  const { image, keys, seeds } = makeScene(3, 3, 4, 2);
  const graph = denseGraph(new Arena(), keys, image, options);
  for (const alpha of [0, 1, Number.NaN]) {
    expect(() => spreadDense(graph, seeds(2), { ...solve, alpha })).toThrow('expected a number between 0 and 1');
  }
});
