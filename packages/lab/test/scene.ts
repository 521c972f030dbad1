/** A case with smooth keys, known segments and strokes. */
import type { Keys } from '@saltworks/core/keys/keys';
import { rasterise } from '@saltworks/core/seeds/seeds';
import type { Case } from '../src/dataset/case.ts';

/** Patches of 8 pixels: 8 × 12. */
const [h, w, patch] = [8, 12, 8];
const [height, width] = [patch * h, patch * w];

/** A cat on the left, a dog on the right, background below them, and a strip of void. */
const idAt = (x: number, y: number): number => (y >= 44 ? 0 : x < 48 ? 7 : 9);

export function makeCase(name = 'scene'): Case & { keys: Keys } {
  const ids = Uint32Array.from({ length: width * height }, (_, i) => idAt(i % width, Math.floor(i / width)));
  const ignore = Uint8Array.from(ids, (_, i) => Number(i % width >= width - 3));
  const image = {
    data: Uint8Array.from({ length: 3 * ids.length }, (_, i) => 60 + 20 * ids[Math.floor(i / 3)] + ((i * 7) % 11)),
    width,
    height,
  };
  const d = 16;
  const keys = {
    data: Float32Array.from({ length: h * w * d }, (_, i) => {
      const [node, k] = [Math.floor(i / d), i % d];
      const id = idAt((node % w) * patch + patch / 2, Math.floor(node / w) * patch + patch / 2);
      return Math.sin(1 + id * (k + 1)) + 0.2 * Math.sin(node * (k + 3));
    }),
    h,
    w,
    d,
  };
  const line = (segment: number, y: number, from: number, to: number) => ({
    segment,
    points: [
      [from, y],
      [to, y],
    ] as [number, number][],
    radius: 2,
  });
  const strokes = [line(0, 55, 8, 80), line(7, 20, 8, 40), line(9, 20, 56, 88)];
  return {
    ...{ name, sha256: 'scene', source: 'drawn', image, truth: { ids, width, height }, ignore },
    categories: new Map([
      [7, 'cat'],
      [9, 'dog'],
    ]),
    raster: rasterise({ image: { width, height }, segments: [], strokes }),
    keys,
  };
}
