import { InvalidInputError } from '@saltworks/contract/errors';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage, describeImage } from '../../src/image/decode.ts';
import { type Page, tiff } from './tiff.ts';

const [width, height] = [40, 30];

/** A ramp from 0 to 1, `[height, width, channels]`, channels shifted against each other. */
function ramp(channels = 1): number[] {
  const last = width * height - 1;
  return Array.from({ length: width * height * channels }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / channels), i % channels];
    return ((pixel + channel * 400) % (last + 1)) / last;
  });
}
const grey = (values: readonly number[]) => values.flatMap((value) => [value, value, value]);
const page = (data: Page['data'], channels = 1): Page => ({ data, width, height, channels });
const seen = async (bytes: Uint8Array, window?: { low: number; high: number }) => decodeImage(bytes, { window });

function expectSeen(data: Uint8Array, shares: readonly number[], tolerance = 1): void {
  expect(data.length).toBe(shares.length);
  const worst = shares.reduce((most, share, i) => Math.max(most, Math.abs(data[i] - 255 * share)), 0);
  expect(worst).toBeLessThanOrEqual(tolerance);
}

describe('an image of more than 8 bits is seen over the range that it uses', () => {
  test.each([8, 9, 10, 11, 12, 13, 14])('%i bits in 16, in TIFF and PNG, grey and RGB', async (bits) => {
    const most = 2 ** bits - 1;
    for (const channels of [1, 3] as const) {
      const values = Uint16Array.from(ramp(channels), (share) => Math.round(share * most));
      const shares = channels === 1 ? grey(ramp()) : ramp(3);
      const space = channels === 1 ? 'grey16' : 'rgb16';
      const png = await sharp(values, { raw: { width, height, channels } }).toColourspace(space).png().toBuffer();
      // The window leaves out one value in a thousand at either end of the ramp.
      for (const file of [tiff(page(values, channels)), png]) {
        const { data, window } = await seen(file);
        expectSeen(data, shares, 1 + 128 / most + 0.3);
        expect(window?.low).toBeLessThanOrEqual(most / 500);
        expect(window?.high).toBeGreaterThanOrEqual(most - most / 500);
      }
    }
  });

  test('any part of the scale, and values below zero', async () => {
    const within = (low: number, high: number) => ramp().map((share) => Math.round(low + share * (high - low)));
    for (const values of [
      Uint16Array.from(within(31_768, 34_768)),
      Uint16Array.from(within(65_000, 65_535)),
      Int16Array.from(within(-1024, 3071)),
      Int32Array.from(within(-5000, 70_000)),
      Uint32Array.from(within(1_000_000, 9_000_000)),
    ]) {
      expectSeen((await seen(tiff(page(values)))).data, grey(ramp()), 1.5);
    }
  });

  test('floats of any range', async () => {
    for (const [low, high] of [
      [0, 0.1],
      [0, 1],
      [-1, 1],
      [0, 255],
      [-1000, 3000],
      [1e-9, 2e-9],
      [-3e8, 1e9],
    ]) {
      for (const channels of [1, 3]) {
        const values = Float32Array.from(ramp(channels), (share) => low + share * (high - low));
        const shares = channels === 1 ? grey(ramp()) : ramp(3);
        expectSeen((await seen(tiff(page(values, channels)))).data, shares, 1.3);
      }
    }
  });

  test('colours share one window, so a colour cast stays', async () => {
    const values = Uint16Array.from(ramp(3), (share, i) => Math.round(share * [4000, 2000, 1000][i % 3]));
    const { data } = await seen(tiff(page(values, 3)));
    expectSeen(
      data,
      ramp(3).map((share, i) => share * [1, 0.5, 0.25][i % 3]),
      2,
    );
  });

  test('dead and hot pixels do not set the range', async () => {
    const values = Uint16Array.from(ramp(), (share) => 100 + Math.round(share * 3000));
    values[700] = 65_535;
    values[100] = 0;
    const { data, window } = await seen(tiff(page(values)));
    expect(window?.high).toBeLessThan(3200);
    expect(data[3 * 700]).toBe(255);
    expect(data[3 * 100]).toBe(0);
  });

  test('a few values are seen if all others are equal', async () => {
    const values = new Uint16Array(width * height).fill(7);
    values[5] = 9;
    expect((await seen(tiff(page(values)))).data[15]).toBe(255);
  });

  test('NaN and infinities do not count; NaN is black', async () => {
    const values = Float32Array.from(ramp(), (share) => share * 50);
    values.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 600);
    const { data, window } = await seen(tiff(page(values)));
    expect(window?.high).toBeCloseTo(50, 0);
    expect([data[1800], data[1803], data[1806]]).toEqual([0, 255, 0]);
    const nothing = await seen(tiff(page(new Float32Array(width * height).fill(Number.NaN))));
    expect(nothing.data.every((value) => value === 0)).toBe(true);
  });

  test('transparent pixels do not count, and are laid over white', async () => {
    const values = new Uint16Array(width * height * 4);
    ramp().forEach((share, i) => {
      const hidden = i < 300;
      values.set(hidden ? [60_000, 0, 60_000, 0] : [share * 1000, share * 1000, share * 1000, 65_535], 4 * i);
    });
    const { data, window } = await seen(tiff(page(values, 4)));
    expect(window?.low).toBeGreaterThan(200);
    expect(window?.high).toBeLessThanOrEqual(1000);
    expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
    expect(data[3 * 1199]).toBe(255);
    expect(data[3 * 301]).toBeLessThan(4);
  });
});

