import { readdirSync } from 'node:fs';
import { decodeSafeTensors, readFloats } from '@saltworks/core/formats/safetensors';
import { describe, expect, test } from 'vitest';
import type { Facet, Interpolation } from '../../src/tap/tap.ts';
import { expectClose, fixture, fixtures, hasFixtures, inspectBytes, openTapped, tapBytes } from '../run.ts';
import { renamed } from './renamed.ts';

const FACETS: Facet[] = ['query', 'key', 'value'];
const names = hasFixtures
  ? readdirSync(fixtures).flatMap((name) => (name.endsWith('.json') ? [name.replace(/\.json$/, '')] : []))
  : [];

/** How each family resizes its position embedding, in the words of the fixtures. */
const interpolations: Record<string, Interpolation> = {
  'bicubic size=': 'bicubic',
  'bicubic scale_factor+0.1': 'bicubic-scale',
  'bicubic antialias': 'bicubic-antialias',
  'bilinear size=': 'bilinear',
  rope: 'bicubic',
};

describe.skipIf(!hasFixtures)('conformance fixtures (skipped without ../shared/onnx)', () => {
  test.each(names)('%s: facts, and PyTorch’s q, k, v of every layer, at the native size and another', async (name) => {
    const about = JSON.parse(Buffer.from(fixture(`${name}.json`)).toString());
    const { layers, heads, dim, patch, prefix_tokens: prefixTokens, opset } = about;
    const bytes = fixture(`${name}.onnx`);
    expect(await inspectBytes(bytes)).toMatchObject({ layers, heads, dim, patch, prefixTokens, opset });
    const { tensors } = decodeSafeTensors(fixture(`${name}.safetensors`));
    const read = (tensor: string) => readFloats(tensors.get(tensor)!);
    const sizes = [
      { size: about.size_native, input: 'input_native', facets: (facet: Facet) => facet[0] },
      { size: about.size_other, input: 'input_other', facets: (facet: Facet) => `${facet[0]}o` },
    ];
    const wanted = Array.from({ length: layers }, (_, layer) => FACETS.map((facet) => ({ layer, facet }))).flat();
    for (const model of [bytes, renamed(bytes)]) {
      const tapped = await tapBytes(model, ...wanted);
      expect(tapped.facts.anySize).toBe(true);
      const run = await openTapped(tapped, interpolations[about.interpolation]);
      for (const { size, input, facets } of sizes) {
        const [h, w] = size;
        const results = await run(read(input), h, w);
        for (const [i, { layer, facet }] of wanted.entries()) {
          expect(results[i].dims).toEqual([1, prefixTokens + (h / patch) * (w / patch), dim]);
          expectClose(results[i].data, read(`${facets(facet)}.${layer}`), about.atol);
        }
      }
    }
  });
});
