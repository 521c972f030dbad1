import { InvalidInputError, UnwritableError } from '@saltworks/contract/errors';
import { expect, test } from 'vitest';
import { failureOf } from '../src/shard.ts';

const image = { sha256: 'a', name: 'a.png' };

test('unusable input fails the image', () => {
  expect(failureOf(image, new InvalidInputError('no picture'))).toMatchObject({
    reason: 'no picture',
    permanent: true,
  });
});

test('a store without room fails the shard, which is retried, and no image', () => {
  const full = new UnwritableError('no room in /store: 0 MB free; expected more');
  expect(() => failureOf(image, full)).toThrow(full);
});

test('a defect of ours fails the image until a later version looks again', () => {
  const defect = new TypeError("Cannot read properties of undefined (reading 'id')");
  expect(failureOf(image, defect)).toMatchObject({
    reason: "internal error: Cannot read properties of undefined (reading 'id')",
    permanent: false,
  });
});
