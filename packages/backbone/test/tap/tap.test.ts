import { readFileSync } from 'node:fs';
import { InvalidInputError } from '@saltworks/contract/errors';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { makeInts, makeNode, makeValueInfo } from '../../src/onnx/make.ts';
import { FLOAT, FLOAT16, type Node, readModel, writeModel } from '../../src/onnx/model.ts';
import type { Facet } from '../../src/tap/tap.ts';
import { expectClose, imageOf, inspectBytes, isPulled, openTapped, random, realModel, tapBytes } from '../run.ts';
import { DIM, floats, type GraphWriter, HEADS, LAYERS, PATCH, PREFIX, scalar, tinyVit } from '../tiny-vit.ts';
import { renamed } from './renamed.ts';

const FACETS: Facet[] = ['key', 'query', 'value'];
const key = { facet: 'key' } as const;

describe('a tiny model', () => {
  test('has facts', async () => {
    expect(await inspectBytes(tinyVit())).toEqual({
      ...{ layers: LAYERS, heads: HEADS, dim: DIM, patch: PATCH, prefixTokens: PREFIX },
      ...{ positions: 'graph', positionGrid: [5, 5], nativeSize: [5 * PATCH, 5 * PATCH] },
      ...{ anySize: true, opset: 17, precision: 'float32' },
    });
  });

  test.each(FACETS)('gives the %s of every layer, at its own size and another', async (facet) => {
    const size = 5 * PATCH;
    const pixels = imageOf(size, size);
    const outputs = Array.from({ length: LAYERS }, (_, layer) => `${facet}.${layer}`);
    const whole = await InferenceSession.create(tinyVit({ outputs }), { logSeverityLevel: 3 });
    const expected = await whole.run({ picture: new Tensor('float32', pixels, [1, 3, size, size]) });
    for (let layer = 0; layer < LAYERS; layer++) {
      const run = await openTapped(await tapBytes(tinyVit(), { layer, facet }));
      const [native] = await run(pixels, size, size);
      expect(native.dims).toEqual([1, PREFIX + 25, DIM]);
      expectClose(native.data, expected[`${facet}.${layer}`].data as Float32Array, 1e-5);
      const [other] = await run(imageOf(2 * PATCH, 7 * PATCH), 2 * PATCH, 7 * PATCH);
      expect(other.dims).toEqual([1, PREFIX + 14, DIM]);
    }
  });

  test('taps the last layer by default, and drops all nodes after the tapped tensor', async () => {
    const bytes = tinyVit();
    const last = await tapBytes(bytes, key);
    const first = await tapBytes(bytes, { layer: 0, facet: 'key' });
    expect(last.model).toEqual((await tapBytes(bytes, { layer: LAYERS - 1, facet: 'key' })).model);
    const { graph } = readModel(first.model);
    expect(graph.nodes.map(({ opType }) => opType)).not.toContain('Softmax');
    expect(graph.initializers.map(({ name }) => name)).not.toContain('query.weight.0');
    expect(graph.inputs).toMatchObject([{ name: 'picture', dims: ['batch', 3, 'height', 'width'] }]);
    expect(graph.outputs).toMatchObject([{ dims: ['batch', 'tokens', DIM] }]);
    expect(first.model.length).toBeLessThan(last.model.length);
  });

  test('gives the same keys under other names and in another order of nodes', async () => {
    const pixels = imageOf(12, 16);
    for (const facet of FACETS) {
      const [[expected], [actual]] = await Promise.all(
        [tinyVit(), renamed(tinyVit())].map(async (bytes) => {
          const run = await openTapped(await tapBytes(bytes, { layer: 1, facet }));
          return run(pixels, 12, 16);
        }),
      );
      expectClose(actual.data, expected.data, 1e-6);
    }
  });

  test.each([-1, 2, 0.5, Number.NaN])('layer %d is refused with the range', async (layer) => {
    await expect(tapBytes(tinyVit(), { layer, facet: 'key' })).rejects.toThrow(`layer ${layer}; expected 0 to 1`);
  });

  test('a facet of another name is refused', async () => {
    await expect(tapBytes(tinyVit(), { facet: 'token' as Facet })).rejects.toThrow(
      'facet token; expected key, query or value',
    );
  });

  const vector = floats('vector', [DIM / HEADS, 1], random(1));
  const through = (opType: string, second: string) => (from: string, to: string) => [
    makeNode(opType, [from, second], [to]),
  ];
  // Splits into two ways and joins them, as rotary positions do.
  const rotation = (from: string, to: string) => [
    makeNode('Neg', [from], [`${to} turned`]),
    makeNode('Mul', [`${to} turned`, 'vector'], [`${to} sine`]),
    makeNode('Add', [from, `${to} sine`], [to]),
  ];
  test.each<[string, Parameters<typeof tinyVit>[0]]>([
    ['positions of a fixed size', { fixedPositions: 28 }],
    ['no positions but one for all', { fixedPositions: 1 }],
    ['keys scaled by channel after the projection', { initializers: [vector], afterKey: through('Mul', 'vector') }],
    ['keys rotated after the projection', { initializers: [vector], afterKey: rotation }],
    ['a mask on the scores', { initializers: [scalar('mask', 1)], beforeSoftmax: through('Add', 'mask') }],
    ['parts without use', { nodes: [makeNode('DynamicQuantizeLinear', ['rows'], ['q', 's', 'z'])] }],
  ])('with %s, gives the keys at the projection', async (_, spoils) => {
    const size = 5 * PATCH;
    const pixels = imageOf(size, size);
    const outputs = ['key.0', 'key.1'];
    const whole = await InferenceSession.create(tinyVit({ ...spoils, outputs }), { logSeverityLevel: 3 });
    const expected = await whole.run({ picture: new Tensor('float32', pixels, [1, 3, size, size]) });
    const run = await openTapped(await tapBytes(tinyVit(spoils), { layer: 0, facet: 'key' }, { facet: 'key' }));
    for (const [i, { data }] of (await run(pixels, size, size)).entries()) {
      expectClose(data, expected[outputs[i]].data as Float32Array, 1e-5);
    }
  });

  /** The model with another input, from which nodes make its picture. */
  function taking(elemType: number, dims: number[], node: Node): Uint8Array {
    const { graph, ...model } = readModel(tinyVit());
    const inputs = [makeValueInfo('raw', elemType, dims)];
    return writeModel({ ...model, graph: { ...graph, inputs, nodes: [node, ...graph.nodes] } });
  }

  const side = 5 * PATCH;
  test.each<[string, Uint8Array, number]>([
    [
      'channels last',
      taking(FLOAT, [1, side, side, 3], makeNode('Transpose', ['raw'], ['picture'], { perm: [0, 3, 1, 2] })),
      1e-5,
    ],
    ['float16', taking(FLOAT16, [1, 3, side, side], makeNode('Cast', ['raw'], ['picture'], { to: FLOAT })), 1e-2],
  ])('an image of %s still goes in as float32, channels first', async (_, bytes, tolerance) => {
    const pixels = imageOf(side, side);
    const [plain, other] = await Promise.all(
      [tinyVit(), bytes].map(async (model) => (await openTapped(await tapBytes(model, key)))(pixels, side, side)),
    );
    expectClose(other[0].data, plain[0].data, tolerance);
  });

  test('an image of bytes is refused', async () => {
    const bytes = taking(2, [1, 3, side, side], makeNode('Cast', ['raw'], ['picture'], { to: FLOAT }));
    await expect(tapBytes(bytes, key)).rejects.toThrow(
      /^0 image inputs among raw type 2 \[1,3,20,20\]; expected one, float/,
    );
  });

  test('fewer tokens in one layer than in those around it are refused', async () => {
    const windows = (graph: GraphWriter, normed: string, layer: number): string => {
      if (layer !== 1) return '';
      const { add, ints } = graph;
      const few = add('Slice', [normed, ints(0), ints(12), ints(1)], 'few');
      const keys = add(
        'Transpose',
        [add('MatMul', [few, graph.weight('few.key', DIM, DIM)], 'few keys')],
        'few turned',
        {
          perm: [0, 2, 1],
        },
      );
      const queries = add('MatMul', [few, graph.weight('few.query', DIM, DIM)], 'few queries');
      const scores = add('Softmax', [add('MatMul', [queries, keys], 'few scores')], 'few attention', { axis: -1 });
      const values = add('MatMul', [few, graph.weight('few.value', DIM, DIM)], 'few values');
      return add('ReduceMean', [add('MatMul', [scores, values], 'few mixed')], 'few mean', { axes: [1], keepdims: 1 });
    };
    const refusal = tapBytes(tinyVit({ layers: 3, attention: windows }), key);
    await expect(refusal).rejects.toThrow(/^12 tokens at attention layer 1, 28 before and after; expected the same/);
  });

  test('unclear attention over other tokens, after the encoder, is no matter', async () => {
    const nodes = [
      makeNode('Gather', ['residual.1', 'chosen'], ['few'], { axis: 1 }),
      makeNode('Transpose', ['few'], ['turned'], { perm: [0, 2, 1] }),
      makeNode('MatMul', ['few', 'turned'], ['few scores']),
      makeNode('Softmax', ['few scores'], ['few attention'], { axis: -1 }),
      makeNode('MatMul', ['few attention', 'few'], ['once']),
      makeNode('MatMul', ['few attention', 'few'], ['twice']),
    ];
    const model = tinyVit({ nodes, initializers: [makeInts('chosen', [0, 1, 2])] });
    expect(await inspectBytes(model)).toMatchObject({ layers: LAYERS });
  });

  test.each<[string, Parameters<typeof tinyVit>[0], RegExp]>([
    [
      'attention · value twice',
      { nodes: [makeNode('MatMul', ['attention.1', 'value.heads.1'], ['again'])] },
      /^attention layer 1: 1 products before a Softmax, 2 after it; expected one each/,
    ],
    ['overlapping patches', { stride: 2 }, /^a first convolution of kernel \[4,4\], strides \[2,2\]; expected patches/],
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
    ['a second patch embedding', { nodes: [makeNode('Conv', ['picture', 'patch.weight'], ['c'])] }, /^2 products of/],
    ['an unknown operator', { afterKey: (from, to) => [makeNode('Ghost', [from], [to])] }, /onnxruntime refuses/],
  ])('with %s is refused in one line', async (_, spoils, message) => {
    const refusal = await tapBytes(tinyVit(spoils), key).catch((error) => error as Error);
    expect(refusal).toBeInstanceOf(InvalidInputError);
    expect((refusal as Error).message).toMatch(message);
    expect((refusal as Error).message).toMatch(/^[^\n]*expected[^\n]*$/);
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

  test('has facts', async () => {
    expect(await inspectBytes(bytes)).toMatchObject({ layers: 12, heads: 6, dim: 384, patch: 14, prefixTokens: 1 });
  });

  test.each(['key.0', 'query.0', 'value.0', 'key.11', 'query.11', 'value.11'])(
    '%s equals that of the whole model, at 224 × 224 and another size',
    async (tensor) => {
      const [facet, layer] = tensor.split('.');
      const run = await openTapped(await tapBytes(bytes, { layer: Number(layer), facet: facet as Facet }));
      const chosen = cases.filter((golden) => golden.tensor === tensor);
      expect(chosen).toHaveLength(2);
      for (const { height, width, shape, positions, values } of chosen) {
        const [{ data, dims }] = await run(imageOf(height, width), height, width);
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
