import type { TaughtCategory } from '@saltworks/contract/documents/statistics';
import { expect, test } from 'vitest';
import { classifierOf } from '../../src/corpus/classifier.ts';
import { noStatistics, teach } from '../../src/corpus/statistics.ts';
import { addTaught, nothingTaught, subtractTaught, type Taught } from '../../src/corpus/taught.ts';
import { decodeStatistics, encodeStatistics } from '../../src/formats/statistics.ts';
import { expectClose, random } from '../golden.ts';

const d = 5;
const named = (name: string, isthing: 0 | 1 = 0): TaughtCategory => ({ name, isthing });
const [sky, road, car] = [named('sky'), named('road'), named('car', 1)];

/** An image of 30 patches, each of one of its categories. */
function imageOf(seed: number, categories: TaughtCategory[]): Taught {
  const next = random(seed);
  const c = categories.length;
  const statistics = noStatistics(d, c);
  const keys = Float32Array.from({ length: 30 * d }, () => next());
  teach(
    statistics,
    keys,
    Float32Array.from({ length: 30 * c }, (_, o) => (Math.floor(o / c) % c === o % c ? 0.5 : 0)),
  );
  return { statistics, categories, images: 1 };
}

function sumOf(...images: Taught[]): Taught {
  const sum = nothingTaught(d);
  for (const image of images) addTaught(sum, image);
  return sum;
}

test('categories meet by name and kind, whatever their order', () => {
  const [a, b] = [imageOf(1, [sky, null]), imageOf(2, [car, named('car'), null, road])];
  const sum = sumOf(a, b);
  expect(sum.categories).toEqual([sky, null, car, named('car'), road]);
  expect(sum.images).toBe(2);
  const counts = (taught: Taught) => taught.categories.map((_, k) => taught.statistics.xy[k * (d + 1) + d]);
  expect(counts(a)).toEqual([7.5, 7.5]);
  expectClose(counts(sum), [7.5, 7.5 + counts(b)[2], counts(b)[0], counts(b)[1], counts(b)[3]], 0);
  // What was added is not changed.
  expect(b).toEqual(imageOf(2, [car, named('car'), null, road]));
});

test('who is taken out leaves the classifier of never having been there', () => {
  const [a, b, other] = [imageOf(1, [sky, road]), imageOf(2, [road, sky]), imageOf(3, [sky, road])];
  const left = sumOf(a, other, b);
  subtractTaught(left, other);
  const never = sumOf(a, b);
  expect(left.images).toBe(never.images);
  expectClose(classifierOf(left.statistics).weights, classifierOf(never.statistics).weights, 1e-9);
});

test('their file holds every bit', () => {
  const sum = sumOf(imageOf(1, [sky, null]), imageOf(2, [car, road]));
  expect(decodeStatistics(encodeStatistics(sum))).toEqual(sum);
});
