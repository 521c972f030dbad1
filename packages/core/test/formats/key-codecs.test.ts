import { describe, expect, test } from 'vitest';
import { decodeValues, encodeValues } from '../../src/formats/key-codecs.ts';
import { decodeKeys, encodeKeys } from '../../src/formats/keys.ts';
import { decodeSafeTensors } from '../../src/formats/safetensors.ts';
import type { Keys } from '../../src/keys/keys.ts';
import { product } from '../../src/nodes/gram.ts';
import { goldenBytes, goldenJson } from '../golden.ts';
import { makeScene } from '../scene.ts';

const golden = goldenJson('keys.json');
const [h, w, d] = golden.shape as [number, number, number];
const source: Keys = { data: Float32Array.from(golden.source8), h, w, d };
const there = (keys: Keys, codec: string) => decodeValues(encodeValues(keys, codec));

/** Inner products of all keys. */
const inner = ({ data, h, w, d }: Keys) => product(data, h * w, d).a;
function farthest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

describe('int8', () => {
  test('is written and read as NumPy does', () => {
    const file = decodeSafeTensors(goldenBytes('keys-int8.safetensors'));
    expect(decodeValues(file)).toEqual({ data: Float32Array.from(golden.int8), h, w, d });
    const { tensors } = encodeValues(source, 'int8');
    for (const [name, tensor] of tensors) expect(tensor, name).toEqual(file.tensors.get(name));
  });

  test('changes no value by more than half a step, 1/510 of what its dimension spans', () => {
    const { keys } = makeScene(9, 11, 20, 2);
    const { data } = there(keys, 'int8');
    for (let k = 0; k < keys.d; k++) {
      const column = (values: Float32Array) => values.filter((_, i) => i % keys.d === k);
      const [own, read] = [column(keys.data), column(data)];
      const half = (Math.max(...own) - Math.min(...own)) / 510;
      expect(farthest(own, read)).toBeLessThanOrEqual(half * 1.001);
      expect(Math.min(...read)).toBeCloseTo(Math.min(...own), 5);
      expect(Math.max(...read)).toBeCloseTo(Math.max(...own), 5);
    }
  });

  test('keeps a dimension of one value exactly', () => {
    const keys = { data: new Float32Array(24).fill(0.1), h: 2, w: 3, d: 4 };
    expect(there(keys, 'int8')).toEqual(keys);
  });

  test('read and written again changes nothing more', () => {
    const once = there(source, 'int8');
    expect(farthest(there(once, 'int8').data, once.data)).toBeLessThan(1e-5);
  });
});

describe('pca', () => {
  test('is read as NumPy does', () => {
    const file = decodeSafeTensors(goldenBytes('keys-pca.safetensors'));
    const read = decodeValues(file);
    expect(read).toEqual({ data: Float32Array.from(golden.pca), h, w, d: 3, space: d });
    // The basis is any; inner products are its own.
    const own = there(source, 'pca-3');
    const scale = Math.max(...inner(read));
    expect(farthest(inner(own), inner(read))).toBeLessThan(0.02 * scale);
  });

  test('with as many directions as dimensions keeps inner products, but for 8 bits', () => {
    const { keys } = makeScene(9, 11, 20, 2);
    for (const codec of ['pca-20', 'pca-64']) {
      const read = there(keys, codec);
      expect(read).toMatchObject({ h: 9, w: 11, d: 20, space: 20 });
      expect(farthest(inner(read), inner(keys))).toBeLessThan(0.01 * Math.max(...inner(keys)));
    }
  });

  test('keeps a byte a direction and patch', () => {
    const { keys } = makeScene(9, 11, 20, 2);
    expect(encodeValues(keys, 'pca-5').tensors.get('keys')).toMatchObject({ dtype: 'I8', shape: [9, 11, 5] });
  });

  test('of keys that are all alike', () => {
    const keys = { data: new Float32Array(24).fill(2), h: 2, w: 3, d: 4 };
    const read = there(keys, 'pca-2');
    expect(farthest(inner(read), inner(keys))).toBeLessThan(1e-4);
  });
});

test.each(['int8', 'pca-4'])('%s refuses numbers that are not finite', (codec) => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const keys = { data: Float32Array.from([1, 2, 3, value]), h: 1, w: 2, d: 2 };
    expect(() => encodeValues(keys, codec)).toThrow(/^a key of .*; expected finite numbers$/);
  }
});

test('unknown codecs are refused', () => {
  for (const codec of ['', 'int4', 'pca-0', 'pca--1', 'pca-1e3', 'FLOAT16']) {
    expect(() => encodeValues(source, codec)).toThrow(`codec ${codec}; expected float16, int8 or pca-N`);
    const { tensors } = encodeValues(source, 'int8');
    expect(() => decodeValues({ tensors, metadata: { codec } })).toThrow(`codec ${codec}; expected`);
  }
});

test('tensors of another codec, or that do not fit each other, are refused', () => {
  const { tensors } = encodeValues(source, 'int8');
  const read = (change: (all: typeof tensors) => void, metadata: Record<string, string> = { codec: 'int8' }) => {
    const changed = new Map(tensors);
    change(changed);
    return () => decodeValues({ tensors: changed, metadata });
  };
  const scale = tensors.get('scale')!;
  expect(read(() => {}, {})).toThrow('keys I8 [3,4,8]; expected F16 [h, w, d]');
  expect(read((all) => all.delete('keys'))).toThrow('keys missing; expected I8 [h, w, d]');
  expect(read((all) => all.delete('zero'))).toThrow('zero missing; expected F32 [8]');
  expect(read((all) => all.set('scale', { ...scale, shape: [2, 4] }))).toThrow('scale F32 [2,4]; expected F32 [8]');
  for (const dimensions of [undefined, '', '7', '-8', '8.5', 'many', '1e99']) {
    expect(read(() => {}, { codec: 'pca-8', ...(dimensions !== undefined && { dimensions }) })).toThrow(
      `8 of ${dimensions} dimensions; expected those of pca-8`,
    );
  }
});

test.each(['float16', 'int8', 'pca-3'])('%s: a file gives the values that its tensors give', (codec) => {
  const { origin } = decodeKeys(goldenBytes('keys.safetensors'));
  expect(decodeKeys(encodeKeys(source, origin, codec))).toEqual({ keys: there(source, codec), origin });
});
