import { crc32 } from 'node:zlib';
import { InvalidInputError } from '@saltworks/contract/errors';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage, describeImage, encodePng } from '../../src/image/decode.ts';
import { type Page, tiff } from './tiff.ts';

/** An image of one colour. */
function plain(channels: 1 | 2 | 3 | 4, ...colour: number[]) {
  const data = Uint8Array.from({ length: 6 * 4 * channels }, (_, i) => colour[i % channels]);
  return sharp(data, { raw: { width: 6, height: 4, channels } });
}

function plain16(channels: 1 | 3 | 4, ...colour: number[]) {
  const data = Uint16Array.from({ length: 6 * 4 * channels }, (_, i) => colour[i % channels] * 257);
  return sharp(data, { raw: { width: 6, height: 4, channels } }).toColourspace(channels === 1 ? 'grey16' : 'rgb16');
}

/** Coloured noise, which no codec compresses. */
function noise() {
  const data = Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => (Math.imul(i, 2654435761) >>> 20) & 255);
  return sharp(data, { raw: { width: 64, height: 48, channels: 3 } });
}

async function expectColour(bytes: Uint8Array, [r, g, b]: number[], tolerance = 0) {
  const { data, width, height } = await decodeImage(bytes);
  expect([width, height, data.length]).toEqual([6, 4, 72]);
  for (let i = 0; i < data.length; i += 3) {
    expect(Math.abs(data[i] - r)).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(data[i + 1] - g)).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(data[i + 2] - b)).toBeLessThanOrEqual(tolerance);
  }
}

