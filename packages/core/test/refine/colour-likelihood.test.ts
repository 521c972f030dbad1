import { expect, test } from 'vitest';
import { colourFactors, weighByColour } from '../../src/refine/colour-likelihood.ts';
import { expectClose, random } from '../golden.ts';

const next = random(21);
const [width, height, c] = [13, 9, 3];
const image = { data: new Uint8Array(3 * width * height).map(() => 90 + 60 * next()), width, height };
const scores = new Float32Array(width * height * c);
for (let o = 0; o < scores.length; o += c) {
  const row = [next(), next(), 3 * next()];
  for (let k = 0; k < c; k++) scores[o + k] = row[k] / (row[0] + row[1] + row[2]);
}
const rows = (y: number) => scores.slice(y * width * c, (y + 1) * width * c);

/** The blur's weight between two colours: the product of ¼, ½, ¼ over channels. */
const likeness = (p: number, q: number) =>
  [0, 1, 2].reduce((product, k) => {
    const apart = Math.abs((image.data[3 * p + k] >> 4) - (image.data[3 * q + k] >> 4));
    return product * (apart === 0 ? 0.5 : apart === 1 ? 0.25 : 0);
  }, 1);

test('scores are weighed by the posterior of each label given the colour, pixel by pixel against all others', () => {
  const n = width * height;
  const totals = Array.from({ length: c }, (_, k) => scores.reduce((sum, v, i) => sum + (i % c === k ? v : 0), 0));
  const factors = colourFactors(image, rows, c, { exponent: 0.2, smoothing: 0.01 });
  for (let y = 0; y < height; y++) {
    const expected = Array.from({ length: width }, (_, x) => {
      const p = y * width + x;
      const likelihood = totals.map((total, k) => {
        let sum = 0;
        for (let q = 0; q < n; q++) sum += likeness(p, q) * scores[q * c + k];
        return (sum * n) / total + 0.01;
      });
      const all = likelihood.reduce((sum, value) => sum + value);
      const weighed = likelihood.map((value, k) => scores[p * c + k] * (value / all) ** 0.2);
      return weighed.map((value) => value / weighed.reduce((sum, other) => sum + other));
    }).flat();
    expectClose(weighByColour(rows(y), image, y, factors, c), expected, 1e-5);
  }
});

test('scores stay unchanged if all pixels have one colour, or the exponent is 0', () => {
  const grey = { ...image, data: new Uint8Array(image.data.length).fill(255) };
  for (const [picture, exponent] of [
    [grey, 0.2],
    [image, 0],
  ] as const) {
    const factors = colourFactors(picture, rows, c, { exponent });
    expectClose(weighByColour(rows(4), picture, 4, factors, c), rows(4), 1e-6);
  }
});

test('a label without scores, and a pixel without scores, give finite numbers', () => {
  const sure = (y: number) => rows(y).map((_, i) => (i % c === 1 && i > c ? 1 : 0));
  const factors = colourFactors(image, sure, c, { exponent: 0.2 });
  expect(factors.every(Number.isFinite)).toBe(true);
  const row = weighByColour(sure(0), image, 0, factors, c);
  expect([...row.subarray(0, 6)]).toEqual([0, 0, 0, 0, 1, 0]);
});
