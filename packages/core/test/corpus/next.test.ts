import { InvalidInputError } from '@saltworks/contract/errors';
import { describe, expect, test } from 'vitest';
import { classifierOf } from '../../src/corpus/classifier.ts';
import { addUnsure, briefOf, chooseNext, designDefaults, openDesign } from '../../src/corpus/next.ts';
import { noStatistics, teach, weightOf } from '../../src/corpus/statistics.ts';
import { forwardSubstitute, rowStart } from '../../src/walk/cholesky.ts';
import { expectClose, random } from '../golden.ts';

const [h, w, d, c] = [2, 5, 6, 3];
const n = h * w;
const next = random(11);
/** Keys around a middle, each dimension as wide as it is told. */
const keysAround = (middle: readonly number[], wide = 1) => ({
  data: Float32Array.from({ length: n * d }, (_, o) => middle[o % d] + wide * (next() - 0.5) * (1 + (o % d))),
  ...{ h, w, d },
});
const taught = noStatistics(d, c);
teach(
  taught,
  keysAround([1, 0, 0, 0, 0, 0]).data,
  Float32Array.from({ length: n * c }, () => next() / c),
);
const options = { ridge: 0.2, directions: d, weight: 0.6 };
const design = openDesign(taught, options);
const shares = (of: (patch: number) => readonly number[]) => ({
  data: Float32Array.from({ length: n * c }, (_, o) => of(Math.floor(o / c))[o % c]),
  ...{ h, w, labels: [0, 1, 2] },
});
const unsure = shares(() => [1 / 3, 1 / 3, 1 / 3]);
const middles = [
  [1, 0, 0, 0, 0, 0],
  [4, 1, 0, 2, 0, 0],
  [4, 1, 0, 2, 0, 0.1],
  [0, -6, 3, 0, 0, 0],
  [0, 0, 0, 0, 9, 0],
]; // prettier-ignore
const images = middles.map((middle) => keysAround(middle));

/** The scatter of taught keys with the ridge, and what images add to it, square. */
function scatterWith(added: readonly { data: Float32Array }[]): number[][] {
  const total = weightOf(taught);
  const at = (i: number, j: number) => taught.xx[rowStart(Math.max(i, j)) + Math.min(i, j)];
  const mean = Array.from({ length: d }, (_, i) => at(d, i) / total);
  const a = mean.map((m, i) => mean.map((other, j) => at(i, j) - total * m * other));
  const trace = a.reduce((sum, row, i) => sum + row[i], 0);
  for (let i = 0; i < d; i++) a[i][i] += (options.ridge * trace) / d;
  for (const { data } of added) {
    for (let patch = 0; patch < n; patch++) {
      for (let i = 0; i < d; i++) {
        for (let j = 0; j < d; j++)
          a[i][j] += options.weight * (data[patch * d + i] - mean[i]) * (data[patch * d + j] - mean[j]);
      }
    }
  }
  return a;
}

/** Sum of xᵀA⁻¹x over all patches of all images, by elimination of each. */
function varianceLeft(a: readonly (readonly number[])[]): number {
  let sum = 0;
  for (const { data } of images) {
    for (let patch = 0; patch < n; patch++) {
      const x = Array.from({ length: d }, (_, i) => data[patch * d + i] - design.mean[i]);
      solve(a, x).forEach((value, i) => {
        sum += value * x[i];
      });
    }
  }
  return sum;
}

/** Gauss and Jordan. */
function solve(matrix: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, b[i]]);
  for (let i = 0; i < b.length; i++) {
    const pivot = rows
      .slice(i)
      .reduce((best, row, j) => (Math.abs(row[i]) > Math.abs(rows[best][i]) ? i + j : best), i);
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    rows[i] = rows[i].map((value) => value / rows[i][i]);
    rows.forEach((row, j) => {
      if (j !== i) rows[j] = row.map((value, k) => value - row[i] * rows[i][k]);
    });
  }
  return rows.map((row) => row[b.length]);
}

describe('a design', () => {
  test('measures keys as the classifier of the same ridge does', () => {
    const { factor, mean } = classifierOf(taught, { ridge: options.ridge, balance: 0, sharpness: 1 });
    for (let patch = 0; patch < n; patch++) {
      const x = Float64Array.from({ length: d }, (_, i) => images[3].data[patch * d + i] - mean[i]);
      const z = Array.from({ length: d }, (_, i) =>
        x.reduce((sum, value, j) => sum + value * design.axes[i * d + j], 0),
      );
      forwardSubstitute(factor, x);
      const squared = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value * value, 0);
      expect(squared(z)).toBeCloseTo(squared(x), 8);
    }
  });

  test('refuses keys of other dimensions', () => {
    expect(() => briefOf(design, { data: new Float32Array(4 * n), h, w, d: 4 }, unsure)).toThrow(InvalidInputError);
  });
});

describe('the order', () => {
  const briefs = images.map((keys, image) => ({ image, ...briefOf(design, keys, unsure) }));
  const all = new Float64Array(rowStart(d));
  for (const brief of briefs) addUnsure(all, brief);
  const order = chooseNext(briefs, all, 9);

  test('leaves what direct refits leave, and takes the least of them each time', () => {
    expect(order).toHaveLength(images.length);
    const before = varianceLeft(scatterWith([]));
    const chosen: number[] = [];
    for (const { image, left } of order) {
      const others = images.map((_, i) => i).filter((i) => !chosen.includes(i));
      const each = others.map((i) => varianceLeft(scatterWith([...chosen, i].map((one) => images[one]))) / before);
      expect(left).toBeCloseTo(Math.min(...each), 6);
      expect(image.image).toBe(others[each.indexOf(Math.min(...each))]);
      chosen.push(image.image);
    }
  });

  test('does not take a near-duplicate while anything else is new', () => {
    const places = order.map(({ image }) => image.image);
    expect(Math.abs(places.indexOf(1) - places.indexOf(2))).toBeGreaterThan(1);
  });

  test('counts patches by how unsure the model is of them', () => {
    const sure = images.map((keys, i) => briefOf(design, keys, i === 4 ? unsure : shares(() => [1, 0, 0])));
    const wanted = new Float64Array(rowStart(d));
    for (const brief of sure) addUnsure(wanted, brief);
    expect(sure[0].unsure.every((value) => value === 0)).toBe(true);
    expectClose(sure[4].unsure, briefs[4].unsure, 1e-12);
    const [{ image }] = chooseNext(sure, wanted, 1);
    expect(sure.indexOf(image)).toBe(4);
  });

  test('is that of the list where nothing is unsure', () => {
    const found = chooseNext(briefs, new Float64Array(rowStart(d)), 2);
    expect(found.map(({ image, left }) => [image.image, left])).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  test('of fewer directions is of the widest', () => {
    const { p, axes } = openDesign(taught, { ...designDefaults, directions: 2 });
    expect(p).toBe(2);
    for (let i = 0; i < p; i++) {
      const [one, other] = [axes, design.axes].map((all) => all.subarray(i * d, (i + 1) * d));
      const dot = one.reduce((sum, value, j) => sum + value * other[j], 0);
      expect(Math.abs(dot) / (Math.hypot(...one) * Math.hypot(...other))).toBeGreaterThan(0.99);
    }
  });
});
