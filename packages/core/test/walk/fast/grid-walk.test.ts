import { describe, expect, test } from 'vitest';
import { Arena } from '../../../src/arena/arena.ts';
import { solveGrid } from '../../../src/walk/fast/grid-walk.ts';
import { vectors } from '../../../src/walk/fast/ridge.ts';

/** The same numbers every time, 0 … 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const sides = [
  [1, 0],
  [0, 1],
  [1, 1],
  [-1, 1],
];
const [prior, hold] = [0.03, 1000];

/** A grid with random edges, seeds on some of its nodes and random priors, in an arena and as numbers. */
function grid(h: number, w: number, c: number) {
  const next = random(h * 1000 + w);
  const arena = new Arena();
  const n = h * w;
  const pad = vectors(w + 8);
  const stride = vectors(n) + 2 * pad;
  const planes = (count: number) => {
    const at = arena.reserve(4 * stride * count);
    arena.floats(at, stride * count).fill(0);
    return at + 4 * pad;
  };
  const [edges, degrees, diagonal] = [planes(4), planes(1), planes(2)];
  const joined: [number, number, number][] = [];
  sides.forEach(([dx, dy], k) => {
    const plane = arena.floats(edges + 4 * k * stride, n);
    for (let y = 0; y + dy < h; y++) {
      for (let x = Math.max(0, -dx); x < Math.min(w, w - dx); x++) {
        const weight = Math.fround(Math.exp(-5 * next()) + 1e-4);
        plane[y * w + x] = weight;
        joined.push([y * w + x, (y + dy) * w + x + dx, weight]);
      }
    }
  });
  const held = Int32Array.from({ length: n }, (_, i) => (i % 5 === 0 ? Math.floor(i / 5) % c : -1));
  const believed = Float32Array.from({ length: n * c }, next);
  const scores = arena.reserve(4 * vectors(n) * c);
  for (let k = 0; k < c; k++) {
    arena.floats(scores + 4 * vectors(n) * k, n).set(believed.subarray(n * k, n * (k + 1)));
  }
  const seeds = arena.put(held);
  const inverse = diagonal + 4 * stride;
  arena.kernels.edgeDegrees(edges, stride, n, w, degrees);
  arena.kernels.walkDiagonal(degrees, seeds, n, prior, hold, diagonal, inverse);
  const solve = (labels = c) =>
    solveGrid(
      arena,
      { edges, stride, h, w, diagonal, inverse },
      { scores, held: seeds, c: labels, prior, hold },
      { tol: 1e-6, maxIter: 1000 },
      () => planes(4),
    );
  return { n, joined, held, believed, solve };
}

/** (L + diag(hold·seed + prior)) x = hold·Y + prior·P by elimination in float64. */
function exact({ n, joined, held, believed }: ReturnType<typeof grid>, c: number): Float64Array {
  const a = Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n + c);
    row[i] = prior + (held[i] >= 0 ? hold : 0);
    for (let k = 0; k < c; k++) row[n + k] = prior * believed[n * k + i] + (held[i] === k ? hold : 0);
    return row;
  });
  for (const [i, j, weight] of joined) {
    a[i][i] += weight;
    a[j][j] += weight;
    a[i][j] -= weight;
    a[j][i] -= weight;
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const factor = a[j][i] / a[i][i];
      for (let k = i; k < n + c; k++) a[j][k] -= factor * a[i][k];
    }
  }
  return Float64Array.from({ length: n * c }, (_, o) => a[o % n][n + Math.floor(o / n)] / a[o % n][o % n]);
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, i) => Math.abs(value - b[i])).reduce((most, value) => Math.max(most, value), 0);

describe('the factor of the matrix', () => {
  test.for([
    [1, 1],
    [1, 6],
    [6, 1],
    [2, 2],
    [2, 9],
    [9, 2],
    [5, 13],
    [13, 5],
    [11, 11],
  ])('solves a grid of %i × %i', ([h, w]) => {
    const made = grid(h, w, 3);
    const { planes, iterations, converged } = made.solve();
    expect(furthest(planes, exact(made, 3))).toBeLessThan(2e-6);
    expect(converged).toBe(true);
    expect(iterations).toBeLessThan(4);
  });
});

test('few labels on a larger grid take conjugate gradients, with the same answer', () => {
  const { n, solve } = grid(80, 84, 3);
  const [few, all] = [solve(2), solve(3)];
  expect(few.iterations).toBeGreaterThan(10);
  expect(all.iterations).toBeLessThan(4);
  expect(furthest(few.planes, all.planes.subarray(0, 2 * n))).toBeLessThan(2e-5);
});
