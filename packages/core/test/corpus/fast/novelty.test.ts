import { InvalidInputError } from '@saltworks/contract/errors';
import { expect, test } from 'vitest';
import { classifierOf, novelty } from '../../../src/corpus/classifier.ts';
import { novelty as noveltyFast } from '../../../src/corpus/fast/novelty.ts';
import { noStatistics, teach } from '../../../src/corpus/statistics.ts';
import { random } from '../../golden.ts';

test.each([
  [1, 1],
  [3, 5],
  [4, 4],
])('of %d × %d patches has the same bits', (h, w) => {
  const d = 6;
  const next = random(h);
  const taught = noStatistics(d, 2);
  teach(taught, Float32Array.from({ length: 20 * d }, next), Float32Array.from({ length: 40 }, next));
  const classifier = classifierOf(taught);
  const keys = { data: Float32Array.from({ length: h * w * d }, () => 3 * next()), h, w, d };
  expect(noveltyFast(classifier, keys)).toEqual(novelty(classifier, keys));
  expect(() => noveltyFast(classifier, { ...keys, d: 4 })).toThrow(InvalidInputError);
});
