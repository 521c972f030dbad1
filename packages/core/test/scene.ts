/** Synthetic images with smooth keys and with strokes, at sizes that do not suit kernels. */
import type { RgbImage } from '../src/image/image.ts';
import { interpolateLinear } from '../src/image/interpolate.ts';
import type { Keys } from '../src/keys/keys.ts';
import { rasterise, type Seeds, seedNodes } from '../src/seeds/seeds.ts';
import { random } from './golden.ts';

export interface Scene {
  image: RgbImage;
  keys: Keys;
  /** Seeds on a grid `factor` times that of the keys, from the first `strokes` strokes. */
  seeds(factor: number, strokes?: number): Seeds;
}

/** @param c labels, two strokes each */
export function makeScene(h: number, w: number, d: number, c: number, seed = 1): Scene {
  const next = random(seed);
  const coarse = (height: number, width: number, depth: number) =>
    Float32Array.from({ length: height * width * depth }, () => next() - 0.5);
  const [hc, wc] = [Math.ceil(h / 3) + 1, Math.ceil(w / 3) + 1];
  const data = interpolateLinear(coarse(hc, wc, d), hc, wc, d, h, w);
  const noise = coarse(h, w, d);
  const keys = { data: data.map((value, i) => value + 0.3 * noise[i]), h, w, d };
  const [height, width] = [11 * h, 13 * w];
  const colours = interpolateLinear(coarse(hc, wc, 3), hc, wc, 3, height, width);
  const image = { data: Uint8Array.from(colours, (value) => 128 + 200 * value), width, height };
  const strokes = Array.from({ length: 2 * c }, (_, s) => ({
    segment: s % c,
    points: Array.from({ length: 3 }, (): [number, number] => [
      next() * (width - 1),
      ((s + next()) / (2 * c)) * height,
    ]),
    radius: 1 + next(),
  }));
  return {
    image,
    keys,
    seeds: (factor, drawn = 2 * c) =>
      seedNodes(rasterise({ image, segments: [], strokes: strokes.slice(0, drawn) }), factor * h, factor * w),
  };
}
