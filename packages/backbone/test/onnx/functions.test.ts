import { InvalidInputError } from '@saltworks/contract/errors';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { inlined } from '../../src/onnx/functions.ts';
import { makeNode } from '../../src/onnx/make.ts';
import { MODEL, type Node, readModel, writeModel } from '../../src/onnx/model.ts';
import { blockPart, intPart, type Part, readFields, stringPart, writeFields } from '../../src/onnx/protobuf.ts';
import { expectClose, imageOf, openTapped, tapBytes } from '../run.ts';
import { DIM, type GraphWriter, HEADS, PATCH, tinyVit } from '../tiny-vit.ts';

const opset = (domain: string, version: number) => blockPart(9, [stringPart(1, domain), intPart(2, version)]);

function functionOf(name: string, inputs: string[], outputs: string[], nodes: Node[], more: Part[] = []): Part {
  return blockPart(MODEL.functions, [
    stringPart(1, name),
    ...inputs.map((input) => stringPart(4, input)),
    ...outputs.map((output) => stringPart(5, output)),
    ...nodes.map((node) => blockPart(7, node.bytes)),
    opset('', 17),
    opset('test', 1),
    stringPart(10, 'test'),
    ...more,
  ]);
}

/** Adds functions to a model. */
function withFunctions(bytes: Uint8Array, functions: Part[]): Uint8Array {
  const model = readModel(bytes);
  const imports = blockPart(MODEL.opset, [stringPart(1, 'test'), intPart(2, 1)]);
  return writeModel({
    ...model,
    rest: [...model.rest, ...readFields(writeFields([imports, ...functions]), 'model')],
  });
}

/** An attribute that takes the call's attribute of another name. */
function referring(node: Node, attribute: string, reference: string): Node {
  const part = blockPart(5, [stringPart(1, attribute), stringPart(21, reference), intPart(20, 7)]);
  return { ...node, bytes: writeFields([...readFields(node.bytes, 'node'), part]) };
}

const linear = functionOf(
  'Linear',
  ['x', 'w', 'b'],
  ['y'],
  [makeNode('MatMul', ['x', 'w'], ['product']), makeNode('Add', ['product', 'b'], ['y'])],
);
/** Calls a function itself, and passes an attribute on. */
const split = functionOf(
  'Split',
  ['x', 'w', 'b', 'shape'],
  ['heads'],
  [
    makeNode('Linear', ['x', 'w', 'b'], ['y'], {}, 'test'),
    makeNode('Reshape', ['y', 'shape'], ['reshaped']),
    referring(makeNode('Transpose', ['reshaped'], ['heads']), 'perm', 'order'),
  ],
  [stringPart(6, 'order')],
);

const attention = ({ add, weight, ints }: GraphWriter, normed: string, l: number) => {
  const part = (facet: string, order: number[]) =>
    add(
      'Split',
      [
        normed,
        weight(`${facet}.weight.${l}`, DIM, DIM),
        weight(`${facet}.bias.${l}`, DIM),
        ints(0, -1, HEADS, DIM / HEADS),
      ],
      `${facet}.heads.${l}`,
      { order },
      'test',
    );
  const [q, k, v] = [part('query', [0, 2, 1, 3]), part('key', [0, 2, 3, 1]), part('value', [0, 2, 1, 3])];
  const scores = add('Softmax', [add('MatMul', [q, k], `scores.${l}`)], `attention.${l}`, { axis: -1 });
  const mixed = add('Transpose', [add('MatMul', [scores, v], `mixed.${l}`)], `back.${l}`, { perm: [0, 2, 1, 3] });
  return add('Reshape', [mixed, ints(0, -1, DIM)], `merged.${l}`);
};

test('calls of functions become their nodes, and the tap finds attention in them', async () => {
  const bytes = withFunctions(tinyVit({ attention }), [linear, split]);
  const size = 5 * PATCH;
  const pixels = imageOf(size, size);
  const plain = await InferenceSession.create(tinyVit({ outputs: ['key.0', 'value.0'] }), { logSeverityLevel: 3 });
  const expected = await plain.run({ picture: new Tensor('float32', pixels, [1, 3, size, size]) });
  const tapped = await tapBytes(bytes, { layer: 0, facet: 'key' }, { layer: 0, facet: 'value' });
  const [key, value] = await (await openTapped(tapped))(pixels, size, size);
  expectClose(key.data, expected['key.0'].data as Float32Array, 1e-5);
  expectClose(value.data, expected['value.0'].data as Float32Array, 1e-5);
});

test('the whole model gives the same with its functions and without', async () => {
  const bytes = withFunctions(tinyVit({ attention }), [linear, split]);
  const without = inlined(readModel(bytes));
  expect(without.functions).toBe(0);
  const feed = { picture: new Tensor('float32', imageOf(20, 20), [1, 3, 20, 20]) };
  const [a, b] = await Promise.all(
    [bytes, writeModel(without)].map(async (model) => (await InferenceSession.create(model)).run(feed)),
  );
  expectClose(b.scores.data as Float32Array, a.scores.data as Float32Array, 1e-6);
});

test('functions that call each other without end, or billions of times, are refused soon', () => {
  const call = (name: string, from: string, to: string) => makeNode(name, [from], [to], {}, 'test');
  const circle = [
    functionOf('A', ['x'], ['y'], [call('B', 'x', 'y')]),
    functionOf('B', ['x'], ['y'], [call('A', 'x', 'y')]),
  ];
  const bomb = Array.from({ length: 10 }, (_, i) => {
    const calls = Array.from({ length: 20 }, (_, j) =>
      call(`F${i + 1}`, j === 0 ? 'x' : `t${j - 1}`, j === 19 ? 'y' : `t${j}`),
    );
    return functionOf(`F${i}`, ['x'], ['y'], calls);
  });
  for (const [functions, first] of [
    [circle, 'A'],
    [bomb, 'F0'],
  ] as const) {
    const bytes = withFunctions(tinyVit({ nodes: [call(first, 'scores', 'end')] }), [...functions]);
    expect(() => inlined(readModel(bytes))).toThrow(InvalidInputError);
  }
});

test('a function on another version of the operators is refused', () => {
  const other = functionOf('Other', ['x'], ['y'], [makeNode('Relu', ['x'], ['y'])], [opset('', 9)]);
  expect(() => inlined(readModel(withFunctions(tinyVit(), [other])))).toThrow(
    /version 9 of operators ai.onnx; expected 17/,
  );
});
