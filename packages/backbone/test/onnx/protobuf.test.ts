import { InvalidInputError } from '@saltworks/contract/errors';
import { describe, expect, test } from 'vitest';
import * as protobuf from '../../src/onnx/protobuf.ts';
import { random } from '../run.ts';

const { blockPart, floatPart, intPart, readFields, stringPart, writeFields } = protobuf;

const message = () =>
  writeFields([
    intPart(1, 300),
    stringPart(2, 'salt'),
    blockPart(3, [intPart(1, -1), blockPart(15, [floatPart(4, 0.5)]), intPart(536870911, 0)]),
    { number: 9, wire: 1, payload: new Uint8Array(8).fill(7) },
    blockPart(200, new Uint8Array(300)),
  ]);

test('bytes equal the examples of the specification', () => {
  expect([...writeFields([intPart(1, 150), stringPart(2, 'testing'), blockPart(3, [intPart(1, 150)])])]).toEqual([
    0x08, 0x96, 0x01, 0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67, 0x1a, 0x03, 0x08, 0x96, 0x01,
  ]);
});

test('fields are written back byte for byte, and share the bytes that they were read from', () => {
  const bytes = message();
  const fields = readFields(bytes, 'test');
  expect(writeFields(fields)).toEqual(bytes);
  for (const { payload } of fields) expect(payload.buffer).toBe(bytes.buffer);
});

test('integers keep their value and sign', () => {
  for (const value of [0, 1, 127, 128, 300, 2 ** 31, 2 ** 52, -1, -300, -(2 ** 40)]) {
    const [field] = readFields(writeFields([intPart(5, value)]), 'test');
    expect(protobuf.intOf(field)).toBe(value);
  }
  const packed = blockPart(6, writeFields([intPart(1, 3)]).slice(1));
  expect(protobuf.intsOf(readFields(writeFields([packed, intPart(6, -2)]), 'test'), 6)).toEqual([3, -2]);
});

test('the last of several fields of one number counts', () => {
  const fields = readFields(writeFields([intPart(1, 4), intPart(1, 5)]), 'test');
  expect(protobuf.lastOf(fields, 1)).toBe(fields[1]);
  expect(protobuf.lastOf(fields, 2)).toBeUndefined();
});

describe('damage', () => {
  test.each([
    ['a length past the end', [0x12, 0x7f, 0x00]],
    ['a length of 2⁶³', [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['a varint without an end', [0x08, ...Array(11).fill(0xff)]],
    ['a varint cut short', [0x08, 0x80]],
    ['a fixed value cut short', [0x09, 1, 2, 3]],
    ['a group', [0x0b, 0x0c]],
    ['field number 0', [0x00, 0x01]],
  ])('%s is refused', (_, bytes) => {
    expect(() => readFields(Uint8Array.from(bytes), 'test')).toThrow(InvalidInputError);
  });

  test('a string that is not UTF-8, or not one line, is refused', () => {
    for (const bytes of [
      [0xc3, 0x28],
      [0x61, 0x0a, 0x62],
      [0x1b, 0x5b],
    ]) {
      const [field] = readFields(Uint8Array.from([0x12, 2, ...bytes.slice(0, 2)]), 'test');
      expect(() => protobuf.stringOf(field)).toThrow(/^a string of 2 bytes; expected/);
    }
    const [long] = readFields(writeFields([protobuf.stringPart(2, 'x'.repeat(5000))]), 'test');
    expect(() => protobuf.stringOf(long)).toThrow(InvalidInputError);
  });

  test('cut messages and flipped bytes give fields or an InvalidInputError', () => {
    const bytes = message();
    const next = random(1);
    for (let trial = 0; trial < 3000; trial++) {
      const damaged = bytes.slice(0, Math.floor(next() * (bytes.length + 1)));
      for (let flips = trial % 4; flips > 0 && damaged.length > 0; flips--) {
        damaged[Math.floor(next() * damaged.length)] = next() * 256;
      }
      try {
        expect(writeFields(readFields(damaged, 'test')).length).toBeLessThanOrEqual(damaged.length);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInputError);
      }
    }
  });
});
