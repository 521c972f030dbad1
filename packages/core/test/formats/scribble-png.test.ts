import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { parseScribblePng } from '../../src/formats/scribble-png.ts';
import { goldenBytes } from '../golden.ts';

const size = { width: 9, height: 5 };
const values = Uint8Array.from({ length: 45 }, (_, i) => (i % 9 === 0 ? 3 : i % 9 === 8 ? 200 : 0));
const ids = (file: Uint8Array) => {
  const { raster } = parseScribblePng(file, size);
  return Array.from(raster.owner, (stroke) => (stroke ? raster.segments[stroke - 1] : 0));
};

test('grey values are segment ids', () => {
  const file = encode({ ...size, data: values, channels: 1, depth: 8 });
  expect(ids(file)).toEqual([...values]);
  expect(parseScribblePng(file, size).segments.map(({ id }) => id)).toEqual([3, 200]);
});
test('palette indices are segment ids', () => {
  const palette = Array.from({ length: 256 }, (_, i) => [i, 255 - i, 0]);
  const file = encode({ ...size, data: values, channels: 1, depth: 8, palette });
  expect(file[25], 'colour type').toBe(3);
  expect(ids(file)).toEqual([...values]);
});
test('values packed into fewer bits are unpacked', () => {
  const rows = Array.from({ length: 5 }, () => [0b01_00_00_00, 0b00_00_00_00, 0b10_00_00_00]).flat();
  const file = encode({ ...size, data: Uint8Array.from(rows), channels: 1, depth: 2 });
  expect(ids(file).slice(0, 9)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 2]);
});
test.each([
  [
    'another size',
    encode({ width: 9, height: 4, data: values.subarray(0, 36), channels: 1 }),
    "9 × 4 pixels; expected the image's 9 × 5",
  ],
  ['RGB', encode({ ...size, data: new Uint8Array(135), channels: 3 }), 'a 8-bit RGB PNG; expected 8-bit grey'],
  ['16 bits', encode({ ...size, data: new Uint16Array(45), channels: 1, depth: 16 }), 'a 16-bit grey PNG'],
  ['no PNG', goldenBytes('scribbles.json'), 'not a PNG'],
  ['nothing', new Uint8Array(0), 'not a PNG (0 bytes)'],
  ['a torn file', encode({ ...size, data: values, channels: 1 }).subarray(0, 50), 'not a readable PNG'],
])('refuses %s', (_, file, message) => {
  expect(() => parseScribblePng(file, size)).toThrow(message);
});
