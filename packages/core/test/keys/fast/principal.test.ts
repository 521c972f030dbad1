import { expect, test } from 'vitest';
import { Arena } from '../../../src/arena/arena.ts';
import { fastPrincipal } from '../../../src/keys/fast/principal.ts';
import type { Keys } from '../../../src/keys/keys.ts';
import { principalCoordinates } from '../../../src/keys/principal.ts';
import { product } from '../../../src/nodes/gram.ts';
import { expectClose } from '../../golden.ts';
import { makeScene } from '../../scene.ts';

const inner = ({ data, h, w, d }: Keys) => product(data, h * w, d).a;
const squared = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);

test.each([
  [9, 11, 21, 15],
  [6, 7, 40, 40],
  [3, 3, 40, 20],
  [1, 1, 5, 2],
  [8, 1, 5, 9],
])('%i × %i keys of %i dimensions along %i directions have the inner products of the twin’s', (h, w, d, count) => {
  const { keys } = makeScene(h, w, d, 2);
  const [found, expected] = [fastPrincipal(new Arena(), keys, count), principalCoordinates(keys, count)];
  expect(found).toMatchObject({ h, w, d: expected.d, space: d });
  expectClose(inner(found), inner(expected), 1e-4);
});

test('far fewer directions than dimensions hold within 1 % what the best hold', () => {
  const { keys } = makeScene(12, 15, 80, 2);
  const [found, best] = [fastPrincipal(new Arena(), keys, 4), principalCoordinates(keys, 4)];
  expect(squared(found.data)).toBeGreaterThan(0.99 * squared(best.data));
});

test('the arena holds nothing afterwards, and what it held before changes no bit', () => {
  const { keys } = makeScene(9, 11, 21, 2);
  const arena = new Arena();
  const fresh = fastPrincipal(arena, keys, 5);
  const mark = arena.mark();
  arena.bytes(mark, arena.size - mark).fill(255);
  expect(fastPrincipal(arena, keys, 5)).toEqual(fresh);
  expect(arena.mark()).toBe(mark);
});

test('keys that are all alike lie along one direction', () => {
  const keys = { data: new Float32Array(4 * 30).fill(0.5), h: 2, w: 2, d: 30 };
  expectClose(inner(fastPrincipal(new Arena(), keys, 4)), inner(keys), 1e-5);
});
