import { expect, test } from 'vitest';
import { Arena } from '../../src/arena/arena.ts';
import type { Kernels } from '../../src/arena/wasm.ts';

test('a kernel of another name, or with other arguments, does not compile', () => {
  const call = (kernels: Kernels) => {
    kernels.gram(0, 1, 1, 0, 0, 8);
    // @ts-expect-error No kernel has this name.
    kernels.gramme(0, 1, 1, 0, 0, 8);
    // @ts-expect-error One argument is missing.
    kernels.gram(0, 1, 1, 0, 0);
    // @ts-expect-error Addresses are numbers.
    kernels.gram('0', 1, 1, 0, 0, 8);
  };
  expect(call).toBeTypeOf('function');
});

test('memory is reserved in order and released to a mark', () => {
  const arena = new Arena();
  const first = arena.reserve(20);
  const mark = arena.mark();
  const second = arena.reserve(4);
  expect(first % 16).toBe(0);
  expect(second).toBe(mark);
  expect(second - first).toBe(48);
  arena.release(mark);
  expect(arena.reserve(1)).toBe(second);
  arena.reset();
  expect(arena.reserve(1)).toBe(first);
});

test('an array put into memory is read back, and the memory grows as it is reserved', () => {
  const arena = new Arena();
  const at = arena.put(Float32Array.of(1, 2, 3));
  const before = arena.size;
  arena.reserve(before);
  expect(arena.size).toBeGreaterThan(before);
  expect([...arena.floats(at, 3)]).toEqual([1, 2, 3]);
});
