/** Golden files of spec/golden, made by its make.py from independent implementations. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

const folder = new URL('../../../spec/golden/', import.meta.url);

export const goldenBytes = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));
export const goldenText = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
// biome-ignore lint/suspicious/noExplicitAny: each file's README says what it holds
export const goldenJson = (name: string): any => JSON.parse(goldenText(name));

/** Fails unless every value lies within `tolerance` of the expected one, and names the worst. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  let at = -1;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    if (!(error <= worst)) {
      worst = error;
      at = i;
    }
  }
  expect(worst, `at ${at}: ${actual[at]}, expected ${expected[at]}`).toBeLessThanOrEqual(tolerance);
}

/** Share of equal entries. */
export function agreement(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let equal = 0;
  for (let i = 0; i < expected.length; i++) if (actual[i] === expected[i]) equal++;
  return equal / expected.length;
}

/** Numbers in [0, 1) from a seed: a linear congruential generator, enough for tests. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
