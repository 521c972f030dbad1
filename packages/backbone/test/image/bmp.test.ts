import { InvalidInputError } from '@saltworks/contract/errors';
import { expect, test } from 'vitest';
import { decodeImage, describeImage } from '../../src/image/decode.ts';

interface Made {
  width: number;
  height: number;
  depth: number;
  /** The bits of a pixel. */
  value(x: number, y: number): number;
  down?: boolean;
  /** Red, green and blue of each index. */
  palette?: number[][];
  compression?: number;
  masks?: number[];
  /** Size of the header: 12, 40, 108 or 124 bytes. */
  header?: number;
  /** Bytes between header and pixels. */
  gap?: number;
}

function bmp({
  width,
  height,
  depth,
  value,
  down,
  palette = [],
  compression = 0,
  masks = [],
  header = 40,
  gap = 0,
}: Made) {
  const core = header === 12;
  const after = header === 40 ? masks : [];
  const table = palette.flatMap(([red, green, blue]) => (core ? [blue, green, red] : [blue, green, red, 0]));
  const offset = 14 + header + 4 * after.length + table.length + gap;
  const stride = 4 * Math.ceil((width * depth) / 32);
  const file = Buffer.alloc(offset + stride * height);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(offset, 10);
  file.writeUInt32LE(header, 14);
  if (core) {
    for (const [i, field] of [width, height, 1, depth].entries()) file.writeUInt16LE(field, 18 + 2 * i);
  } else {
    file.writeInt32LE(width, 18);
    file.writeInt32LE(down ? -height : height, 22);
    file.writeUInt16LE(1, 26);
    file.writeUInt16LE(depth, 28);
    file.writeUInt32LE(compression, 30);
    file.writeUInt32LE(palette.length, 46);
    for (const [i, mask] of masks.entries()) file.writeUInt32LE(mask, 54 + 4 * i);
  }
  file.set(table, 14 + header + 4 * after.length);
  for (let y = 0; y < height; y++) {
    const row = offset + (down ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++) {
      if (depth < 8) file[row + ((x * depth) >> 3)] |= value(x, y) << (8 - depth - ((x * depth) & 7));
      else file.writeUIntLE(value(x, y), row + (x * depth) / 8, depth / 8);
    }
  }
  return new Uint8Array(file);
}

const pixelsOf = async (file: Uint8Array) => {
  const { data, width } = await decodeImage(file);
  return (x: number, y: number) => [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];
};
const [width, height] = [11, 7];
const whole = { width, height };
const palette = (count: number) =>
  Array.from({ length: count }, (_, i) => [i * 7, 255 - i, (i * 31) % 256].map((v) => v & 255));

test.each([1, 4, 8])(
  'a palette of %i bits decodes with any header, from the bottom up and from the top down',
  async (depth) => {
    const colours = palette(2 ** depth);
    const value = (x: number, y: number) => (x * 5 + y * 3) % colours.length;
    for (const other of [{}, { down: true }, { header: 12 }, { header: 124 }, { gap: 10 }]) {
      const at = await pixelsOf(bmp({ ...whole, depth, value, palette: colours, ...other }));
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) expect(at(x, y)).toEqual(colours[value(x, y)]);
    }
  },
);

test('a colour beyond a short palette is black', async () => {
  const at = await pixelsOf(bmp({ ...whole, depth: 8, value: (x) => x % 4, palette: palette(3) }));
  expect([at(2, 0), at(3, 0)]).toEqual([palette(3)[2], [0, 0, 0]]);
});

test.each([24, 32])('%i bits decode', async (depth) => {
  const value = (x: number, y: number) => (x * 20 * 65536 + y * 30 * 256 + x + y) >>> 0;
  for (const down of [false, true]) {
    const at = await pixelsOf(bmp({ ...whole, depth, value, down }));
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) expect(at(x, y)).toEqual([x * 20, y * 30, x + y]);
  }
});

test('16 bits decode as five per colour, or by masks', async () => {
  const five = await pixelsOf(bmp({ ...whole, depth: 16, value: (x) => (x << 10) | (31 << 5) | 16 }));
  expect(five(10, 0)).toEqual([82, 255, 132]);
  const masks = [0xf800, 0x7e0, 0x1f];
  const masked = await pixelsOf(
    bmp({ ...whole, depth: 16, value: () => (31 << 11) | (32 << 5), compression: 3, masks }),
  );
  expect(masked(3, 3)).toEqual([255, 130, 0]);
});

test('alpha, if masks define it, is laid over white', async () => {
  const masks = [0xff, 0xff00, 0xff0000, 0xff000000];
  const value = () => 0x33_00_00_ff;
  const at = await pixelsOf(bmp({ ...whole, depth: 32, value, compression: 3, masks, header: 124 }));
  expect(at(0, 0)).toEqual([255, 204, 204]);
});

test('the header gives the size, which is checked before decoding', async () => {
  const file = bmp({ ...whole, depth: 24, value: () => 0, down: true });
  expect(await describeImage(file)).toEqual({ width, height, deep: false, notes: [] });
  await expect(decodeImage(file, { maxPixels: 76 })).rejects.toThrow('11 × 7 pixels; expected at most 76');
});

test('a compressed file is refused with the command that converts it; a file cut short is refused', async () => {
  const made = { ...whole, depth: 8, value: () => 0, palette: palette(256) };
  await expect(decodeImage(bmp({ ...made, compression: 1 }))).rejects.toThrow(/8 bits with compression 1.*magick/);
  const file = bmp(made);
  for (const length of [2, 17, 30, 60, file.length - 1]) {
    await expect(decodeImage(file.subarray(0, length)), `${length}`).rejects.toThrow(InvalidInputError);
  }
});
