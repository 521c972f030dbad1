import { expect, test } from 'vitest';
import { classifierOf } from '../../src/corpus/classifier.ts';
import { opinionOf } from '../../src/corpus/opinion-of.ts';
import { type CorpusPrior, hearCorpus } from '../../src/corpus/prior.ts';
import { noStatistics, teach } from '../../src/corpus/statistics.ts';
import { random } from '../golden.ts';

const [h, w, d] = [3, 4, 5];
const next = random(5);
const keys = { data: Float32Array.from({ length: h * w * d }, () => next()), h, w, d };
const statistics = noStatistics(d, 3);
teach(
  statistics,
  keys.data,
  Float32Array.from({ length: h * w * 3 }, (_, o) => (o % 3 === Math.floor(o / 3) % 3 ? 1 : 0)),
);
const prior: CorpusPrior = {
  ...classifierOf(statistics),
  categories: [null, { name: 'sky', isthing: 0 }, { name: 'car', isthing: 1 }],
  ...{ balance: 0.5, sharpness: 3, trust: 0.4, keys: 'dinov2' },
};
const sky = { id: 7, category: 'sky', isthing: false };
const car = { id: 8, category: 'car', isthing: true };

test('segments have the category of their class, as a thing or as a stuff, and what is no segment the background', () => {
  const drawn = [sky, car, { id: 9, category: 'sky', isthing: true }, { id: 10, category: 'road', isthing: false }];
  const { categoryOf } = hearCorpus(prior, keys, { upsample: 'none' }, () => drawn);
  expect([0, 7, 8, 9, 10].map(categoryOf)).toEqual([0, 1, 2, undefined, undefined]);
});

test('segments that come and go are known as they are when somebody asks', () => {
  let drawn = [sky];
  const { categoryOf } = hearCorpus(prior, keys, { upsample: 'none' }, () => drawn);
  expect(categoryOf(8)).toBe(0);
  drawn = [sky, car];
  expect(categoryOf(8)).toBe(2);
});

test('it says what the scorer says, with its own settings and trust', () => {
  const { logs, trust } = hearCorpus(prior, keys, { upsample: 'linear' }, () => []);
  const said = opinionOf(prior, keys, { upsample: 'linear' }, (id) => id, { balance: 0.5, sharpness: 3, trust: 0.4 });
  expect(logs).toEqual(said.logs);
  expect(trust).toBe(said.trust);
});
