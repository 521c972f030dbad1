/** The element type of every tensor of a graph, as far as a change of precision must know it. */

import type { Flow } from '../graph/flow.ts';
import { FLOAT, INT64, intAttribute, type Node, tensorAttribute } from '../onnx/model.ts';

const [UINT8, INT32, BOOL] = [2, 6, 9];

/** What an operator gives whatever it reads. */
const OWN: Record<string, number | undefined> = {
  Shape: INT64,
  Size: INT64,
  NonZero: INT64,
  ArgMax: INT64,
  ArgMin: INT64,
  Equal: BOOL,
  Less: BOOL,
  LessOrEqual: BOOL,
  Greater: BOOL,
  GreaterOrEqual: BOOL,
  And: BOOL,
  Or: BOOL,
  Not: BOOL,
  IsNaN: BOOL,
  IsInf: BOOL,
  MatMulInteger: INT32,
  ConvInteger: INT32,
};

/** TensorProto.DataType by tensor. @param inputs types of the graph's inputs */
export function elementTypes(flow: Flow, inputs: ReadonlyMap<string, number>): Map<string, number> {
  const types = new Map(inputs);
  for (const [name, tensor] of flow.constants) types.set(name, tensor.dataType);
  for (const node of flow.nodes) {
    const [first] = node.outputs;
    if (!types.has(first)) types.set(first, typeOf(node, types));
    for (const other of node.outputs.slice(1)) types.set(other, types.get(first) ?? FLOAT);
    if (node.opType === 'DynamicQuantizeLinear') types.set(node.outputs[1], FLOAT).set(first, UINT8);
  }
  return types;
}

function typeOf(node: Node, types: ReadonlyMap<string, number>): number {
  const { opType, inputs } = node;
  const own = OWN[opType];
  if (own !== undefined) return own;
  if (opType === 'Cast') return intAttribute(node, 'to') ?? FLOAT;
  if (opType === 'ConstantOfShape') return tensorAttribute(node, 'value')?.dataType ?? FLOAT;
  if (opType === 'Constant')
    return node.attributes.has('value_int') || node.attributes.has('value_ints') ? INT64 : FLOAT;
  if (opType === 'DequantizeLinear') return types.get(inputs[1]) ?? FLOAT;
  if (opType === 'QuantizeLinear') return types.get(inputs[2]) ?? UINT8;
  return types.get(inputs[opType === 'Where' || opType === 'OneHot' ? 1 : 0]) ?? FLOAT;
}
