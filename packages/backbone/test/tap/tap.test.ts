import { readFileSync } from 'node:fs';
import { InvalidInputError } from '@saltworks/contract/errors';
import { decodeSafeTensors, readFloats } from '@saltworks/core/formats/safetensors';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { makeNode } from '../../src/onnx/make.ts';
import { readModel, readTensor, writeModel } from '../../src/onnx/model.ts';
import { readFields, stringPart, writeFields } from '../../src/onnx/protobuf.ts';
import { type Facet, inspect, tap } from '../../src/tap/tap.ts';
import { expectClose, fixture, hasFixtures, imageOf, isPulled, openTapped, random, realModel } from '../run.ts';
import { DIM, floats, HEADS, LAYERS, PATCH, PREFIX, rewire, scalar, tinyVit } from '../tiny-vit.ts';

const FACETS: Facet[] = ['key', 'query', 'value'];
const key = { facet: 'key' } as const;

/** Renames the tensors of a graph and shuffles its nodes. */
function renamed(bytes: Uint8Array): Uint8Array {
  const { graph, ...model } = readModel(bytes);
  const next = random(3);
  const names = new Map([['', '']]);
  const rename = (name: string) => {
    if (!names.has(name)) names.set(name, `t${names.size}_${Math.floor(next() * 1e6)}`);
    return names.get(name) ?? '';
  };
  const named = (message: Uint8Array, field: number, name: string) => {
    const others = readFields(message, 'test').filter(({ number }) => number !== field);
    return { name: rename(name), bytes: writeFields([...others, stringPart(field, rename(name))]) };
  };
  return writeModel({
    ...model,
    graph: {
      ...graph,
      nodes: graph.nodes
        .map((node) => ({ node: rewire(node, node.inputs.map(rename), node.outputs.map(rename)), order: next() }))
        .sort((a, b) => a.order - b.order)
        .map(({ node }) => node),
      initializers: graph.initializers.map((tensor) => readTensor(named(tensor.bytes, 8, tensor.name).bytes)),
      inputs: graph.inputs.map((input) => ({ ...input, ...named(input.bytes, 1, input.name) })),
      outputs: graph.outputs.map((output) => ({ ...output, ...named(output.bytes, 1, output.name) })),
      valueInfo: [],
    },
  });
}

