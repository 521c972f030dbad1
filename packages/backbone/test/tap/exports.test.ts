/** Exports that the fixtures lack, made by spec/golden/exports/make.py. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import { decodeSafeTensors, readFloats } from '@saltworks/core/formats/safetensors';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/runtime/runtime.ts';
import { type Facet, inspect, tap } from '../../src/tap/tap.ts';
import { expectClose, imageOf, openTapped } from '../run.ts';

const folder = fileURLToPath(new URL('../../../../spec/golden/exports/', import.meta.url));
const FACETS: Facet[] = ['query', 'key', 'value'];

interface Export {
  facts: { layers: number; heads: number; dim: number; patch: number; prefixTokens: number };
  native: [number, number];
  other: [number, number] | null;
  optional: boolean;
  interpolation: string;
  tolerance: number;
}

const entries = Object.entries<Export | { refused: string }>(JSON.parse(readFileSync(`${folder}exports.json`, 'utf8')));
const exports = entries.flatMap(([name, entry]) => ('refused' in entry ? [] : [{ name, ...entry }]));
const others = entries.flatMap(([name, entry]) => ('refused' in entry ? [{ name, ...entry }] : []));
const fileOf = (name: string) => ({ bytes: new Uint8Array(readFileSync(`${folder}${name}.onnx`)), folder });

describe('exports of every kind', () => {
  test.each(exports)(
    '$name: facts, and PyTorch’s q, k, v of every layer',
    async ({ name, facts, native, tolerance }) => {
      expect(await inspect(fileOf(name), evaluate)).toMatchObject(facts);
      const { tensors } = decodeSafeTensors(new Uint8Array(readFileSync(`${folder}${name}.safetensors`)));
      const wanted = Array.from({ length: facts.layers }, (_, layer) =>
        FACETS.map((facet) => ({ layer, facet })),
      ).flat();
      const run = await openTapped(await tap(fileOf(name), wanted, evaluate));
      const results = await run(imageOf(...native), ...native);
      for (const [i, { layer, facet }] of wanted.entries()) {
        expectClose(results[i].data, readFloats(tensors.get(`${facet[0]}.${layer}`)!), tolerance);
      }
    },
  );

  test.each(others)('$name is refused: $refused', async ({ name }) => {
    const refusal = await inspect(fileOf(name), evaluate).catch((error: Error) => error);
    expect(refusal).toBeInstanceOf(InvalidInputError);
    expect((refusal as Error).message).toMatch(/^[^\n]*expected[^\n]*$/);
  });
});
