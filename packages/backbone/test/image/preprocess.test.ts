import { normalise, resizeBicubic } from '@saltworks/core/image/image';
import { expect, test } from 'vitest';
import { preprocess } from '../../src/image/preprocess.ts';

const options = { patch: 14, mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] };
const image = { data: Uint8Array.from({ length: 3 * 50 * 30 }, (_, i) => (i * 31) % 256), width: 50, height: 30 };

test('the long side is the given one, both sides are multiples of the patch, values are normalised', () => {
  const { data, width, height } = preprocess(image, { ...options, longSide: 70 });
  expect([width, height, data.length]).toEqual([70, 42, 3 * 70 * 42]);
  expect(data).toEqual(normalise(resizeBicubic(image, 70, 42), options.mean, options.std));
});

test('native keeps the size of the image, rounded to the patch', () => {
  expect(preprocess(image, { ...options, longSide: 'native' })).toMatchObject({ width: 56, height: 28 });
});
