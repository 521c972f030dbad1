/**
 * Eight bits for a tapped model: products with constant weights run on integers. Weights have a scale a column, activations
 * one scale, found anew in every run (DynamicQuantizeLinear). Everything else stays float32, the patch embedding too.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import { flowOf, isData } from '../graph/flow.ts';
import { floatsOf } from '../onnx/floats.ts';
import { makeNode, makeTensor } from '../onnx/make.ts';
import { FLOAT, type Node, readModel, type Tensor, writeModel } from '../onnx/model.ts';
import { freshNames } from '../onnx/rewire.ts';

/** TensorProto.DataType */
const INT8 = 3;

/**
 * @param bytes a tapped model in float32
 * @throws InvalidInputError if it has no product of float32 tokens with constant weights
 */
export function toInt8(bytes: Uint8Array): Uint8Array {
  const model = readModel(bytes);
  const flow = flowOf(model);
  const fresh = freshNames(flow.kinds.keys());
  const weights = new Map(model.graph.initializers.map((tensor) => [tensor.name, tensor]));
  /** By tensor of tokens: its integers, their scale, their zero. */
  const quantised = new Map<string, [string, string, string]>();
  const columns = new Map<string, [string, string]>();
  const added: Tensor[] = [];
  const nodes: Node[] = [];
  for (const node of flow.nodes) {
    const weight = node.opType === 'MatMul' ? weights.get(node.inputs[1]) : undefined;
    const [tokens] = node.inputs;
    if (weight?.dataType !== FLOAT || weight.dims.length !== 2 || !isData(flow, tokens)) {
      nodes.push(node);
      continue;
    }
    let rows = quantised.get(tokens);
    if (!rows) {
      rows = [fresh(`${tokens}.int8`), fresh(`${tokens}.scale`), fresh(`${tokens}.zero`)];
      quantised.set(tokens, rows);
      nodes.push(makeNode('DynamicQuantizeLinear', [tokens], rows));
    }
    let column = columns.get(weight.name);
    if (!column) {
      column = [fresh(`${weight.name}.int8`), fresh(`${weight.name}.scales`)];
      columns.set(weight.name, column);
      added.push(...quantise(weight, column));
    }
    const [sums, floats, scales] = ['sums', 'floats', 'scales'].map((end) => fresh(`${node.outputs[0]}.${end}`));
    nodes.push(
      makeNode('MatMulInteger', [rows[0], column[0], rows[2]], [sums]),
      makeNode('Cast', [sums], [floats], { to: FLOAT }),
      makeNode('Mul', [rows[1], column[1]], [scales]),
      makeNode('Mul', [floats, scales], node.outputs),
    );
  }
  if (added.length === 0) throw new InvalidInputError('no product with constant float32 weights; expected some');
  const read = new Set(nodes.flatMap((node) => flow.reads(node)));
  const kept = model.graph.initializers.filter(({ name }) => read.has(name));
  return writeModel({ ...model, graph: { ...model.graph, nodes, initializers: [...kept, ...added], valueInfo: [] } });
}

/** Rounds weights `[k, n]` to −127 … 127 times a scale a column. */
function quantise(weight: Tensor, [name, scalesName]: readonly [string, string]): Tensor[] {
  const [k, n] = weight.dims;
  const values = floatsOf(weight);
  const scales = new Float32Array(n);
  for (let i = 0; i < k * n; i++) scales[i % n] = Math.max(scales[i % n], Math.abs(values[i]));
  for (let j = 0; j < n; j++) scales[j] = scales[j] / 127 || 1;
  const rounded = Int8Array.from(values, (value, i) => Math.round(value / scales[i % n]));
  return [
    makeTensor(name, INT8, [k, n], new Uint8Array(rounded.buffer)),
    makeTensor(scalesName, FLOAT, [n], new Uint8Array(scales.buffer)),
  ];
}
