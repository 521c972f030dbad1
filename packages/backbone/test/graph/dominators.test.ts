import { expect, test } from 'vitest';
import { dominatorsOf } from '../../src/graph/dominators.ts';
import { flowOf } from '../../src/graph/flow.ts';
import { makeNode, makeValueInfo } from '../../src/onnx/make.ts';
import { FLOAT, type Model, type Node } from '../../src/onnx/model.ts';
import { random } from '../run.ts';

function modelOf(nodes: Node[], inputs: string[]): Model {
  return {
    ...{ irVersion: 8, opsets: new Map([['', 17]]), functions: 0, rest: [] },
    graph: {
      nodes,
      inputs: inputs.map((name) => makeValueInfo(name, FLOAT, [1])),
      ...{ initializers: [], outputs: [], valueInfo: [], rest: [] },
    },
  };
}

test('dominators are the tensors without which nothing reaches a tensor', () => {
  const next = random(11);
  for (let trial = 0; trial < 100; trial++) {
    const names = ['a', 'b'];
    const reads = new Map<string, string[]>();
    const nodes = Array.from({ length: 14 }, (_, i) => {
      const inputs = [0, 1].map(() => names[Math.floor(next() * names.length)]);
      names.push(`t${i}`);
      reads.set(`t${i}`, inputs);
      return makeNode('Add', inputs, [`t${i}`]);
    });
    const dominators = dominatorsOf(flowOf(modelOf(nodes, ['a', 'b'])));
    /** Whether an input reaches a tensor without passing another. */
    const reached = (name: string, without: string): boolean =>
      name !== without && (reads.get(name)?.some((read) => reached(read, without)) ?? true);
    for (const name of names) {
      const expected = names.filter((other) => other === name || !reached(name, other));
      expect(dominators(name).toSorted()).toEqual(expected.toSorted());
    }
  }
});

test('a chain of 20,000 nodes, each joined with the first again and again, has the dominators that it should', () => {
  const nodes: Node[] = [];
  for (let i = 1; i <= 10_000; i++) nodes.push(makeNode('Relu', [`a${i - 1}`], [`a${i}`]));
  for (let i = 1; i <= 10_000; i++) nodes.push(makeNode('Add', ['a10000', i === 1 ? 'a1' : `b${i - 1}`], [`b${i}`]));
  const flow = flowOf(modelOf(nodes, ['a0']));
  expect(dominatorsOf(flow)('b10000')).toEqual(['b10000', 'a1', 'a0']);
});
