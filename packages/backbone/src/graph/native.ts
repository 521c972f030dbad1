/**
 * Sizes of tensors at one size of the image. The runtime tells them: a graph that holds the structure without the weights
 * asks for the shape of every tensor. Shapes that follow from the declared sizes are folded while the runtime opens the graph;
 * only the others are computed, on zeros.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import { makeNode, makeValueInfo } from '../onnx/make.ts';
import { INT64, intValues, type Model, type Node, type Tensor, type ValueInfo, writeModel } from '../onnx/model.ts';
import { freshNames } from '../onnx/rewire.ts';
import { elementsOf, TYPES, type Values } from '../onnx/values.ts';
import { refuseClaims } from './claims.ts';
import type { Flow } from './flow.ts';

/**
 * Runs a model in the runtime.
 *
 * @param inputs values of its inputs, by name
 * @returns values of the outputs that are named
 * @throws InvalidInputError if the runtime refuses the model, with its reason
 */
export type Evaluate = (
  model: Uint8Array,
  outputs: readonly string[],
  inputs?: Readonly<Record<string, Values>>,
) => Promise<Map<string, Values>>;

/** What holds at one size of the image. */
export interface Native {
  /** Sizes of a tensor; undefined if it was not asked for. */
  dims(tensor: string): readonly number[] | undefined;
  /** Values of a small integer operand; undefined for others. */
  ints(tensor: string): readonly number[] | undefined;
}

/** Elements from which a constant is a weight, of which the probe gives the size alone. */
const WEIGHT = 1024;
/** Most values of one tensor at the native size, and most bytes of zeros for the probe. */
const MAX_VALUES = 2 ** 30;
const MAX_BYTES = 2 ** 31;
/** Operators whose outputs have no single shape. */
const SEQUENCES = /^(SplitToSequence|Sequence(Construct|Insert|Erase|Empty|Map)|Optional.*)$/;
/** Operators with integer operands that a layout depends on. */
const INDEXED = new Set(['Slice', 'Gather', 'SequenceAt']);

/**
 * Measures tensors of a graph.
 *
 * @param nodes all nodes that matter, in order; each with the nodes it depends on
 * @param picture the graph's image input, with every size a number
 */
export async function measure(
  model: Model,
  flow: Flow,
  nodes: readonly Node[],
  picture: { input: ValueInfo; dims: readonly number[] },
  evaluate: Evaluate,
): Promise<Native> {
  refuseClaims(flow, { name: picture.input.name, dims: picture.dims });
  const probe = probeOf(model, flow, nodes, picture);
  const values = await evaluate(probe.model, probe.outputs, probe.inputs);
  for (const shape of probe.shapes.values()) {
    const dims = Array.from((values.get(shape)?.data ?? []) as BigInt64Array, Number);
    if (elementsOf(dims) > MAX_VALUES)
      throw new InvalidInputError(`a tensor of [${dims}]; expected ≤ ${MAX_VALUES} values`);
  }
  const numbers = (name: string | undefined) => {
    const found = name === undefined ? undefined : values.get(name);
    return found && Array.from(found.data as BigInt64Array, Number);
  };
  return {
    dims: (tensor) =>
      tensor === picture.input.name
        ? picture.dims
        : (flow.constants.get(tensor)?.dims ?? numbers(probe.shapes.get(tensor))),
    ints: (tensor) => {
      const constant = flow.constants.get(tensor);
      return (constant && intValues(constant)) ?? numbers(probe.values.get(tensor));
    },
  };
}

