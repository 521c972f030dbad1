/** Shared by the tests: models on disk, and running a tapped model. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import type { Tapped } from '../src/tap/tap.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Where `npm run setup` pulls the real backbone. */
export const home = process.env.SALTWORKS_HOME ?? `${root}.saltworks`;
export const realModel = `${home}/models/dinov2-small-focus.onnx`;
export const isPulled = existsSync(realModel);

/** Conformance fixtures of the tap, beside the repository on machines that have them. */
const fixtures = `${root}../shared/onnx/`;
export const hasFixtures = existsSync(fixtures);
export const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(fixtures + name));

export async function openTapped({ model, input, output }: Tapped) {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  return async (pixels: Float32Array, height: number, width: number) => {
    const results = await session.run({ [input]: new Tensor('float32', pixels, [1, 3, height, width]) });
    expect(Object.keys(results)).toEqual([output]);
    return { data: results[output].data as Float32Array, dims: results[output].dims };
  };
}

/** `[1, 3, height, width]` from integers, as in golden/make.py. */
export function imageOf(height: number, width: number): Float32Array {
  return Float32Array.from({ length: 3 * height * width }, (_, i) => (Math.imul(i, 2654435761) >>> 8) / 2 ** 22 - 2);
}

export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(actual[i] - expected[i]) || 0);
  expect(worst).toBeLessThanOrEqual(tolerance);
}

/** Numbers in [0, 1) from a seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
