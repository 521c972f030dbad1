import { describe, expect, test } from 'vitest';
import { doubleKeys, type Keys } from '../../src/keys/keys.ts';
import { doubleGram, gram, medianDistance, squaredDistances } from '../../src/nodes/gram.ts';
import { isSparse, type Matrix, maxNodes, multiply } from '../../src/nodes/matrix.ts';
import { addScaled, colourKnn, knn, normalise, rbf, similarity } from '../../src/spread/graph.ts';
import { expectClose, random } from '../golden.ts';

function randomKeys(h: number, w: number, d: number, seed = 1): Keys {
  const next = random(seed);
  // An offset far from zero, which centring removes.
  return { data: Float32Array.from({ length: h * w * d }, () => 5 + next()), h, w, d };
}

function bruteDistances({ data, h, w, d }: Keys): number[] {
  const n = h * w;
  return Array.from({ length: n * n }, (_, p) => {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += (data[Math.floor(p / n) * d + k] - data[(p % n) * d + k]) ** 2;
    return sum;
  });
}

/** Any matrix as rows of numbers. */
function rows(matrix: Matrix): number[][] {
  return Array.from({ length: matrix.n }, (_, i) => {
    if (!isSparse(matrix)) return [...matrix.a.subarray(i * matrix.n, (i + 1) * matrix.n)];
    const row = new Array(matrix.n).fill(0);
    for (let o = matrix.start[i]; o < matrix.start[i + 1]; o++) row[matrix.index[o]] = matrix.a[o];
    return row;
  });
}

describe('distances', () => {
  test.each([
    [3, 4, 5],
    [2, 5, 7],
    [1, 1, 3],
  ])('of a %i × %i grid equal the definition', (h, w, d) => {
    const keys = randomKeys(h, w, d);
    expectClose(squaredDistances(gram(keys)).a, bruteDistances(keys), 1e-5);
  });
  test('the Gram matrix of the ×2 grid is the interpolation of the small one', () => {
    const keys = randomKeys(3, 5, 6);
    expectClose(squaredDistances(doubleGram(gram(keys), 3, 5)).a, bruteDistances(doubleKeys(keys)), 1e-5);
  });
  test.each([
    [2, 3],
    [3, 3],
    [1, 2],
    [4, 5],
  ])('the median is exact over %i × %i nodes', (h, w) => {
    const d2 = squaredDistances(gram(randomKeys(h, w, 3, h * w)));
    const pairs: number[] = [];
    for (let i = 0; i < d2.n; i++) for (let j = i + 1; j < d2.n; j++) pairs.push(Math.sqrt(d2.a[i * d2.n + j]));
    pairs.sort((a, b) => a - b);
    expect(medianDistance(d2)).toBeCloseTo(pairs[Math.floor((pairs.length - 1) / 2)], 12);
  });
  test('too many nodes are refused before they are allocated', () => {
    const side = Math.sqrt(maxNodes) + 1;
    expect(() => gram({ data: new Float32Array(0), h: side, w: side, d: 1 })).toThrow(`at most ${maxNodes}`);
  });
});

describe('affinities', () => {
  const keys = randomKeys(3, 4, 5);
  const n = 12;
  const d2 = bruteDistances(keys);

  test('rbf is exp(−d²/2σ²) with a zero diagonal', () => {
    const expected = d2.map((v, p) => (p % (n + 1) === 0 ? 0 : Math.exp(-v / (2 * 0.7 ** 2))));
    expectClose(rbf(squaredDistances(gram(keys)), 0.7).a, expected, 1e-5);
    expect(() => rbf(squaredDistances(gram(keys)), 0)).toThrow('sigma 0');
  });
  test('similarity is 1 from cosine τ on, else ε', () => {
    const data = Float32Array.from([1, 0, 1, 0.1, 0, 1, -1, 0]);
    const [first] = rows(similarity({ data, h: 2, w: 2, d: 2 }, 0.8));
    expect(first.map((v) => Math.round(v * 1e6) / 1e6)).toEqual([0, 1, 1e-5, 1e-5]);
  });
  test('knn joins the nearest, the node itself included, and is directed', () => {
    const matrix = knn({ n, a: Float32Array.from(d2) }, 4);
    rows(matrix).forEach((row, i) => {
      const nearest = [...row.keys()].filter((j) => j !== i).sort((a, b) => d2[i * n + a] - d2[i * n + b]);
      expect(row.map((v, j) => (v ? j : -1)).filter((j) => j >= 0)).toEqual(nearest.slice(0, 3).sort((a, b) => a - b));
    });
    for (const wrong of [1, 13, 2.5, Number.NaN])
      expect(() => knn({ n, a: Float32Array.from(d2) }, wrong)).toThrow('neighbors');
  });
  test('the colour graph joins nodes of similar colour, both ways', () => {
    const matrix = rows(colourKnn(Float32Array.from([0, 0, 0, 1, 1, 1, 9, 9, 9]), 2));
    expect(matrix).toEqual([
      [0, 1, 0],
      [1, 0, 1],
      [0, 1, 0],
    ]);
  });
  test('A + λB is the same for a dense and a sparse A', () => {
    const colour = colourKnn(Float32Array.from({ length: 3 * n }, random(3)), 3);
    const sparse = knn({ n, a: Float32Array.from(d2) }, 4);
    const dense = { n, a: Float32Array.from(rows(sparse).flat()) };
    const expected = rows(sparse).map((row, i) => row.map((v, j) => v + 0.5 * rows(colour)[i][j]));
    expect(rows(addScaled(sparse, 0.5, colour))).toEqual(expected);
    expect(rows(addScaled(dense, 0.5, colour))).toEqual(expected);
  });
  test('normalising divides by the roots of both column sums; S·F is the matrix product', () => {
    const matrix = knn({ n, a: Float32Array.from(d2) }, 3);
    const a = rows(matrix);
    const degree = a[0].map((_, j) => a.reduce((sum, row) => sum + row[j], 0)).map((v) => v || 1);
    const expected = a.map((row, i) => row.map((v, j) => v / Math.sqrt(degree[i] * degree[j])));
    const dense = normalise({ n, a: Float32Array.from(a.flat()) });
    const sparse = normalise(matrix);
    expectClose(rows(dense).flat(), expected.flat(), 1e-6);
    expectClose(rows(sparse).flat(), expected.flat(), 1e-6);

    for (const c of [1, 3, 4, 6]) {
      const f = Float32Array.from({ length: c * n }, random(c));
      const product = Array.from({ length: c * n }, (_, o) =>
        expected[o % n].reduce((sum, v, j) => sum + v * f[Math.floor(o / n) * n + j], 0),
      );
      for (const s of [dense, sparse]) {
        const out = new Float32Array(c * n);
        multiply(s, f, c, out);
        expectClose(out, product, 1e-5);
      }
    }
  });
});
