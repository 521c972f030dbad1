import { expect, test } from 'vitest';
import { classifierOf } from '../../src/corpus/classifier.ts';
import { learnerDefaults, predictScores, segmentsOf } from '../../src/corpus/predict.ts';
import { noStatistics, teach } from '../../src/corpus/statistics.ts';

const [sky, car] = [
  { name: 'sky', isthing: 0 as const },
  { name: 'car', isthing: 1 as const },
];

function taught() {
  const all = noStatistics(2, 2);
  const keys = Float32Array.of(0, 1, 0.1, 1, -0.1, 0.9, 1, 0, 1, 0.1, 0.9, -0.1);
  teach(all, keys, Float32Array.of(1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1));
  return classifierOf(all);
}
/** One like each category, one like none. */
const keys = { data: Float32Array.of(0, 1, 1, 0, 90, 90), h: 1, w: 3, d: 2 };

test('what looks like no category is nobody’s', () => {
  const { data, labels } = predictScores(taught(), keys, [sky, car], learnerDefaults);
  expect(labels).toEqual([1, 2, 0]);
  const best = [0, 1, 2].map((i) => labels[[0, 1, 2].reduce((a, b) => (data[3 * i + b] > data[3 * i + a] ? b : a))]);
  expect(best).toEqual([1, 2, 0]);
});

test('where the background was drawn, it is the background’s', () => {
  const { data, labels } = predictScores(taught(), keys, [null, car], learnerDefaults);
  expect(labels).toEqual([0, 2]);
  expect([...data.subarray(4)]).toEqual([1, 0]);
  expect(data[0]).toBeGreaterThan(data[1]);
});

test('a stuff is one segment, every part of a thing is one, 0 is none', () => {
  const mask = { ids: Uint32Array.of(2, 1, 2, 2, 0, 1, 1, 2, 2, 1, 0, 2), width: 4, height: 3 };
  const found = segmentsOf(mask, [sky, car]);
  expect([...found.mask.ids]).toEqual([1, 2, 3, 3, 0, 2, 2, 3, 4, 2, 0, 3]);
  expect(found.segments).toEqual([
    { id: 1, category: 'car', isthing: true },
    { id: 2, category: 'sky', isthing: false },
    { id: 3, category: 'car', isthing: true },
    { id: 4, category: 'car', isthing: true },
  ]);
});
