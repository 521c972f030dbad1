import { expect, test } from 'vitest';
import { decodeKeys, encodeKeys } from '../../src/formats/keys.ts';
import { checksumOf, checksumPlace } from '../../src/formats/keys-checksum.ts';
import { decodeSafeTensors } from '../../src/formats/safetensors.ts';
import { goldenBytes } from '../golden.ts';

const files = ['float16', 'int8', 'pca'].map((codec) => ({ codec, file: goldenBytes(`keys-${codec}.safetensors`) }));

test.each(files)('of a file that Python wrote is found again: $codec', ({ file }) => {
  expect(checksumOf(file, checksumPlace(file))).toBe(decodeSafeTensors(file).metadata.checksum);
});

test.each(files)('any flipped bit is found, or changes nothing: $codec', ({ file }) => {
  const expected = decodeKeys(file);
  let survived = 0;
  for (let bit = 0; bit < 8 * file.length; bit++) {
    const damaged = file.slice();
    damaged[bit >> 3] ^= 1 << (bit & 7);
    try {
      expect(decodeKeys(damaged)).toEqual(expected);
      survived++;
    } catch (error) {
      expect((error as Error).name).toBe('InvalidInputError');
    }
  }
  // Those that make another name of `checksum`: then it is a file of before.
  expect(survived).toBeLessThanOrEqual(64);
});

test('a file shorter than two blocks behind its digits has one', () => {
  const { origin } = decodeKeys(files[0].file);
  for (let d = 1; d < 20; d++) {
    const keys = { data: new Float32Array(d).fill(d), h: 1, w: 1, d };
    expect(decodeKeys(encodeKeys(keys, origin)).keys).toEqual(keys);
  }
});
