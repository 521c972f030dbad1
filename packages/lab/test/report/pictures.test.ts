import { rasterise } from '@saltworks/core/seeds/seeds';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Case } from '../../src/dataset/case.ts';
import { type Frame, filmStrip, gallery } from '../../src/report/pictures.ts';

/** A grey image of 640 × 480; the truth is its left half, the mask its upper one; the last row does not count. */
const [width, height] = [640, 480];
const isLeft = (i: number) => i % width < width / 2;
const isUpper = (i: number) => i < (width * height) / 2;
const maskOf = (has: (i: number) => boolean) => ({
  ...{ width, height },
  ids: Uint32Array.from({ length: width * height }, (_, i) => (has(i) ? 7 : 0)),
});
const one: Case = {
  ...{ name: 'a', source: '', sha256: '' },
  image: { width, height, data: new Uint8Array(3 * width * height).fill(100) },
  truth: maskOf(isLeft),
  ignore: Uint8Array.from({ length: width * height }, (_, i) => Number(i >= width * (height - 20))),
  categories: new Map([[7, 'cat']]),
  raster: rasterise({
    image: { width, height },
    segments: [],
    strokes: [{ segment: 7, points: [[100, 100]], radius: 9 }],
  }),
};
const mask = maskOf(isUpper);

async function pixels({ src }: Frame) {
  const file = Buffer.from(src.replace('data:image/webp;base64,', ''), 'base64');
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray(info.channels * (y * info.width + x))].slice(0, 3);
  return { ...info, at };
}

describe('pictures', () => {
  test('of a mask are small: photograph with strokes, truth, mask, wrong pixels', async () => {
    const frames = await gallery(one, mask);
    expect(frames.map(({ caption }) => caption)).toEqual(['photograph and strokes', 'truth', 'mask', 'wrong pixels']);
    for (const frame of frames) {
      expect(frame).toMatchObject({ width: 320, height: 240 });
      expect(await pixels(frame)).toMatchObject({ width: 320, height: 240 });
    }
    expect(await gallery(one, mask)).toEqual(frames);
  });

  test('show what is wrong in one colour, what is right in grey, and what does not count in black', async () => {
    const { at } = await pixels((await gallery(one, mask))[3]);
    const near = (colour: number[], wanted: number[]) =>
      Math.max(...colour.map((value, k) => Math.abs(value - wanted[k]))) < 12;
    const pale = Math.round(255 * 0.45 + 0.55 * 100);
    // Left and upper: right. Right and upper, left and lower: wrong.
    expect(near(at(80, 60), [pale, pale, pale])).toBe(true);
    expect(near(at(240, 60), [213, 94, 0])).toBe(true);
    expect(near(at(80, 180), [213, 94, 0])).toBe(true);
    expect(near(at(160, 236), [0, 0, 0])).toBe(true);
  });

  test('of corrections are a strip that begins with the truth, each correction ringed', async () => {
    const frames = await filmStrip(one, [
      { mask, caption: 'before' },
      { mask, caption: 'after 1', at: { x: 480, y: 360, segment: 7 } },
    ]);
    expect(frames.map(({ caption }) => caption)).toEqual(['truth', 'before', 'after 1']);
    const [before, after] = [await pixels(frames[1]), await pixels(frames[2])];
    expect(before.at(20, 20)).toEqual(after.at(20, 20));
    expect(before.at(240, 180)).not.toEqual(after.at(240, 180));
  });
});
