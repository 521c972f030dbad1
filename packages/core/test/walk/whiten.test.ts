import { describe, expect, test } from 'vitest';
import type { Keys } from '../../src/keys/keys.ts';
import { backSubstitute, factorise, forwardSubstitute, rowStart } from '../../src/walk/cholesky.ts';
import { whiten } from '../../src/walk/whiten.ts';
import { expectClose, random } from '../golden.ts';

/** Gauss-Jordan, for small matrices that need no pivots. */
function inverse(a: number[][]): number[][] {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < n; i++) {
    rows[i] = rows[i].map((value) => value / rows[i][i]);
    for (let r = 0; r < n; r++) if (r !== i) rows[r] = rows[r].map((value, k) => value - rows[r][i] * rows[i][k]);
  }
  return rows.map((row) => row.slice(n));
}

const times = (a: number[][], b: number[][]) =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
const trace = (a: number[][]) => a.reduce((sum, row, i) => sum + row[i], 0);
const plusIdentity = (a: number[][], share: number) => a.map((row, i) => row.map((v, j) => v + (i === j ? share : 0)));

/** Population covariance, by its definition. */
function covariance({ data, d }: Keys): number[][] {
  const n = data.length / d;
  const rows = Array.from({ length: n }, (_, i) => [...data.subarray(i * d, (i + 1) * d)]);
  const mean = rows[0].map((_, k) => rows.reduce((sum, row) => sum + row[k], 0) / n);
  return mean.map((_, i) =>
    mean.map((_, j) => rows.reduce((sum, row) => sum + (row[i] - mean[i]) * (row[j] - mean[j]), 0) / n),
  );
}

/** Keys whose dimensions vary unequally and together, far from zero. */
function keysOf(h: number, w: number, d: number, seed = 1): Keys {
  const next = random(seed);
  const data = new Float32Array(h * w * d);
  for (let o = 0; o < data.length; o += d) {
    const common = next();
    for (let k = 0; k < d; k++) data[o + k] = 20 - k + (k + 1) * next() + 3 * common;
  }
  return { data, h, w, d };
}

describe('Cholesky', () => {
  const n = 7;
  const next = random(2);
  const b = Array.from({ length: n }, () => Array.from({ length: n }, () => next() - 0.5));
  const a = plusIdentity(
    times(
      b,
      b[0].map((_, j) => b.map((row) => row[j])),
    ),
    0.1,
  );
  const packed = () => Float64Array.from(a.flatMap((row, i) => row.slice(0, i + 1)));

  test('the two substitutions together solve A x = b', () => {
    const l = packed();
    factorise(l, 0, n);
    const x = Float64Array.from({ length: n }, () => next());
    const right = Float64Array.from(a, (row) => row.reduce((sum, value, k) => sum + value * x[k], 0));
    forwardSubstitute(l, right);
    backSubstitute(l, right);
    expectClose(right, x, 1e-12);
  });
  test('rows factorised later have the same bits', () => {
    const [once, grown] = [packed(), packed()];
    factorise(once, 0, n);
    factorise(grown, 0, 3);
    expect(grown.subarray(0, rowStart(3))).toEqual(once.subarray(0, rowStart(3)));
    factorise(grown, 3, n);
    expect(grown).toEqual(once);
  });
});

describe('whitening', () => {
  const keys = keysOf(9, 8, 5);
  const c = covariance(keys);
  const shrunk = plusIdentity(c, (10 * trace(c)) / 5);

  test('distances follow the inverse of C + shrinkage·λ̄·I', () => {
    const { data, d } = keys;
    const { data: z } = whiten(keys, 10);
    const metric = inverse(shrunk);
    for (const [i, j] of [
      [0, 1],
      [3, 40],
      [71, 12],
    ]) {
      const difference = Array.from({ length: d }, (_, k) => [data[i * d + k] - data[j * d + k]]);
      const expected = times(times([difference.map(([v]) => v)], metric), difference)[0][0];
      const squared = Array.from({ length: d }, (_, k) => (z[i * d + k] - z[j * d + k]) ** 2);
      expect(squared.reduce((sum, value) => sum + value)).toBeCloseTo(expected, 5);
    }
  });
  test.each([0.01, 1, 10])('the covariance of z has the spectrum of C(C + e·λ̄·I)⁻¹: e = %d', (shrinkage) => {
    const expected = times(c, inverse(plusIdentity(c, (shrinkage * trace(c)) / 5)));
    const actual = covariance(whiten(keys, shrinkage));
    // Two matrices with the same traces of powers have the same eigenvalues.
    for (
      let power = 1, [a, e] = [actual, expected];
      power <= 5;
      power++, a = times(a, actual), e = times(e, expected)
    ) {
      expect(trace(a) / trace(e)).toBeCloseTo(1, 4);
    }
  });
  test('coordinates in a subspace are whitened as in the whole space', () => {
    const padded = {
      ...keys,
      d: 8,
      data: Float32Array.from({ length: 72 * 8 }, (_, i) => keys.data[5 * (i >> 3) + (i & 7)]),
    };
    for (let i = 0; i < padded.data.length; i++) if ((i & 7) >= 5) padded.data[i] = 3;
    const whole = whiten(padded, 10).data.filter((_, i) => (i & 7) < 5);
    expectClose(whiten({ ...keys, space: 8 }, 10).data, whole, 1e-6);
  });
  test('z has mean zero', () => {
    const { data } = whiten(keys, 10);
    for (let k = 0; k < 5; k++) {
      expect(data.reduce((sum, value, i) => sum + (i % 5 === k ? value : 0), 0) / 72).toBeCloseTo(0, 6);
    }
  });
  test('many patches are sampled evenly: an image repeated is whitened like the image', () => {
    const small = keysOf(30, 50, 3, 8);
    const repeated = { ...small, h: 60, data: new Float32Array(2 * small.data.length) };
    // Every patch twice in succession: any even sample of half of them is the image itself.
    for (let i = 0; i < 3000; i++) repeated.data.set(small.data.subarray(3 * (i >> 1), 3 * (i >> 1) + 3), 3 * i);
    const once = whiten(small, 10).data;
    const twice = whiten(repeated, 10).data;
    for (let i = 0; i < 3000; i += 7)
      expectClose(twice.subarray(3 * i, 3 * i + 3), once.subarray(3 * (i >> 1), 3 * (i >> 1) + 3), 1e-5);
  });
  test('equal keys become zero', () => {
    const { data } = whiten({ ...keys, data: new Float32Array(keys.data.length).fill(3.7) }, 10);
    expect(data.every((value) => value === 0)).toBe(true);
  });
  test('more dimensions than patches do no harm', () => {
    expect(whiten(keysOf(1, 2, 9), 10).data.every(Number.isFinite)).toBe(true);
    expect(whiten(keysOf(1, 1, 9), 10).data.every((value) => value === 0)).toBe(true);
  });
});
