import { describe, expect, test } from 'vitest';
import type { Keys } from '../../src/keys/keys.ts';
import { principalCoordinates } from '../../src/keys/principal.ts';
import { product } from '../../src/nodes/gram.ts';
import { expectClose } from '../golden.ts';
import { makeScene } from '../scene.ts';

const { keys } = makeScene(6, 7, 12, 2);
const inner = ({ data, h, w, d }: Keys) => product(data, h * w, d).a;
const squared = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);

describe('principal coordinates', () => {
  test('along all directions keep every inner product', () => {
    const all = principalCoordinates(keys, 99);
    expect(all).toMatchObject({ h: 6, w: 7, d: 12, space: 12 });
    expectClose(inner(all), inner(keys), 1e-5);
  });

  test('are the first columns of those along more directions, and hold the most of the squared length', () => {
    const all = principalCoordinates(keys, 12);
    const four = principalCoordinates(keys, 4);
    expectClose(
      four.data,
      all.data.filter((_, i) => i % 12 < 4),
      1e-6,
    );
    const lengths = Array.from({ length: 12 }, (_, k) => squared(all.data.filter((_, i) => i % 12 === k)));
    expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
    for (let first = 0; first <= 8; first++) {
      const other = keys.data.filter((_, i) => i % 12 >= first && i % 12 < first + 4);
      expect(squared(four.data)).toBeGreaterThan(squared(other));
    }
  });

  test('of coordinates keep the dimension of the first space', () => {
    expect(principalCoordinates(principalCoordinates(keys, 6), 3)).toMatchObject({ d: 3, space: 12 });
  });
});
