/** Images of random keys, in some of which the same pattern of patches is planted. */
import type { Keys } from '../../src/keys/keys.ts';

const [h, w, d] = [10, 12, 16];
export const grid = { h, w, d };

/** mulberry32: the same numbers for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** @param at left and top of a planted 2 × 2 block of patches that look alike; none without it */
export function planted(seed: number, at?: [x: number, y: number]): Keys {
  const random = randomFrom(seed);
  // Keys have a common part and dimensions of very different spread, as a backbone's have.
  const data = Float32Array.from({ length: h * w * d }, (_, i) => 3 + (random() - 0.5) * (1 + (i % d)));
  const pattern = randomFrom(99);
  const look = Array.from({ length: d }, (_, k) => 3 + (pattern() - 0.5) * (1 + k) * 2);
  if (at) {
    for (const [dx, dy] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ]) {
      const o = ((at[1] + dy) * w + at[0] + dx) * d;
      for (let k = 0; k < d; k++) data[o + k] = look[k] + 0.05 * (random() - 0.5);
    }
  }
  return { data, h, w, d };
}

/** The patches of a planted block. */
export const blockAt = ([x, y]: [number, number]): number[] => [
  y * w + x,
  y * w + x + 1,
  (y + 1) * w + x,
  (y + 1) * w + x + 1,
];