describe('a tiny model', () => {
  test('has facts', () => {
    expect(inspect(tinyVit())).toEqual({ layers: LAYERS, heads: HEADS, dim: DIM, patch: PATCH, prefixTokens: PREFIX });
  });

  test.each(FACETS)('gives the %s of every layer, at its own size and another', async (facet) => {
    const size = 5 * PATCH;
    const pixels = imageOf(size, size);
    const outputs = Array.from({ length: LAYERS }, (_, layer) => `${facet}.${layer}`);
    const whole = await InferenceSession.create(tinyVit({ outputs }), { logSeverityLevel: 3 });
    const expected = await whole.run({ picture: new Tensor('float32', pixels, [1, 3, size, size]) });
    for (let layer = 0; layer < LAYERS; layer++) {
      const run = await openTapped(tap(tinyVit(), { layer, facet }));
      const native = await run(pixels, size, size);
      expect(native.dims).toEqual([1, PREFIX + 25, DIM]);
      expectClose(native.data, expected[`${facet}.${layer}`].data as Float32Array, 1e-5);
      expect((await run(imageOf(2 * PATCH, 7 * PATCH), 2 * PATCH, 7 * PATCH)).dims).toEqual([1, PREFIX + 14, DIM]);
    }
  });

  test('taps the last layer by default, and drops all nodes after the tapped tensor', () => {
    const bytes = tinyVit();
    expect(tap(bytes, key).model).toEqual(tap(bytes, { layer: LAYERS - 1, facet: 'key' }).model);
    const { graph } = readModel(tap(bytes, { layer: 0, facet: 'key' }).model);
    expect(graph.nodes.map(({ opType }) => opType)).not.toContain('Softmax');
    expect(graph.initializers.map(({ name }) => name)).not.toContain('query.weight.0');
    expect(graph.inputs).toMatchObject([{ name: 'picture', dims: ['batch', 3, 'height', 'width'] }]);
    expect(graph.outputs).toMatchObject([{ dims: ['batch', 'tokens', DIM] }]);
    expect(tap(bytes, { layer: 0, facet: 'key' }).model.length).toBeLessThan(tap(bytes, key).model.length);
  });

  test('gives the same keys under other names and in another order of nodes', async () => {
    const pixels = imageOf(12, 16);
    for (const facet of FACETS) {
      const [plain, other] = [tinyVit(), renamed(tinyVit())].map((bytes) => tap(bytes, { layer: 1, facet }));
      const [expected, actual] = await Promise.all(
        [plain, other].map(async (t) => (await openTapped(t))(pixels, 12, 16)),
      );
      expectClose(actual.data, expected.data, 1e-6);
    }
  });

  test.each([-1, 2, 0.5, Number.NaN])('layer %d is refused with the range', (layer) => {
    expect(() => tap(tinyVit(), { layer, facet: 'key' })).toThrow(`layer ${layer}; expected 0 to 1`);
  });

  test('a facet of another name is refused', () => {
    expect(() => tap(tinyVit(), { facet: 'token' as Facet })).toThrow('facet token; expected key, query or value');
  });

  const vector = floats('vector', [DIM / HEADS, 1], random(1));
  const through = (opType: string, second: string) => (from: string, to: string) => [
    makeNode(opType, [from, second], [to]),
  ];
  test.each<[string, Parameters<typeof tinyVit>[0], RegExp]>([
    ['positions of a fixed size', { fixedPositions: 28 }, /^a position embedding fixed at \[1,28,8\]; expected/],
    ['no positions', { fixedPositions: 1 }, /^0 position embeddings/],
    ['keys scaled by channel', { initializers: [vector], afterKey: through('Mul', 'vector') }, /layer 0, key.*: Mul/],
    ['keys with something added', { initializers: [vector], afterKey: through('Add', 'vector') }, /rotary.*; expected/],
    [
      'a mask on the scores',
      { initializers: [scalar('mask', 1)], beforeSoftmax: through('Add', 'mask') },
      /between query · key and the Softmax: Add/,
    ],
    ['overlapping patches', { stride: 2 }, /^a patch embedding of kernel \[8,3,4,4\]; expected .* stride p/],
    [
      'a second input',
      { inputs: ['text'], tokensFrom: { layer: 1, input: 'text' } },
      /depends on the input text; expected/,
    ],
    ['a tensor from nowhere', { nodes: [makeNode('Relu', ['ghost'], ['boo'])] }, /reads the tensor ghost; expected/],
    ['a tensor made twice', { nodes: [makeNode('Relu', ['scores'], ['grid'])] }, /^two nodes make the tensor grid/],
    [
      'a cycle',
      { nodes: [makeNode('Relu', ['b'], ['a']), makeNode('Relu', ['a'], ['b'])] },
      /2 of \d+ nodes in a cycle/,
    ],
    ['a second patch embedding', { nodes: [makeNode('Conv', ['picture', 'patch.weight'], ['c'])] }, /^2 convolutions/],
    ['quantised parts', { nodes: [makeNode('DynamicQuantizeLinear', ['rows'], ['q'])] }, /^a quantised model/],
    ['fused attention', { nodes: [makeNode('Attention', ['rows', 'rows', 'rows'], ['f'])] }, /^fused attention/],
    ['keys split off', { afterKey: (from, to) => [makeNode('Split', [from], [to])] }, /fused\?.*; expected/],
  ])('with %s is refused in one line', (_, spoils, message) => {
    const refusal = (() => {
      try {
        return tap(tinyVit(spoils), key);
      } catch (error) {
        return error as Error;
      }
    })();
    expect(refusal).toBeInstanceOf(InvalidInputError);
    expect((refusal as Error).message).toMatch(message);
    expect((refusal as Error).message).toMatch(/^[^\n]*expected[^\n]*$/);
  });
});