function probeOf(
  model: Model,
  flow: Flow,
  nodes: readonly Node[],
  { input, dims }: { input: ValueInfo; dims: readonly number[] },
) {
  const fresh = ownNames(flow);
  const [shapes, values] = [new Map<string, string>(), new Map<string, string>()];
  const added: Node[] = [];
  const outputs: string[] = [];
  const ask = (kind: 'shape' | 'value', tensor: string) => {
    const known = kind === 'shape' ? shapes : values;
    if (tensor === '' || known.has(tensor) || flow.constants.has(tensor)) return;
    const output = fresh(kind);
    known.set(tensor, output);
    outputs.push(output);
    added.push(
      makeNode(kind === 'shape' ? 'Shape' : 'Cast', [tensor], [output], kind === 'shape' ? {} : { to: INT64 }),
    );
  };
  for (const node of nodes) {
    if (!node.outputs.some((name) => flow.kinds.get(name) === 'data')) continue;
    for (const name of node.inputs) if (name !== '' && flow.producer.has(name)) askOperand(name);
    if (!SEQUENCES.test(node.opType)) for (const name of node.outputs) ask('shape', name);
    if (INDEXED.has(node.opType)) for (const name of node.inputs.slice(1)) ask('value', name);
  }
  function askOperand(name: string) {
    const maker = flow.producer.get(name);
    if (maker && !SEQUENCES.test(maker.opType)) ask('shape', name);
  }

  const read = new Set(nodes.flatMap((node) => flow.reads(node)));
  const weights: Tensor[] = [];
  const kept = (tensor: Tensor) => {
    const weight = elementsOf(tensor.dims) >= WEIGHT && TYPES[tensor.dataType]?.array !== undefined;
    if (weight) weights.push(tensor);
    return !weight;
  };
  const initializers = model.graph.initializers.filter((tensor) => read.has(tensor.name) && kept(tensor));
  const bare = nodes.filter((node) => {
    const constant = node.opType === 'Constant' ? flow.constants.get(node.outputs[0]) : undefined;
    return !constant || kept({ ...constant, name: node.outputs[0] });
  });
  const isInitializer = new Set(model.graph.initializers.map(({ name }) => name));
  const others = model.graph.inputs.filter(
    ({ name }) => name !== input.name && read.has(name) && !isInitializer.has(name),
  );
  const given = [
    { name: input.name, dataType: input.elemType, dims },
    ...others.map(({ name, elemType, dims }) => ({
      ...{ name, dataType: elemType },
      dims: (dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 1)),
    })),
    ...weights,
  ];
  // The runtime fails on a graph of which nothing is left to run.
  const [pulse, beat] = [fresh('pulse'), fresh('beat')];
  given.push({ name: pulse, dataType: INT64, dims: [1] });
  added.push(makeNode('Identity', [pulse], [beat]));
  outputs.push(beat);
  const zeros = zeroes();
  const inputs = Object.fromEntries(given.map(({ name, dataType, dims }) => [name, zeros(dataType, dims)]));
  const probe = writeModel({
    ...model,
    irVersion: Math.max(model.irVersion, 4),
    graph: {
      nodes: [...bare, ...added],
      initializers,
      inputs: given.map(({ name, dims, dataType }) => makeValueInfo(name, dataType, dims)),
      outputs: outputs.map((name) => makeValueInfo(name, INT64, null)),
      valueInfo: [],
      rest: model.graph.rest,
    },
  });
  return { model: probe, outputs, inputs, shapes, values };
}

/** Zeros of any type and shape, all in the same memory. */
function zeroes(): (dataType: number, dims: readonly number[]) => Values {
  let buffer = new ArrayBuffer(0);
  return (dataType, dims) => {
    const { type, array: Elements = Float32Array } = TYPES[dataType] ?? { type: 'float32' };
    const elements = elementsOf(dims);
    const bytes = elements * Elements.BYTES_PER_ELEMENT;
    if (!(bytes <= MAX_BYTES))
      throw new InvalidInputError(`a tensor of [${dims}]; expected at most ${MAX_BYTES} bytes`);
    if (bytes > buffer.byteLength) buffer = new ArrayBuffer(bytes);
    return { type, dims, data: new Elements(buffer, 0, elements) };
  };
}

/** Names of our own, `saltworks.…`, that no tensor of the graph has. */
export function ownNames(flow: Flow): (wish: string) => string {
  const fresh = freshNames(flow.kinds.keys());
  return (wish) => fresh(`saltworks.${wish}`);
}
