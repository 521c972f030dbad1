import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../../src/image/decode.ts';
import { shrinkPicture } from '../../src/image/shrink.ts';

const limits = { pixels: 1e6, side: 64, bytes: 8_000 };
const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#ff0000' } });

/** Pixels that no codec makes small. */
function noise(width: number, height: number) {
  const values = new Uint8Array(width * height * 3);
  for (let i = 0, state = 1; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state >>> 24;
  }
  return sharp(values, { raw: { width, height, channels: 3 } });
}

describe('a picture that somebody sent', () => {
  test.each([
    ['JPEG', () => plain(200, 100).jpeg().toBuffer()],
    ['PNG', () => plain(200, 100).png().toBuffer()],
    ['WebP', () => plain(200, 100).webp().toBuffer()],
  ])('a %s becomes WebP within the limits', async (_, file) => {
    const made = await shrinkPicture(await file(), limits);
    expect(await sharp(made).metadata()).toMatchObject({ format: 'webp', width: 64, height: 32 });
  });

  test('a small one is not enlarged; deep, grey and translucent ones are as they are seen', async () => {
    const grey = await sharp(new Uint16Array(20 * 10).fill(0x8080), { raw: { width: 20, height: 10, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect(await sharp(grey).metadata()).toMatchObject({ depth: 'ushort' });
    const { width, height, data } = await decodeImage(await shrinkPicture(grey, limits));
    expect([width, height, data.every((value) => Math.abs(value - 0x80) <= 3)]).toEqual([20, 10, true]);
    const clear = await sharp({ create: { width: 8, height: 8, channels: 4, background: '#00000000' } })
      .png()
      .toBuffer();
    expect(Math.min(...(await decodeImage(await shrinkPicture(clear, limits))).data)).toBeGreaterThan(250);
  });

  test('nothing but its pixels is kept, and it stands upright', async () => {
    const file = await plain(200, 100)
      .withExif({ IFD0: { Copyright: 'somebody', ImageDescription: '<script>' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    expect((await sharp(file).metadata()).exif).toBeDefined();
    const made = await shrinkPicture(Buffer.concat([file, Buffer.from('<script>alert(1)</script>')]), limits);
    const { exif, icc, xmp, orientation, width, height } = await sharp(made).metadata();
    expect({ exif, icc, xmp, orientation, width, height }).toEqual({ width: 32, height: 64 });
    expect(Buffer.from(made).includes('script')).toBe(false);
  });

  test('one that does not become small at the usual quality is encoded at a lower one', async () => {
    const file = await noise(64, 64).png().toBuffer();
    const usual = await shrinkPicture(file, { ...limits, bytes: 100_000 });
    const made = await shrinkPicture(file, { ...limits, bytes: usual.length - 1 });
    expect(made.length).toBeLessThan(usual.length);
    await expect(shrinkPicture(file, { ...limits, bytes: 100 })).rejects.toThrow(/takes more than 100 bytes at 64/);
  });

  test('a hostile file is refused in one line', async () => {
    const whole = await noise(100, 100).png().toBuffer();
    const claims = Buffer.from(await plain(1, 1).png().toBuffer());
    claims.writeUInt32BE(60_000, 16);
    claims.writeUInt32BE(60_000, 20);
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>';
    const files: [string, Uint8Array, RegExp][] = [
      ['nothing', new Uint8Array(0), /^0 bytes of another kind; expected a JPEG, PNG or WebP$/],
      ['SVG', Buffer.from(svg), /of another kind/],
      ['GIF', await plain(4, 4).gif().toBuffer(), /of another kind/],
      ['TIFF', await plain(4, 4).tiff().toBuffer(), /of another kind/],
      ['the beginning alone', whole.subarray(0, 12), /does not decode/],
      ['cut short', whole.subarray(0, whole.length / 2), /does not decode/],
      ['SVG behind a signature', Buffer.concat([whole.subarray(0, 8), Buffer.from(svg)]), /does not decode/],
      ['too many pixels', await plain(2_000, 600).png().toBuffer(), /^2000 × 600 pixels; expected at most 1000000$/],
      ['a claim of too many', claims, /60000 × 60000 pixels; expected at most|does not decode/],
    ];
    for (const [what, file, reason] of files) {
      const error = await shrinkPicture(file, limits).catch((error: Error) => error);
      expect([what, (error as Error).name, (error as Error).message]).toEqual([
        ...[what, 'InvalidInputError'],
        expect.stringMatching(reason),
      ]);
      expect((error as Error).message).not.toContain('\n');
    }
  });
});
