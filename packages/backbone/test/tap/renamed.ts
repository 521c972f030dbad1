import { bodies, readModel, readTensor, writeModel } from '../../src/onnx/model.ts';
import { readFields, stringPart, writeFields } from '../../src/onnx/protobuf.ts';
import { random } from '../run.ts';
import { rewire } from '../tiny-vit.ts';

/** Renames the tensors of a graph, but for those that bodies of control flow capture, and shuffles its nodes. */
export function renamed(bytes: Uint8Array): Uint8Array {
  const { graph, ...model } = readModel(bytes);
  const next = random(3);
  const names = new Map([['', '']]);
  for (const body of graph.nodes.flatMap(bodies)) {
    for (const name of body.nodes.flatMap((node) => node.inputs)) names.set(name, name);
  }
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
