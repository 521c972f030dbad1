/** Shared by the tests: models on disk, and running a tapped model. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import { evaluate } from '../src/runtime/runtime.ts';
import { fillTable } from '../src/sizes/positions.ts';
import { type Facet, type Interpolation, inspect, type Tapped, tap } from '../src/tap/tap.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Where `npm run setup` pulls the real backbone. */
export const home = process.env.SALTWORKS_HOME ?? `${root}.saltworks`;
export const realModel = `${home}/models/dinov2-small-focus.onnx`;
export const isPulled = existsSync(realModel);

/** Conformance fixtures of the tap, beside the repository on machines that have them. */
export const fixtures = `${root}../shared/onnx/`;
export const hasFixtures = existsSync(fixtures);
export const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(fixtures + name));

/** Opens a tapped model. @returns runs it, and gives the outputs in the order wanted */
export async function openTapped(
  { model, input, outputs, positions, facts: { patch } }: Tapped,
  interpolation: Interpolation = 'bicubic',
) {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  return async (pixels: Float32Array, height: number, width: number) => {
    const feeds: Record<string, Tensor> = { [input]: new Tensor('float32', pixels, [1, 3, height, width]) };
    for (const table of positions) {
      const values = fillTable(table, height / patch, width / patch, interpolation);
      feeds[table.input] = new Tensor('float32', values, [values.length / table.d, table.d]);
    }
    const results = await session.run(feeds);
    expect(Object.keys(results).sort()).toEqual(outputs.map(({ name }) => name).sort());
    return outputs.map(({ name }) => ({ data: results[name].data as Float32Array, dims: results[name].dims }));
  };
}

/** Taps bytes, with onnxruntime as the tap's runtime. */
export function tapBytes(bytes: Uint8Array, ...wanted: { layer?: number; facet: Facet }[]): Promise<Tapped> {
  return tap({ bytes }, wanted, evaluate);
}

export function inspectBytes(bytes: Uint8Array) {
  return inspect({ bytes }, evaluate);
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
