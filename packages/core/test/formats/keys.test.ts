import { describe, expect, test } from 'vitest';
import { fromHalf, toHalf } from '../../src/formats/float16.ts';
import { decodeKeys, encodeKeys, roundToHalf, soundOrigin } from '../../src/formats/keys.ts';
import { decodeSafeTensors } from '../../src/formats/safetensors.ts';
import { goldenBytes, goldenJson, random } from '../golden.ts';

const golden = goldenJson('keys.json');
const file = goldenBytes('keys.safetensors');

describe('half precision', () => {
  test('numbers round to the nearest half, ties to even', () => {
    for (const [value, bits] of golden.float16 as [number | null, number][]) {
      if (value === null) expect(fromHalf(toHalf(Number.NaN))).toBeNaN();
      else expect(toHalf(value), String(value)).toBe(bits);
    }
  });
  test('every half survives the way to a number and back', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromHalf(bits);
      if (!Number.isNaN(value)) expect(toHalf(value)).toBe(bits);
    }
  });
});

describe('the keys file', () => {
  test('reads what the safetensors library wrote', () => {
    const { keys, origin } = decodeKeys(file);
    expect([keys.h, keys.w, keys.d]).toEqual(golden.shape);
    expect([...keys.data]).toEqual(golden.keys);
    expect(origin).toMatchObject({
      backbone: 'dinov2-small-focus',
      layer: 11,
      facet: 'key',
      image: { width: 640, height: 480 },
    });
  });
  test('keys are read back as they were written', () => {
    const { keys, origin } = decodeKeys(file);
    expect(decodeKeys(encodeKeys(keys, origin))).toEqual({ keys, origin });
  });
  test('fresh keys, rounded, equal cached ones', () => {
    const fresh = { data: Float32Array.from(golden.source), h: 3, w: 4, d: 8 };
    const { origin } = decodeKeys(file);
    expect(roundToHalf(fresh)).toEqual(decodeKeys(encodeKeys(fresh, origin)).keys);
    expect([...roundToHalf(fresh).data]).toEqual(golden.keys);
  });
  test('of today is that of before, with a checksum', () => {
    const { origin } = decodeKeys(file);
    const fresh = { data: Float32Array.from(golden.source), h: 3, w: 4, d: 8 };
    const { metadata, ...today } = decodeSafeTensors(encodeKeys(fresh, origin));
    const { checksum, ...others } = metadata;
    expect(checksum).toMatch(/^[0-9a-f]{8}$/);
    expect({ ...today, metadata: others }).toEqual(decodeSafeTensors(file));
    const written = goldenBytes('keys-float16.safetensors');
    expect(decodeKeys(written)).toEqual(decodeKeys(file));
  });
  test('without damage tells its origin, else nothing', () => {
    const { keys, origin } = decodeKeys(file);
    const whole = encodeKeys(keys, origin);
    expect(soundOrigin(whole)).toEqual(origin);
    expect(soundOrigin(file)).toEqual(origin);
    expect(soundOrigin(whole.subarray(0, -1))).toBeUndefined();
    whole[whole.length - 1] ^= 1;
    expect(soundOrigin(whole)).toBeUndefined();
    expect(() => decodeKeys(whole)).toThrow(/^damaged keys: checksum [0-9a-f]{8}; expected [0-9a-f]{8}$/);
  });
  test('other documents are refused', () => {
    expect(() => decodeKeys(patch('saltworks-keys', 'somebodys-keys'))).toThrow('expected saltworks-keys version 1');
    expect(() => decodeKeys(patch('"version":"1"', '"version":"2"'))).toThrow(
      'version 2; expected saltworks-keys version 1',
    );
    expect(() => decodeKeys(patch('"facet":"key"', '"facet":"kex"'))).toThrow('facet kex');
  });
});

describe('untrusted bytes', () => {
  test('every truncation is refused', () => {
    for (let length = 0; length < file.length; length++) {
      expect(() => decodeSafeTensors(file.subarray(0, length))).toThrow('not a usable safetensors file');
    }
  });
  test('random damage to the header is refused or read, never worse', () => {
    const next = random(11);
    for (let round = 0; round < 500; round++) {
      const bytes = file.slice();
      for (let i = 0; i < 4; i++) bytes[Math.floor(next() * 300)] = Math.floor(next() * 256);
      try {
        decodeSafeTensors(bytes);
      } catch (error) {
        expect((error as Error).name).toBe('InvalidInputError');
      }
    }
  });
});

/** The golden file with one text in its header replaced by another of the same length. */
function patch(from: string, to: string): Uint8Array {
  expect(to).toHaveLength(from.length);
  const text = Buffer.from(file).toString('latin1');
  expect(text).toContain(from);
  return new Uint8Array(Buffer.from(text.replace(from, to), 'latin1'));
}
