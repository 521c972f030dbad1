import { describe, expect, test } from 'vitest';
import { gram, squaredDistances } from '../../src/nodes/gram.ts';
import { argmax } from '../../src/nodes/scores.ts';
import { oneHot } from '../../src/seeds/seeds.ts';
import { knn, normalise, rbf } from '../../src/spread/graph.ts';
import { spread } from '../../src/spread/spread.ts';
import { expectClose, goldenJson } from '../golden.ts';

const golden = goldenJson('spreading.json');

interface Case {
  kernel: 'rbf' | 'knn';
  gamma?: number;
  neighbors: number;
  alpha: number;
  tol: number;
  max_iter: number;
  iterations: number;
  scores: number[];
  labels: number[];
  fixed_point: number[];
}

/** The normalised affinity of a golden case. */
function affinity({ kernel, gamma = 0, neighbors }: Case) {
  const d2 = squaredDistances(gram({ data: Float32Array.from(golden.x), h: golden.n, w: 1, d: golden.d }));
  return normalise(kernel === 'rbf' ? rbf(d2, Math.sqrt(1 / (2 * gamma))) : knn(d2, neighbors));
}

const seeds = oneHot(Int32Array.from(golden.seeds), golden.c);

describe.each(golden.cases as Case[])('$kernel at α = $alpha', (golden_) => {
  const { alpha, tol, max_iter: maxIter } = golden_;
  test("scores, labels and steps equal those of scikit-learn's LabelSpreading", () => {
    const { scores, iterations } = spread(affinity(golden_), seeds, golden.c, { alpha, tol, maxIter });
    expectClose(scores, golden_.scores, 1e-4);
    expect([...argmax(scores, golden.c)]).toEqual(golden_.labels);
    expect(iterations).toBe(golden_.iterations);
  });
  test('it converges to (1−α)(I−αS)⁻¹Y', () => {
    const { scores, converged } = spread(affinity(golden_), seeds, golden.c, { alpha, tol: 1e-6, maxIter: 1000 });
    expect(converged).toBe(true);
    expectClose(scores, golden_.fixed_point, 1e-4);
  });
});

test('non-convergence is a result, not an error', () => {
  const { iterations, converged } = spread(affinity(golden.cases[0]), seeds, golden.c, { alpha: 0.99, maxIter: 2 });
  expect({ iterations, converged }).toEqual({ iterations: 2, converged: false });
});

test('wrong shapes and alphas are refused', () => {
  const s = affinity(golden.cases[0]);
  expect(() => spread(s, seeds, golden.c + 1)).toThrow(`expected n × c = ${golden.n} × ${golden.c + 1}`);
  for (const alpha of [0, 1, -0.2, Number.NaN]) expect(() => spread(s, seeds, golden.c, { alpha })).toThrow('alpha');
});

test('argmax takes the first of equal scores', () => {
  expect([...argmax(Float32Array.from([0, 0, 0.5, 0.5, 0.1, 0.9]), 2)]).toEqual([0, 0, 1]);
});
