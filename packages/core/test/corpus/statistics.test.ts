import { InvalidInputError } from '@saltworks/contract/errors';
import { expect, test } from 'vitest';
import {
  addStatistics,
  noStatistics,
  type Statistics,
  subtractStatistics,
  teach,
} from '../../src/corpus/statistics.ts';
import { expectClose, random } from '../golden.ts';

const [d, c] = [7, 3];

/** An image of n labelled patches: random keys and targets, a third of them without a label. */
function imageOf(seed: number, n = 20) {
  const next = random(seed);
  const keys = Float32Array.from({ length: n * d }, () => 4 * next() - 1);
  const targets = Float32Array.from({ length: n * c }, (_, o) => (Math.floor(o / c) % 3 === 2 ? 0 : next()));
  return { keys, targets };
}

function taught(...seeds: number[]): Statistics {
  const all = noStatistics(d, c);
  for (const seed of seeds) {
    const { keys, targets } = imageOf(seed);
    teach(all, keys, targets);
  }
  return all;
}

function expectSame(a: Statistics, b: Statistics) {
  for (const name of ['xx', 'xy'] as const) expectClose(a[name], b[name], 1e-12 * Math.max(...b[name].map(Math.abs)));
}

test('they are the sums over labelled patches', () => {
  const { keys, targets } = imageOf(1);
  const { xx, xy } = taught(1);
  const x = (i: number, p: number) => (p === d ? 1 : keys[i * d + p]);
  const weight = (i: number) => targets.subarray(i * c, (i + 1) * c).reduce((sum, value) => sum + value, 0);
  const patches = Array.from({ length: 20 }, (_, i) => i);
  const total = (value: (i: number) => number) => patches.reduce((sum, i) => sum + value(i), 0);
  const rows = Array.from({ length: d + 1 }, (_, p) => p);
  expectClose(
    xx,
    rows.flatMap((p) => rows.slice(0, p + 1).map((q) => total((i) => weight(i) * x(i, p) * x(i, q)))),
    1e-5,
  );
  expectClose(
    xy,
    [0, 1, 2].flatMap((k) => rows.map((p) => total((i) => targets[i * c + k] * x(i, p)))),
    1e-5,
  );
});

test('who is taken out was never there', () => {
  const left = taught(1, 2, 3, 4);
  subtractStatistics(left, taught(2, 4));
  expectSame(left, taught(1, 3));
});

test('shards add up alike in any order', () => {
  const forwards = noStatistics(d, c);
  const backwards = noStatistics(d, c);
  for (const seed of [1, 2, 3, 4, 5]) addStatistics(forwards, taught(seed));
  for (const seed of [5, 4, 3, 2, 1]) addStatistics(backwards, taught(seed));
  expectSame(forwards, backwards);
  expectSame(forwards, taught(3, 1, 5, 2, 4));
});

test('patches without a label teach nothing', () => {
  const all = noStatistics(d, c);
  teach(all, imageOf(1).keys, new Float32Array(20 * c));
  expect(all).toEqual(noStatistics(d, c));
});

test('other sizes are refused', () => {
  expect(() => addStatistics(noStatistics(d, c), noStatistics(d + 1, c))).toThrow(
    new InvalidInputError('statistics of 8 dimensions, 3 categories; expected 7 and 3'),
  );
  expect(() => teach(noStatistics(d, c), new Float32Array(2 * d), new Float32Array(3 * c))).toThrow(
    new InvalidInputError('2 keys of 7 dimensions; expected 3, one for each target'),
  );
});
