/**
 * Half precision for a tapped model: weights and activations become float16, the picture and the keys stay float32.
 * Arithmetic on sizes stays as it is, tables of positions among it, and is rounded where it meets the tokens.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import { toHalf } from '@saltworks/core/formats/float16';
import { flowOf, isData } from '../graph/flow.ts';
import { floatsOf } from '../onnx/floats.ts';
import { makeNode, makeTensor } from '../onnx/make.ts';
import {
  FLOAT,
  FLOAT16,
  intAttribute,
  type Model,
  type Node,
  readModel,
  type Tensor,
  writeModel,
} from '../onnx/model.ts';
import { freshNames, rewire } from '../onnx/rewire.ts';
import { elementTypes } from './types.ts';

/** The largest finite half: masks of −3e38 must not become −∞ − (−∞). */
const MOST = 65504;
/** Inputs that stay float32 in every operator set: regions and scales. */
const ALWAYS_FLOAT: Record<string, number | undefined> = { Resize: 1, Upsample: 1 };

/**
 * @param bytes a tapped model, float32 throughout
 * @throws InvalidInputError if a part of it is quantised or half already, or hidden in control flow
 */
export function toHalfPrecision(bytes: Uint8Array): Uint8Array {
  const model = readModel(bytes);
  const flow = flowOf(model);
  const types = elementTypes(flow, new Map(model.graph.inputs.map(({ name, elemType }) => [name, elemType])));
  const fresh = freshNames(flow.kinds.keys());
  const isFloat = (name: string) => name !== '' && types.get(name) === FLOAT;
  const outputs = new Map(model.graph.outputs.map(({ name }) => [name, fresh(`${name}.half`)]));
  const halves = new Map<string, string>();
  const initializers = new Map(model.graph.initializers.map((tensor) => [tensor.name, tensor]));
  const added: Tensor[] = [];
  const nodes: Node[] = [];
  /** The half of a float tensor that no data node makes. */
  const halfOf = (name: string): string => {
    const known = halves.get(name);
    if (known) return known;
    const half = fresh(`${name}.half`);
    halves.set(name, half);
    const weight = initializers.get(name);
    if (weight) added.push(halfTensor(weight, half));
    else nodes.push(makeNode('Cast', [name], [half], { to: FLOAT16 }));
    return half;
  };
  const isInput = new Set(model.graph.inputs.map(({ name }) => name));
  for (const node of flow.nodes) {
    if (!isData(flow, node.outputs[0]) && !node.inputs.some((name) => isData(flow, name))) {
      nodes.push(node);
      continue;
    }
    refuse(node);
    const ends = node.outputs.map((name) => outputs.get(name) ?? name);
    const keep = ALWAYS_FLOAT[node.opType] ?? node.inputs.length;
    const inputs = node.inputs.map((name, slot) => {
      if (outputs.has(name)) return outputs.get(name) ?? name;
      if (slot >= keep || !isFloat(name)) return name;
      return isData(flow, name) && !isInput.has(name) ? name : halfOf(name);
    });
    if (node.opType === 'Cast' && intAttribute(node, 'to') === FLOAT) {
      nodes.push(makeNode('Cast', inputs, ends, { to: FLOAT16 }));
    } else {
      nodes.push(rewire(node, inputs, ends));
    }
  }
  for (const [output, half] of outputs) nodes.push(makeNode('Cast', [half], [output], { to: FLOAT }));
  return writeModel(pruned(model, nodes, [...initializers.values(), ...added]));
}

function refuse({ opType, domain }: Node): void {
  if (/Integer|Quantize|QLinear|NBits|Bnb4/.test(opType)) {
    throw new InvalidInputError(`a quantised model (${opType}); expected float32 throughout`);
  }
  if (['If', 'Loop', 'Scan'].includes(opType) || (domain !== '' && domain !== 'com.microsoft')) {
    throw new InvalidInputError(`the operator ${opType} on data; expected plain operators`);
  }
}

function halfTensor(tensor: Tensor, name: string): Tensor {
  const values = floatsOf(tensor);
  const half = Uint16Array.from(values, (value) => toHalf(Math.min(Math.max(value, -MOST), MOST)));
  return makeTensor(name, FLOAT16, tensor.dims, new Uint8Array(half.buffer));
}

/** Drops the weights that no node reads any more. */
function pruned(model: Model, nodes: Node[], tensors: Tensor[]): Model {
  const { graph } = model;
  const read = new Set(flowOf({ ...model, graph: { ...graph, nodes, initializers: tensors } }).consumers.keys());
  const initializers = tensors.filter(({ name }) => read.has(name));
  return { ...model, graph: { ...graph, nodes, initializers, valueInfo: [] } };
}
