/** Files made to harm: refused in one line, without the memory or the time that they claim. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { expect, test } from 'vitest';
import { makeInts, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/make.ts';
import { FLOAT, type Graph, NODE, type Node, readModel, readNode, writeModel } from '../../src/onnx/model.ts';
import { blockPart, readFields, stringPart, writeFields } from '../../src/onnx/protobuf.ts';
import { tapBytes } from '../run.ts';
import { DIM, PATCH, scalar, tinyVit } from '../tiny-vit.ts';

/** The tiny model with other parts of its graph. */
function changed(change: (graph: Graph) => Partial<Graph>, spoils?: Parameters<typeof tinyVit>[0]): Uint8Array {
  const model = readModel(tinyVit(spoils));
  return writeModel({ ...model, graph: { ...model.graph, ...change(model.graph) } });
}

/** An If within an If, and so on. */
function nested(depth: number): Node {
  let node = makeNode('Relu', ['grid'], ['inner']);
  for (let i = 0; i < depth; i++) {
    const graph = writeFields([
      blockPart(1, node.bytes),
      stringPart(2, 'body'),
      blockPart(12, makeValueInfo(node.outputs[0], FLOAT, null).bytes),
    ]);
    const branch = blockPart(NODE.attribute, [stringPart(1, 'then_branch'), blockPart(6, graph)]);
    const plain = makeNode('If', ['true'], [`if ${i}`]);
    node = readNode(writeFields([...readFields(plain.bytes, 'node'), branch]));
  }
  return node;
}

const huge = [1, 3, 2 ** 40, 2 ** 40];
const sizes = (tensor: string) => makeNode('ConstantOfShape', [tensor], ['huge']);
const files: Record<string, () => Uint8Array> = {
  'a declared image of 2⁴⁰ × 2⁴⁰': () => changed(() => ({ inputs: [makeValueInfo('picture', FLOAT, huge)] })),
  'a declared image of a negative size': () =>
    changed(() => ({ inputs: [makeValueInfo('picture', FLOAT, [1, 3, -PATCH, PATCH])] })),
  'another input of 10¹⁸ values': () =>
    changed(({ inputs }) => ({ inputs: [inputs[0], makeValueInfo('text', FLOAT, [1e9, 1e9])] }), {
      inputs: ['text'],
      tokensFrom: { layer: 1, input: 'text' },
    }),
  'a weight that claims 10¹⁸ values': () =>
    changed(({ initializers }) => ({
      initializers: initializers.map((tensor) =>
        tensor.name === 'cls' ? makeTensor('cls', FLOAT, [1e9, 1e9, DIM], new Uint8Array(4 * DIM)) : tensor,
      ),
    })),
  'a weight of a negative size': () =>
    changed(({ initializers }) => ({
      initializers: initializers.map((tensor) =>
        tensor.name === 'cls' ? makeTensor('cls', FLOAT, [-1, -1, DIM], new Uint8Array(4 * DIM)) : tensor,
      ),
    })),
  'zeros of 10¹² values added to the tokens': () =>
    tinyVit({
      initializers: [makeInts('sides', [1e6, 1e6])],
      afterKey: (from, to) => [sizes('sides'), makeNode('Add', [from, 'huge'], [to])].slice(to.endsWith('0') ? 0 : 1),
    }),
  'a loop without end': () => {
    const body = writeFields([stringPart(2, 'body'), blockPart(12, makeValueInfo('again', FLOAT, null).bytes)]);
    const loop = makeNode('Loop', ['endless', '', 'grid'], ['turned']);
    const node = readNode(
      writeFields([
        ...readFields(loop.bytes, 'node'),
        blockPart(NODE.attribute, [stringPart(1, 'body'), blockPart(6, body)]),
      ]),
    );
    return tinyVit({
      initializers: [makeInts('endless', [2 ** 52])],
      afterKey: (from, to) => [node, makeNode('Add', [from, 'turned'], [to])].slice(to.endsWith('0') ? 0 : 1),
    });
  },
  'bodies nested 500 deep': () => tinyVit({ nodes: [nested(500)], initializers: [scalar('true', 1)] }),
  'a name of two lines': () => {
    const bytes = Buffer.from(tinyVit({ nodes: [makeNode('Relu', ['two lines'], ['y'])] }));
    bytes[bytes.indexOf('two lines') + 3] = 10;
    return bytes;
  },
};

test.each(Object.entries(files))('%s is refused in one line', async (_, file) => {
  const refusal = await tapBytes(file(), { facet: 'key' }).catch((error) => error as Error);
  expect(refusal).toBeInstanceOf(InvalidInputError);
  expect((refusal as Error).message).toMatch(/^[^\n]{1,1000}$/);
  expect((refusal as Error).message).toContain('expected');
  expect(process.memoryUsage().rss).toBeLessThan(2 ** 31);
});
