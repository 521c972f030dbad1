import { InvalidInputError } from '@saltworks/contract/errors';
import { expect, test } from 'vitest';
import { teach as teachFast } from '../../../src/corpus/fast/statistics.ts';
import { noStatistics, teach } from '../../../src/corpus/statistics.ts';
import { random } from '../../golden.ts';

/** Random keys and targets, a third of them without a label. */
function imageOf(seed: number, [n, d, c]: readonly [number, number, number]) {
  const next = random(seed);
  const keys = Float32Array.from({ length: n * d }, () => 4 * next() - 1);
  const targets = Float32Array.from({ length: n * c }, (_, o) => (Math.floor(o / c) % 3 === 2 ? 0 : next()));
  return { keys, targets };
}

test.each([
  [20, 7, 3],
  [5, 8, 1],
  [1, 1, 2],
  [33, 6, 4],
  [12, 13, 2],
] as const)('%d patches of %d dimensions, %d categories teach the same bits', (...size) => {
  const [, d, c] = size;
  const plain = noStatistics(d, c);
  const fast = noStatistics(d, c);
  for (const seed of [1, 2]) {
    const { keys, targets } = imageOf(seed, size);
    teach(plain, keys, targets);
    teachFast(fast, keys, targets);
  }
  expect(fast).toEqual(plain);
});

test('other sizes are refused', () => {
  expect(() => teachFast(noStatistics(7, 1), new Float32Array(14), new Float32Array(3))).toThrow(
    new InvalidInputError('2 keys of 7 dimensions; expected 3, one for each target'),
  );
});