describe('an image that uses its scale is not stretched', () => {
  test('16 bits of an ordinary image become their higher 8', async () => {
    for (const [low, high] of [
      [0, 255],
      [28, 232],
      [100, 240],
    ]) {
      const values = Uint16Array.from(ramp(3), (share) => 257 * Math.round(low + share * (high - low)));
      const { data, window } = await seen(tiff(page(values, 3)));
      expect(window).toBeUndefined();
      expect(data).toEqual(Uint8Array.from(values, (value) => value / 257));
    }
  });

  test('floats from 0 to 1 become shares of white', async () => {
    const values = Float32Array.from(ramp(3), (share) => 0.1 + 0.8 * share);
    expectSeen((await seen(tiff(page(values, 3)))).data, [...values], 0.51);
  });

  test('images of one value are seen as that value', async () => {
    const flat = (data: Page['data'], value: number) => page(data.fill(value));
    expect((await seen(tiff(flat(new Uint16Array(1200), 257 * 99)))).data[0]).toBe(99);
    expect((await seen(tiff(flat(new Float32Array(1200), 0.5)))).data[0]).toBe(128);
    expect((await seen(tiff(flat(new Float32Array(1200), 77)))).data[0]).toBe(255);
  });

  test('8 bits stay, however dark', async () => {
    const values = Uint8Array.from(ramp(3), (share) => share * 9);
    const { data, window } = await seen(tiff(page(values, 3)), { low: 0, high: 4 });
    expect(window).toBeUndefined();
    expect(data).toEqual(values);
  });
});

test('a given window replaces the image’s own', async () => {
  const values = Uint16Array.from(ramp(), (share) => Math.round(share * 65_535));
  const { data, window } = await seen(tiff(page(values)), { low: 10_000, high: 20_000 });
  expect(window).toEqual({ low: 10_000, high: 20_000 });
  expectSeen(data, grey(ramp().map((share) => Math.min(Math.max((share * 65_535 - 10_000) / 10_000, 0), 1))), 0.51);
});

test('a TIFF is turned upright', async () => {
  const values = Uint16Array.from(ramp(), (share) => Math.round(share * 4000));
  const file = tiff({ ...page(values), orientation: 6 });
  const { data, width: w, height: h } = await decodeImage(file);
  expect([w, h]).toEqual([height, width]);
  expect(await describeImage(file)).toMatchObject({ width: height, height: width, deep: true });
  // The first pixel of the last row is now the first of all.
  expect(data[0]).toBe((await decodeImage(tiff(page(values)))).data[3 * (height - 1) * width]);
});

test('of equal pages the first is decoded, with a note', async () => {
  const pages = [1000, 2000, 3000].map((most) => page(Uint16Array.from(ramp(), (share) => share * most)));
  const { window, notes } = await decodeImage(tiff(...pages));
  expect(window?.high).toBeLessThanOrEqual(1000);
  expect(notes).toEqual(['page 1 of 3 is taken']);
  expect((await describeImage(tiff(...pages))).notes).toEqual(notes);
  expect((await decodeImage(tiff(pages[0]))).notes).toEqual([]);
});

test('an image that is not grey or RGB is refused in one line', async () => {
  const five = new Uint16Array(5 * width * height).fill(9);
  const refused = decodeImage(tiff(page(five, 5)));
  await expect(refused).rejects.toThrow(InvalidInputError);
  await expect(refused).rejects.toThrow('5 channels; expected grey, RGB or CMYK');
  await expect(decodeImage(tiff(page(new Uint8Array(5 * width * height), 5)))).rejects.toThrow(/5 channels; expected/);
  await expect(decodeImage(tiff(page(new Float64Array(width * height))))).rejects.toThrow(InvalidInputError);
});
