import { expect, test } from 'vitest';
import { keyDirections, similarTo } from '../../src/help/similarity.ts';

const [h, w, d] = [4, 5, 7];
const data = Float32Array.from({ length: h * w * d }, (_, i) => Math.sin(12.9 * i) + 3);
const keys = { data, h, w, d };

test('similarity is the cosine of centred keys', () => {
  const mean = Array.from({ length: d }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < h * w; i++) sum += data[i * d + k];
    return sum / (h * w);
  });
  const centred = (i: number) => mean.map((value, k) => data[i * d + k] - value);
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * b[k], 0);
  const directions = keyDirections(keys);
  for (const patch of [0, 7, h * w - 1]) {
    similarTo(directions, patch).forEach((value, i) => {
      const [a, b] = [centred(patch), centred(i)];
      expect(value).toBeCloseTo(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)), 5);
    });
  }
});

test('equal keys have a similarity of 0', () => {
  const blank = keyDirections({ data: new Float32Array(h * w * d).fill(2), h, w, d });
  expect([...similarTo(blank, 3)]).toEqual(new Array(h * w).fill(0));
});

test('the input keys stay unchanged, and a patch beyond the grid is refused', () => {
  const before = data.slice();
  const directions = keyDirections(keys);
  expect(data).toEqual(before);
  expect(() => similarTo(directions, h * w)).toThrow('patch 20; expected a whole number below 4 × 5');
  expect(() => similarTo(directions, 0.5)).toThrow('expected a whole number');
});