describe.skipIf(!hasFixtures)('conformance fixtures (skipped without ../shared/onnx)', () => {
  const facts = JSON.parse(hasFixtures ? Buffer.from(fixture('dinov2_hf_sdpa_tsdyn.json')).toString() : '{}');

  test('dinov2_hf_sdpa_tsdyn has facts', () => {
    const { layers, heads, dim, patch, prefix_tokens: prefixTokens } = facts;
    expect(inspect(fixture('dinov2_hf_sdpa_tsdyn.onnx'))).toEqual({ layers, heads, dim, patch, prefixTokens });
  });

  test.each(FACETS)('dinov2_hf_sdpa_tsdyn gives PyTorch’s %s of every layer, at both sizes', async (facet) => {
    const { tensors } = decodeSafeTensors(fixture('dinov2_hf_sdpa_tsdyn.safetensors'));
    const read = (name: string) => readFloats(tensors.get(name)!);
    for (const bytes of [fixture('dinov2_hf_sdpa_tsdyn.onnx'), renamed(fixture('dinov2_hf_sdpa_tsdyn.onnx'))]) {
      for (let layer = 0; layer < facts.layers; layer++) {
        const run = await openTapped(tap(bytes, { layer, facet }));
        const [h, w] = facts.size_native;
        const native = await run(read('input_native'), h, w);
        expectClose(native.data, read(`${facet[0]}.${layer}`), facts.atol);
        const [h2, w2] = facts.size_other;
        const other = await run(read('input_other'), h2, w2);
        expectClose(other.data, read(`${facet[0]}o.${layer}`), facts.atol);
      }
    }
  });

  test.each([
    ['clip_hf_eager_ts_ortattn', /^fused attention \(com.microsoft Attention\)/],
    ['clip_hf_sdpa_dynamo_op23', /^fused attention \(Attention\)/],
    ['clip_twotower_hf_eager_ts', /added to the tokens; expected/],
    ['dino_s8_repo_ts', /query, key and value fused/],
    ['dino_timm_sdpa_ts_int8pc', /^a quantised model/],
    ['dinov2reg_timm_sdpa_dynamo', /query, key and value fused/],
    ['dinov3_hf_eager_ts', /rotary positions/],
    ['mocov3_timm_eager_ortext_ts', /outside ONNX \(com.microsoft/],
    ['msn_hf_sdpa_dynamo', /a mask\?/],
    ['segmenter_ts', /query, key and value fused/],
    ['vit21k_timm_sdpa_ts', /query, key and value fused/],
    ['vit_hf_eager_tsdyn', /^a position embedding fixed at \[1,50,96\]/],
    ['vit_hf_eager_tsdyn_fp16', /^a position embedding fixed at \[1,50,96\]/],
    ['vit_hf_eager_tsdyn_int8all', /^a quantised model/],
  ])('%s is refused with the reason', (name, message) => {
    expect(() => tap(fixture(`${name}.onnx`), key)).toThrow(InvalidInputError);
    expect(() => tap(fixture(`${name}.onnx`), key)).toThrow(message);
  });
});

describe.skipIf(!isPulled)('dinov2-small-focus (skipped until npm run setup has pulled it)', () => {
  interface Case {
    tensor: string;
    height: number;
    width: number;
    shape: number[];
    positions: number[];
    values: number[];
  }
  const { cases }: { cases: Case[] } = JSON.parse(
    readFileSync(new URL('../golden/dinov2-small-focus.json', import.meta.url), 'utf8'),
  );
  const bytes = isPulled ? new Uint8Array(readFileSync(realModel)) : new Uint8Array(0);

  test('has facts', () => {
    expect(inspect(bytes)).toEqual({ layers: 12, heads: 6, dim: 384, patch: 14, prefixTokens: 1 });
  });

  test.each(['key.0', 'query.0', 'value.0', 'key.11', 'query.11', 'value.11'])(
    '%s equals that of the whole model, at 224 × 224 and another size',
    async (tensor) => {
      const [facet, layer] = tensor.split('.');
      const run = await openTapped(tap(bytes, { layer: Number(layer), facet: facet as Facet }));
      const chosen = cases.filter((golden) => golden.tensor === tensor);
      expect(chosen).toHaveLength(2);
      for (const { height, width, shape, positions, values } of chosen) {
        const { data, dims } = await run(imageOf(height, width), height, width);
        expect(dims).toEqual([1, ...shape]);
        expectClose(
          positions.map((position) => data[position]),
          values,
          1e-4,
        );
      }
    },
    60_000,
  );
});
