/** Masks of random segments in many parts. */
import type { Mask } from '../../src/mask/mask.ts';
import { random } from '../golden.ts';

/** Blocks of 3 × 3 pixels with ids 0 … count − 1. */
export function randomMask(width: number, height: number, count: number, seed = 1): Mask {
  const next = random(seed);
  const columns = Math.ceil(width / 3);
  const blocks = Array.from({ length: columns * Math.ceil(height / 3) }, () => Math.floor(next() * count));
  const ids = Uint32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return blocks[Math.floor(y / 3) * columns + Math.floor(x / 3)];
  });
  return { ids, width, height };
}
