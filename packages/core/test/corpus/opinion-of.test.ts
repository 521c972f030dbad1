import { expect, test } from 'vitest';
import { classifierOf, classify } from '../../src/corpus/classifier.ts';
import { opinionOf } from '../../src/corpus/opinion-of.ts';
import { noStatistics, teach } from '../../src/corpus/statistics.ts';
import { random } from '../golden.ts';

const [h, w, d, c] = [3, 4, 5, 3];
const next = random(11);
const keys = { data: Float32Array.from({ length: h * w * d }, () => next()), h, w, d };

/** Category 2 is never taught. */
function taught() {
  const all = noStatistics(d, c);
  teach(
    all,
    keys.data,
    Float32Array.from({ length: h * w * c }, (_, o) => (o % c === Math.floor(o / c) % 2 ? 1 : 0)),
  );
  return classifierOf(all);
}

test('a corpus says at every patch the logarithm of its shares, from a floor on', () => {
  const { logs } = opinionOf(taught(), keys, { upsample: 'none' }, (segment) => segment);
  const { data } = classify(taught(), keys, [0, 1, 2]);
  logs.forEach((plane, k) => {
    plane.forEach((log, i) => {
      expect(log).toBeCloseTo(Math.log(data[i * c + k] + 0.02), 5);
    });
  });
});

test('on the double grid it has four nodes a patch', () => {
  const { logs } = opinionOf(taught(), keys, { upsample: 'linear' }, (segment) => segment);
  expect(logs.map((plane) => plane.length)).toEqual([4 * h * w, 4 * h * w, 4 * h * w]);
});

test('it may be trusted fully unless somebody says less', () => {
  const trustWith = (settings?: { trust: number }) =>
    opinionOf(taught(), keys, { upsample: 'none' }, (segment) => segment, settings).trust;
  expect([trustWith(), trustWith({ trust: 0.3 })]).toEqual([1, 0.3]);
});

test('of a category that was never taught, and of a segment without one, it says nothing', () => {
  const { categoryOf } = opinionOf(taught(), keys, { upsample: 'none' }, (segment) =>
    segment === 9 ? undefined : segment - 1,
  );
  expect([1, 2, 3, 9].map(categoryOf)).toEqual([0, 1, undefined, undefined]);
});
