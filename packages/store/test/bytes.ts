/** Bytes from a seed, and reads to the end. */
import { expect } from 'vitest';

/** Numbers in [0, 1) from a seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function randomBytes(length: number, seed: number): Uint8Array {
  const next = random(seed);
  return Uint8Array.from({ length }, () => next() * 256);
}

/** The same bytes in chunks of uneven sizes, some of them empty. */
export async function* inChunks(bytes: Uint8Array, most: number): AsyncGenerator<Uint8Array, void> {
  const next = random(bytes.length);
  for (let at = 0; at < bytes.length; ) {
    const size = Math.floor(next() * (most + 1));
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

export async function collect<T>(items: AsyncIterable<T>, most = Number.POSITIVE_INFINITY): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) {
    found.push(item);
    if (found.length === most) break;
  }
  return found;
}

export const joined = async (chunks: AsyncIterable<Uint8Array>) => new Uint8Array(Buffer.concat(await collect(chunks)));

/** Like expect().toEqual(), which takes seconds for megabytes. */
export function expectSame(bytes: Uint8Array, expected: Uint8Array): void {
  expect(bytes.length).toBe(expected.length);
  expect(Buffer.compare(bytes, expected)).toBe(0);
}

export const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** Runs a task for each item, some at the same time. */
export async function inParallel<T>(items: readonly T[], lanes: number, task: (item: T) => Promise<unknown>) {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const item of queue) await task(item);
    }),
  );
}
