/** Exports that the fixtures lack, made by spec/golden/exports/make.py. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import { decodeSafeTensors, readFloats } from '@saltworks/core/formats/safetensors';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { checkModel } from '../../src/check/checked.ts';
import { evaluate } from '../../src/runtime/runtime.ts';
import { fillTable } from '../../src/sizes/positions.ts';
import { halveStride } from '../../src/sizes/stride.ts';
import { type Facet, type Interpolation, inspect, tap } from '../../src/tap/tap.ts';
import { expectClose, imageOf, openTapped } from '../run.ts';

const folder = fileURLToPath(new URL('../../../../spec/golden/exports/', import.meta.url));
const FACETS: Facet[] = ['query', 'key', 'value'];

interface Export {
  facts: { layers: number; heads: number; dim: number; patch: number; prefixTokens: number };
  native: [number, number];
  other: [number, number] | null;
  optional: boolean;
  interpolation: Interpolation;
  tolerance: number;
  stride: boolean;
}

const entries = Object.entries<Export | { refused: string }>(JSON.parse(readFileSync(`${folder}exports.json`, 'utf8')));
const exports = entries.flatMap(([name, entry]) => ('refused' in entry ? [] : [{ name, ...entry }]));
const others = entries.flatMap(([name, entry]) => ('refused' in entry ? [{ name, ...entry }] : []));
const fileOf = (name: string) => ({ bytes: new Uint8Array(readFileSync(`${folder}${name}.onnx`)), folder });
function referencesOf(name: string) {
  const { tensors } = decodeSafeTensors(new Uint8Array(readFileSync(`${folder}${name}.safetensors`)));
  return (tensor: string) => readFloats(tensors.get(tensor)!);
}
const allOf = (layers: number) =>
  Array.from({ length: layers }, (_, layer) => FACETS.map((facet) => ({ layer, facet }))).flat();

describe('exports of every kind', () => {
  test.each(exports)('$name: facts, and PyTorch’s q, k, v of every layer', async (about) => {
    const { name, facts, native, tolerance } = about;
    expect(await inspect(fileOf(name), evaluate)).toMatchObject(facts);
    const reference = referencesOf(name);
    const wanted = allOf(facts.layers);
    const run = await openTapped(await tap(fileOf(name), wanted, evaluate), about.interpolation);
    const results = await run(imageOf(...native), ...native);
    for (const [i, { layer, facet }] of wanted.entries()) {
      expectClose(results[i].data, reference(`${facet[0]}.${layer}`), tolerance);
    }
  });

  test.each(exports)('$name passes its own check', async ({ name, interpolation, other, optional }) => {
    const { facts, checks } = await checkModel(fileOf(name), 'all', interpolation);
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    if (!optional) expect(facts.anySize).toBe(other !== null);
  });

  const resized = exports.filter(({ other }) => other !== null);
  test.each(resized)('$name: the same at another size, or a clear refusal', async (about) => {
    const { name, facts, optional, tolerance } = about;
    const other = about.other as [number, number];
    const reference = referencesOf(name);
    const wanted = allOf(facts.layers);
    const tapped = await tap(fileOf(name), wanted, evaluate);
    if (optional && !tapped.facts.anySize) {
      expect(tapped.facts.fixed).toBeTruthy();
      return;
    }
    const run = await openTapped(tapped, about.interpolation);
    const results = await run(imageOf(...other), ...other);
    for (const [i, { layer, facet }] of wanted.entries()) {
      expectClose(results[i].data, reference(`other.${facet[0]}.${layer}`), tolerance);
    }
  });

  test.each(others)('$name is refused: $refused', async ({ name }) => {
    const refusal = await inspect(fileOf(name), evaluate).catch((error: Error) => error);
    expect(refusal).toBeInstanceOf(InvalidInputError);
    expect((refusal as Error).message).toMatch(/^[^\n]*expected[^\n]*$/);
  });
});

describe('half the stride', () => {
  const strided = exports.filter(({ stride }) => stride);
  test.each(strided)('$name gives PyTorch’s keys of patches that overlap by half', async (about) => {
    const { name, facts, interpolation, tolerance } = about;
    const [height, width] = (about.other as [number, number]).map((side) => side + facts.patch / 2);
    const [h, w] = (about.other as [number, number]).map((side) => (2 * side) / facts.patch);
    const wanted = Array.from({ length: facts.layers }, (_, layer) => ({ layer, facet: 'key' as const }));
    const { model, input, positions, outputs } = await tap(fileOf(name), wanted, evaluate);
    const session = await InferenceSession.create(halveStride(model, { input, patch: facts.patch }), {
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    const feeds = { [input]: new Tensor('float32', imageOf(height, width), [1, 3, height, width]) };
    for (const table of positions) {
      const values = fillTable(table, h, w, interpolation);
      feeds[table.input] = new Tensor('float32', values, [values.length / table.d, table.d]);
    }
    const results = await session.run(feeds);
    const reference = referencesOf(name);
    for (const output of outputs) {
      expect(results[output.name].dims).toEqual([1, facts.prefixTokens + h * w, facts.dim]);
      expectClose(results[output.name].data as Float32Array, reference(`stride.k.${output.layer}`), tolerance);
    }
  });
});
