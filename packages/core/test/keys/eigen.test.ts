import { expect, test } from 'vitest';
import { eigenvectors } from '../../src/keys/eigen.ts';
import { random } from '../golden.ts';

test.each([1, 2, 5, 30])('A = VᵀΛV with orthonormal V and falling Λ, for %i rows', (n) => {
  const next = random(n);
  const x = Array.from({ length: n * n }, () => next() - 0.5);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * n + j] = x[i * n + j] + x[j * n + i];
  const rest = a.slice();
  const v = eigenvectors(rest, n);
  const lambda = Array.from({ length: n }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sum += v[k * n + i] * a[i * n + j] * v[k * n + j];
    return sum;
  });
  for (let k = 1; k < n; k++) expect(lambda[k]).toBeLessThanOrEqual(lambda[k - 1] + 1e-12);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let [product, whole] = [0, 0];
      for (let k = 0; k < n; k++) {
        product += v[i * n + k] * v[j * n + k];
        whole += v[k * n + i] * lambda[k] * v[k * n + j];
      }
      expect(product).toBeCloseTo(i === j ? 1 : 0, 12);
      expect(whole).toBeCloseTo(a[i * n + j], 12);
    }
  }
});

test('zeros have the axes for eigenvectors', () => {
  expect([...eigenvectors(new Float64Array(4), 2)]).toEqual([1, 0, 0, 1]);
});