describe('every kind of file decodes to 8-bit sRGB', () => {
  const colour = [200, 50, 20];
  test('RGB, in every format', async () => {
    await expectColour(
      await plain(3, ...colour)
        .png()
        .toBuffer(),
      colour,
    );
    await expectColour(
      await plain(3, ...colour)
        .gif()
        .toBuffer(),
      colour,
    );
    await expectColour(
      await plain(3, ...colour)
        .tiff({ compression: 'lzw' })
        .toBuffer(),
      colour,
    );
    await expectColour(
      await plain(3, ...colour)
        .jpeg({ quality: 100 })
        .toBuffer(),
      colour,
      4,
    );
    await expectColour(
      await plain(3, ...colour)
        .webp({ lossless: true })
        .toBuffer(),
      colour,
    );
    await expectColour(
      await plain(3, ...colour)
        .avif({ lossless: true })
        .toBuffer(),
      colour,
      4,
    );
  });

  test('grey of 8 and 16 bits', async () => {
    await expectColour(await plain(1, 100).toColourspace('b-w').png().toBuffer(), [100, 100, 100]);
    await expectColour(await plain(1, 100).toColourspace('b-w').jpeg().toBuffer(), [100, 100, 100], 1);
    await expectColour(await plain16(1, 100).png().toBuffer(), [100, 100, 100]);
  });

  test('16-bit RGB', async () => {
    const png = await plain16(3, ...colour)
      .png()
      .toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    await expectColour(png, colour);
  });

  test('a palette', async () => {
    const png = await plain(3, ...colour)
      .png({ palette: true })
      .toBuffer();
    expect((await sharp(png).metadata()).isPalette).toBe(true);
    await expectColour(png, colour);
  });

  test('CMYK', async () => {
    const cmyk = async (...rgb: number[]) => {
      const jpeg = await plain(3, ...rgb)
        .toColourspace('cmyk')
        .jpeg({ quality: 100 })
        .toBuffer();
      expect((await sharp(jpeg).metadata()).space).toBe('cmyk');
      return jpeg;
    };
    await expectColour(await cmyk(255, 255, 255), [255, 255, 255], 2);
    // Inks cannot show every colour, so conversion and back changes it a little.
    await expectColour(await cmyk(128, 128, 128), [128, 128, 128], 16);
  });

  test('a colour profile', async () => {
    const png = await plain(3, ...colour)
      .withIccProfile('p3')
      .png()
      .toBuffer();
    expect((await sharp(png).raw().toBuffer())[0]).toBe(colour[0]);
    await expectColour(png, colour, 1);
  });

  test('alpha, laid over white', async () => {
    await expectColour(await plain(4, 255, 0, 0, 51).png().toBuffer(), [255, 204, 204], 1);
    await expectColour(await plain16(4, 255, 0, 0, 51).png().toBuffer(), [255, 204, 204], 1);
    await expectColour(await plain(2, 0, 51).png().toBuffer(), [204, 204, 204], 1);
    await expectColour(await plain(4, 9, 9, 9, 0).png().toBuffer(), [255, 255, 255]);
  });

  test('the first frame of an animation', async () => {
    const frames = [plain(3, 255, 0, 0), plain(3, 0, 0, 255)].map((frame) => frame.png().toBuffer());
    const gif = await sharp(await Promise.all(frames), { join: { animated: true } })
      .gif()
      .toBuffer();
    expect((await sharp(gif).metadata()).pages).toBe(2);
    await expectColour(gif, [255, 0, 0]);
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i is applied', async (orientation) => {
  const pixels = Uint8Array.from({ length: 5 * 3 * 3 }, (_, i) => i);
  const stored = sharp(pixels, { raw: { width: 5, height: 3, channels: 3 } });
  const png = await stored.withMetadata({ orientation }).png().toBuffer();
  const upright = await sharp(png).autoOrient().raw().toBuffer({ resolveWithObject: true });
  const { data, width, height } = await decodeImage(png);
  expect([width, height]).toEqual(orientation >= 5 ? [3, 5] : [5, 3]);
  expect([width, height]).toEqual([upright.info.width, upright.info.height]);
  expect(data).toEqual(new Uint8Array(upright.data));
});

describe('anything but a whole image is refused in one line', () => {
  const refused = async (bytes: Uint8Array, message: RegExp, options?: { maxPixels: number }) => {
    const error = await decodeImage(bytes, options).catch((caught) => caught);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^[^\n]*expected[^\n]*$/);
  };

  test('nothing, text, SVG, PDF', async () => {
    await refused(new Uint8Array(0), /^0 bytes/);
    await refused(Buffer.from('not an image'), /^12 bytes/);
    await refused(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /unsupported/);
    await refused(Buffer.from('%PDF-1.7\n%%EOF\n'), /unsupported/);
  });

  test('a file cut short anywhere', async () => {
    const image = noise();
    const files = {
      jpeg: await image.jpeg().toBuffer(),
      progressive: await image.jpeg({ progressive: true }).toBuffer(),
    };
    const others = { png: await image.png().toBuffer(), webp: await image.webp().toBuffer() };
    for (const [name, bytes] of Object.entries({ ...files, ...others })) {
      await expect(decodeImage(bytes), name).resolves.toMatchObject({ width: 64, height: 48 });
      for (const share of [0.02, 0.3, 0.6, 0.9, 0.99]) await refused(bytes.subarray(0, bytes.length * share), /decode/);
    }
  });

  const header = (width: number, height: number) => {
    const chunk = (type: string, data: Uint8Array) => {
      const out = Buffer.alloc(12 + data.length);
      out.writeUInt32BE(data.length);
      out.write(type, 4);
      out.set(data, 8);
      out.writeUInt32BE(crc32(out.subarray(4, -4)), out.length - 4);
      return out;
    };
    const ihdr = Buffer.alloc(13);
    ihdr.writeUInt32BE(width, 0);
    ihdr.writeUInt32BE(height, 4);
    ihdr.set([8, 2], 8);
    return Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      chunk('IHDR', ihdr),
      chunk('IDAT', Buffer.alloc(9)),
    ]);
  };

  test('a PNG header that claims 60,000 × 60,000 pixels, at once', async () => {
    const start = performance.now();
    await refused(header(60_000, 60_000), /^60000 × 60000 pixels; expected at most 100000000$/);
    await refused(header(60_000, 60_000).subarray(0, 33), /^60000 × 60000 pixels/);
    await refused(header(0xffffffff, 0xffffffff), /pixels; expected at most/);
    // Decoding that many pixels would take minutes.
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test('more pixels than the caller allows, in any format', async () => {
    const jpeg = await noise().jpeg().toBuffer();
    await refused(jpeg, /^64 × 48 pixels; expected at most 3071$/, { maxPixels: 3071 });
    await expect(decodeImage(jpeg, { maxPixels: 3072 })).resolves.toMatchObject({ width: 64 });
  });
});

describe('a JPEG without its end marker', () => {
  const kinds = {
    baseline: { chromaSubsampling: '4:2:0' },
    'all colours': { chromaSubsampling: '4:4:4' },
    progressive: { progressive: true },
    'with scans by mozjpeg': { mozjpeg: true },
  };
  const ended = 'its end marker is missing';

  test.each(Object.entries(kinds))('is decoded (%s), and refused if it lacks more', async (_, options) => {
    const jpeg = await noise().jpeg(options).toBuffer();
    const { data } = await decodeImage(jpeg);
    const open = jpeg.subarray(0, -2);
    for (const bytes of [open, jpeg.subarray(0, -1), Buffer.concat([open, Buffer.alloc(1000)])]) {
      const seen = await decodeImage(bytes);
      expect(seen.notes).toEqual([ended]);
      expect(Buffer.compare(seen.data, data)).toBe(0);
      expect((await describeImage(bytes)).notes).toEqual([ended]);
    }
    for (const lost of [4, 8, 50, jpeg.length * 0.01 + 8, jpeg.length / 2, jpeg.length * 0.9]) {
      const cut = jpeg.subarray(0, jpeg.length - lost);
      await expect(decodeImage(cut), `${lost} bytes less`).rejects.toThrow(/decode/);
      // Zeros in place of the rest do not make it whole.
      await expect(decodeImage(Buffer.concat([cut, Buffer.alloc(lost)])), `${lost} zeros`).rejects.toThrow(/decode/);
    }
  });

  test('is refused if it was cut between two scans, or between two restart markers', async () => {
    const jpeg = await noise().jpeg({ progressive: true }).toBuffer();
    const scan = jpeg.lastIndexOf(Buffer.from([0xff, 0xda]));
    const table = jpeg.lastIndexOf(Buffer.from([0xff, 0xc4]), scan);
    for (const end of [scan, table]) await expect(decodeImage(jpeg.subarray(0, end))).rejects.toThrow(/decode/);

    // 16 × 48 pixels by Pillow, with restart_marker_rows=1.
    const restarting = Buffer.from(
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6j' +
        'q62rZ4C8ybqmx5moq6T/wAALCAAwABABAREA/8QAGAABAAMBAAAAAAAAAAAAAAAABQEDBAb/xAAoEAABAwMDAgYDAAAAAAAAAAAB' +
        'AgMRAAQSITFBBVETIiMyQ2FCgZH/3QAEAAL/2gAIAQEAAD8ANtWSE+F+R1+qWtmpxj496//QptWzjkR6g270tbNRjHPvr//RutkT' +
        'Dse3SK3O529m48gwcc9uBqR+xpNf/9JK2bGQUB6Y37UT1u9Q6pCLd1aHIUh1AkH6SeDEnuN6/9NK+cXYdPccaSlRTB8wncgVzCSq' +
        '5fdeWAFZFUDaSZr/1MPU7tu+uW3LcrQS3gQdDzO3BBj+1Ns1OMfHvX//2Q==',
      'base64',
    );
    expect((await decodeImage(restarting.subarray(0, -2))).notes).toEqual([ended]);
    for (let i = 0; i < 5; i++) {
      const end = restarting.indexOf(Buffer.from([0xff, 0xd0 + i]));
      expect(end).toBeGreaterThan(0);
      await expect(decodeImage(restarting.subarray(0, end)), `interval ${i}`).rejects.toThrow(/decode/);
      await expect(decodeImage(restarting.subarray(0, end + 2)), `marker ${i}`).rejects.toThrow(/decode/);
    }
  });
});

describe('a TIFF of several pages', () => {
  const page = (width: number, height: number, more: Partial<Page> = {}): Page => ({
    data: new Uint8Array(width * height).fill(width),
    ...{ width, height, ...more },
  });
  const thumbnail = page(12, 8);
  const large = page(120, 80);
  test.each([
    ['equal pages: the first', [page(12, 8), page(12, 8)], 12, ['page 1 of 2 is taken']],
    ['the second a little larger: the first', [page(100, 70), large], 100, ['page 1 of 2 is taken']],
    [
      'a thumbnail first: the largest',
      [thumbnail, page(60, 40), large, page(60, 40)],
      120,
      ['page 3 of 4 is taken, 120 × 80; page 1 is only 12 × 8'],
    ],
    [
      'a page that calls itself a smaller copy first: the other',
      [page(100, 70, { kind: 1 }), large],
      120,
      ['page 2 of 2 is taken, 120 × 80; page 1 is only 100 × 70'],
    ],
    [
      'smaller copies last: the first',
      [large, page(60, 40, { kind: 1 }), page(30, 20, { kind: 1 })],
      120,
      ['page 1 of 3 is taken'],
    ],
    [
      'a mask of twice the size last: the first',
      [page(60, 40), page(120, 80, { kind: 4 })],
      60,
      ['page 1 of 2 is taken'],
    ],
    [
      'a mask first: the other',
      [page(120, 80, { kind: 4 }), page(60, 40)],
      60,
      ['page 2 of 2 is taken, 60 × 40; page 1 is a mask'],
    ],
    [
      'images below a thumbnail: the largest',
      [{ ...thumbnail, kind: 1, below: [page(60, 40, { kind: 1 }), large] }],
      120,
      ['picture 2 below page 1 of 1 is taken, 120 × 80; page 1 is only 12 × 8'],
    ],
    ['a pyramid below a page: the page', [{ ...large, below: [page(60, 40, { kind: 1 })] }], 120, []],
    [
      'only smaller copies: the first',
      [page(12, 8, { kind: 1 }), page(100, 70, { kind: 1 })],
      12,
      ['page 1 of 2 is taken'],
    ],
  ] as [string, Page[], number, string[]][])('%s', async (_, pages, width, notes) => {
    const file = tiff(...pages);
    const seen = await decodeImage(file);
    expect(seen).toMatchObject({ width, notes });
    expect(seen.data[0]).toBe(width);
    expect(await describeImage(file)).toMatchObject({ width, height: seen.height, notes });
  });

  test('has the size of the page that is decoded', async () => {
    await expect(decodeImage(tiff(thumbnail, large), { maxPixels: 9000 })).rejects.toThrow('120 × 80 pixels');
  });
  test('has the depth of the page that is decoded', async () => {
    const data = Uint16Array.from({ length: 1200 }, (_, i) => i);
    expect(await decodeImage(tiff(thumbnail, { data, width: 40, height: 30 }))).toMatchObject({
      width: 40,
      window: {},
    });
  });
  test('is decoded or refused if its directories form a loop', async () => {
    const file = Buffer.from(tiff(thumbnail));
    file.writeUInt32LE(file.readUInt32LE(4), file.length - 4);
    await expect(decodeImage(file).catch((error) => error)).resolves.toBeDefined();
  });
});

test('five bands are refused with the command that picks three', async () => {
  const file = tiff({ data: new Uint8Array(6 * 4 * 5), width: 6, height: 4, channels: 5 });
  await expect(decodeImage(file)).rejects.toThrow(
    /^5 channels; expected grey, RGB or CMYK.*gdal_translate -b 1 -b 2 -b 3/,
  );
});

describe('encodePng', () => {
  test('keeps every value, and one channel as 8-bit grey', async () => {
    for (const channels of [1, 3] as const) {
      const pixels = Uint8Array.from({ length: 20 * 10 * channels }, (_, i) => (i * 7) % 256);
      const png = await encodePng(pixels, { width: 20, height: 10, channels });
      expect(await sharp(png).metadata()).toMatchObject({
        channels,
        depth: 'uchar',
        isPalette: false,
        bitsPerSample: 8,
      });
      const decoded = await sharp(png)
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect(decoded.info.channels).toBe(channels);
      expect(new Uint8Array(decoded.data)).toEqual(pixels);
    }
    const flat = await encodePng(new Uint8Array(64).fill(3), { width: 8, height: 8, channels: 1 });
    expect(await sharp(flat).metadata()).toMatchObject({ channels: 1, bitsPerSample: 8, isPalette: false });
  });

  test('refuses pixels that do not fill the image', async () => {
    await expect(encodePng(new Uint8Array(5), { width: 2, height: 2, channels: 1 })).rejects.toThrow(InvalidInputError);
  });
});
