import { InvalidInputError } from '@saltworks/contract/errors';
import { describe, expect, test } from 'vitest';
import { classifierOf, classify, corpusDefaults, novelty } from '../../src/corpus/classifier.ts';
import { addStatistics, noStatistics, subtractStatistics, teach } from '../../src/corpus/statistics.ts';
import { expectClose, random } from '../golden.ts';

const [n, d, c] = [60, 5, 3];
const next = random(7);
const labels = Int32Array.from({ length: n }, () => Math.floor(next() ** 2 * c));
const keys = Float32Array.from({ length: n * d }, (_, o) => 3 * next() + (o % d === labels[Math.floor(o / d)] ? 4 : 0));
const targets = Float32Array.from({ length: n * c }, (_, o) => (o % c === labels[Math.floor(o / c)] ? 0.7 : 0));

function taught(data = keys, wanted = targets) {
  const all = noStatistics(d, c);
  teach(all, data, wanted);
  return all;
}

describe('ridge', () => {
  test('is where the penalised squared error has no slope', () => {
    const { weights } = classifierOf(taught(), { ...corpusDefaults, ridge: 0.3 });
    const mean = Array.from({ length: d }, (_, p) => keys.reduce((sum, x, o) => sum + (o % d === p ? x / n : 0), 0));
    const spread = keys.reduce((sum, x, o) => sum + 0.7 * (x - mean[o % d]) ** 2, 0) / d;
    for (let k = 0; k < c; k++) {
      const row = weights.subarray(k * (d + 1), (k + 1) * (d + 1));
      const slope = new Float64Array(d + 1);
      for (let i = 0; i < n; i++) {
        const x = [...keys.subarray(i * d, (i + 1) * d), 1];
        const error = x.reduce((sum, value, p) => sum + value * row[p], 0) - (labels[i] === k ? 1 : 0);
        for (let p = 0; p <= d; p++) slope[p] += 0.7 * error * x[p];
      }
      for (let p = 0; p < d; p++) slope[p] += 0.3 * spread * row[p];
      expectClose(slope, new Float64Array(d + 1), 1e-5);
    }
  });

  test('knows nothing of a lesson that was taken out', () => {
    const half = taught(keys.subarray(0, (n / 2) * d), targets.subarray(0, (n / 2) * c));
    const all = noStatistics(d, c);
    addStatistics(all, taught());
    subtractStatistics(all, half);
    const never = taught(keys.subarray((n / 2) * d), targets.subarray((n / 2) * c));
    expectClose(classifierOf(all).weights, classifierOf(never).weights, 1e-9);
  });

  test('of equal keys gives the frequencies', () => {
    const { weights, frequency } = classifierOf(taught(keys.map(() => 2.5)));
    const count = (k: number) => labels.filter((label) => label === k).length / n;
    expectClose(frequency, [0, 1, 2].map(count), 1e-6);
    for (let k = 0; k < c; k++) {
      const score = weights
        .subarray(k * (d + 1), (k + 1) * (d + 1))
        .reduce((sum, w, p) => sum + w * (p < d ? 2.5 : 1), 0);
      expect(score).toBeCloseTo(count(k), 6);
    }
  });

  test('of nothing is refused', () => {
    expect(() => classifierOf(noStatistics(d, c))).toThrow(
      new InvalidInputError('statistics of no labelled patch; expected at least one'),
    );
  });
});

describe('shares', () => {
  const patches = { data: keys, h: 6, w: 10, d };

  test('tell categories apart, and sum to 1', () => {
    const { data, ...rest } = classify(classifierOf(taught()), patches, [4, 5, 9]);
    expect(rest).toEqual({ h: 6, w: 10, labels: [4, 5, 9] });
    let right = 0;
    for (let i = 0; i < n; i++) {
      const row = data.subarray(i * c, (i + 1) * c);
      expect(row[0] + row[1] + row[2]).toBeCloseTo(1, 6);
      if (row.indexOf(Math.max(...row)) === labels[i]) right++;
    }
    expect(right / n).toBeGreaterThan(0.95);
  });

  test('of a category that was never taught are 0', () => {
    const without = targets.map((value, o) => (o % c === 1 ? 0 : value));
    const { data } = classify(classifierOf(taught(keys, without)), patches, [1, 2, 3]);
    expect(data.filter((value, o) => o % c === 1 && value !== 0)).toHaveLength(0);
  });

  test('balance lifts rare categories', () => {
    const classifier = classifierOf(taught());
    const rare = classifier.frequency.indexOf(Math.min(...classifier.frequency));
    const sum = (balance: number) =>
      classify(classifier, patches, [1, 2, 3], { ...corpusDefaults, balance }).data.reduce(
        (total, value, o) => total + (o % c === rare ? value : 0),
        0,
      );
    expect(sum(1)).toBeGreaterThan(sum(0.5));
    expect(sum(0.5)).toBeGreaterThan(sum(0));
  });

  test('of other keys are refused', () => {
    const classifier = classifierOf(taught());
    expect(() => classify(classifier, { ...patches, d: 4 }, [1, 2, 3])).toThrow(
      new InvalidInputError('keys of 4 dimensions; expected 5, as taught'),
    );
    expect(() => classify(classifier, patches, [1, 2])).toThrow(
      new InvalidInputError('2 labels; expected 3, one a category'),
    );
  });
});

describe('novelty', () => {
  test('of one dimension is the squared distance from the mean, over variance and ridge', () => {
    const all = noStatistics(1, 2);
    teach(all, Float32Array.of(1, 3, 5, 7), Float32Array.of(1, 0, 1, 0, 0, 1, 0, 1));
    const classifier = classifierOf(all, { ...corpusDefaults, ridge: 0.5 });
    // Mean 4, scatter 20, ridge 10.
    const found = novelty(classifier, { data: Float32Array.of(4, 7, 10), h: 1, w: 3, d: 1 });
    expectClose(found, [0, (4 * 9) / 30, (4 * 36) / 30], 1e-6);
  });

  test('is d on average over what was taught, without a ridge', () => {
    const classifier = classifierOf(taught(), { ...corpusDefaults, ridge: 1e-12 });
    const found = novelty(classifier, { data: keys, h: 6, w: 10, d });
    expect(found.reduce((sum, value) => sum + value / n, 0)).toBeCloseTo(d, 4);
  });

  test('of other keys is refused', () => {
    expect(() => novelty(classifierOf(taught()), { data: keys, h: 6, w: 10, d: 4 })).toThrow(
      new InvalidInputError('keys of 4 dimensions; expected 5, as taught'),
    );
  });
});
