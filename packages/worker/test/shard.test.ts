import { InvalidInputError, UnwritableError } from '@saltworks/contract/errors';
import { expect, test } from 'vitest';
import { failureOf } from '../src/shard.ts';

const image = { sha256: 'a', name: 'a.png' };

test('what cannot be used is a failure of the image', () => {
  expect(failureOf(image, new InvalidInputError('no picture'))).toMatchObject({
    reason: 'no picture',
    permanent: true,
  });
});

test('a store without room is no failure of the image: the shard is tried again', () => {
  const full = new UnwritableError('no room in /store: 0 MB free; expected more');
  expect(() => failureOf(image, full)).toThrow(full);
});

test('what shows a defect of ours is a failure of the image, to be looked at again by a later version', () => {
  const defect = new TypeError("Cannot read properties of undefined (reading 'id')");
  expect(failureOf(image, defect)).toMatchObject({
    reason: "internal error: Cannot read properties of undefined (reading 'id')",
    permanent: false,
  });
});
