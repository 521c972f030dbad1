/** The part of a graph that makes some tensors, as a model of its own for the runtime. */
import { type Model, type Node, readValueInfo, VALUE_INFO, writeModel } from '../onnx/model.ts';
import { stringPart, writeFields } from '../onnx/protobuf.ts';
import { ancestors, type Flow } from './flow.ts';

/** The part of a graph that makes some tensors, as a model. @param more nodes to append */
export function part(
  model: Model,
  flow: Flow,
  names: readonly string[],
  more: readonly Node[],
): [Uint8Array, string[]] {
  const kept = new Set(names.flatMap((name) => [...ancestors(flow, name)]));
  const nodes = [...flow.nodes.filter((node) => kept.has(node)), ...more];
  const outputs = more.length > 0 ? more.flatMap((node) => node.outputs) : [...names];
  const read = new Set([...nodes.flatMap((node) => flow.reads(node)), ...more.flatMap(({ inputs }) => inputs)]);
  const used = <T extends { name: string }>(all: readonly T[]) => all.filter(({ name }) => read.has(name));
  const { inputs, initializers, rest } = model.graph;
  return [
    writeModel({
      ...model,
      irVersion: Math.max(model.irVersion, 4),
      graph: {
        nodes,
        initializers: used(initializers),
        inputs: used(inputs),
        outputs: outputs.map(namedOnly),
        valueInfo: [],
        rest,
      },
    }),
    outputs,
  ];
}

/** A graph output whose type the runtime finds. */
const namedOnly = (name: string) => readValueInfo(writeFields([stringPart(VALUE_INFO.name, name)]));
