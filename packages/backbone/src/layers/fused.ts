/** Operators that compute attention in one node: the standard one, and those of ONNX Runtime. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Native } from '../graph/native.ts';
import { makeNode } from '../onnx/make.ts';
import { intAttribute, intsAttribute, type Node } from '../onnx/model.ts';
import type { Operand } from './operand.ts';

const MICROSOFT = 'com.microsoft';

/** Whether a node is attention as a whole, understood here or not. */
export function isFused({ opType, domain }: Node): boolean {
  return (domain === '' && opType === 'Attention') || (domain === MICROSOFT && /Attention$/.test(opType));
}

/** Query, key and value that a node reads, and a bias `[query + key + value columns]` that it adds to them itself. */
export interface FusedOperands {
  readonly query: Operand;
  readonly key: Operand;
  readonly value: Operand;
  readonly output: Operand;
  readonly bias?: string;
}

/** A node that projects tokens by a weight `[input columns, query + key + value columns]` itself. */
export interface FusedProjection {
  readonly input: string;
  /** Nodes that compute `output`: all three projections side by side, bias included. */
  readonly nodes: readonly Node[];
  readonly output: string;
  /** Columns of query, key and value. */
  readonly sizes: readonly [number, number, number];
  readonly heads: number;
  readonly attended: Operand;
}

/** @throws InvalidInputError for an operator, or a use of it, that the tap does not know */
export function fusedOperands(native: Native, node: Node): FusedOperands | undefined {
  if (node.domain === '' && node.opType === 'Attention') return standard(native, node);
  if (node.opType === 'MultiHeadAttention') return multiHead(native, node);
  if (node.opType === 'Attention' || node.opType === 'QAttention') return undefined;
  throw new InvalidInputError(
    `attention by ${node.domain} ${node.opType}; expected Attention, MultiHeadAttention or separate nodes`,
  );
}

/** ONNX Attention, from opset 23 on: `[batch, heads, tokens, columns]`, or `[batch, tokens, heads · columns]`. */
function standard(native: Native, node: Node): FusedOperands {
  const [query, key, value] = node.inputs.slice(0, 3).map((tensor, i) => {
    const rank = native.dims(tensor)?.length;
    if (rank === 4) return { tensor, token: 2, column: 3 };
    const heads = intAttribute(node, i === 0 ? 'q_num_heads' : 'kv_num_heads');
    if (rank === 3 && heads) return { tensor, token: 1, column: 2, heads };
    throw new InvalidInputError(`Attention of a tensor of rank ${rank}; expected 4, or 3 with its number of heads`);
  });
  return { query, key, value, output: { ...query, tensor: node.outputs[0] } };
}

/** com.microsoft MultiHeadAttention: three tensors, or key and value packed, or all three. */
function multiHead(native: Native, node: Node): FusedOperands {
  const heads = intAttribute(node, 'num_heads') ?? 0;
  const [q, k = '', v = '', bias = ''] = node.inputs;
  const rank = (tensor: string) => native.dims(tensor)?.length ?? 0;
  const output = { tensor: node.outputs[0], token: 1, column: 2, heads };
  // [batch, tokens, heads, parts, columns]
  const part = (tensor: string, index: number): Operand => ({ tensor, pick: { axis: 3, index }, token: 1, column: 3 });
  const merged = (tensor: string): Operand =>
    rank(tensor) === 4 ? { tensor, token: 2, column: 3 } : { tensor, token: 1, column: 2, heads };
  if (rank(q) === 5) return { query: part(q, 0), key: part(q, 1), value: part(q, 2), output };
  const query = merged(q);
  if (rank(k) === 5) return { query, key: part(k, 0), value: part(k, 1), output, ...(bias && { bias }) };
  if (heads < 1 || k === '' || v === '') throw new InvalidInputError('MultiHeadAttention without keys; expected them');
  return { query, key: merged(k), value: merged(v), output, ...(bias && { bias }) };
}

/** com.microsoft Attention and QAttention, which hold the weights: their projection as nodes of its own. */
export function fusedProjection(
  native: Native,
  node: Node,
  fresh: (wish: string) => string,
): FusedProjection | undefined {
  if (node.domain !== MICROSOFT || (node.opType !== 'Attention' && node.opType !== 'QAttention')) return undefined;
  const quantised = node.opType === 'QAttention';
  const [input, weight, bias] = node.inputs;
  const heads = intAttribute(node, 'num_heads') ?? 0;
  const width = native.dims(weight)?.[1] ?? 0;
  const sizes = intsAttribute(node, 'qkv_hidden_sizes') ?? [width / 3, width / 3, width / 3];
  if (heads < 1 || sizes.length !== 3 || sizes.some((size) => !Number.isInteger(size / heads) || size < 1)) {
    throw new InvalidInputError(
      `${node.opType} of ${width} columns and ${heads} heads; expected heads that share them`,
    );
  }
  const nodes: Node[] = [];
  const add = (opType: string, inputs: string[], attributes = {}) => {
    const output = fresh('projection');
    nodes.push(makeNode(opType, inputs, [output], attributes));
    return output;
  };
  let [tokens, matrix] = [input, weight];
  if (quantised) {
    const [, , , inputScale, weightScale, , inputZero = '', weightZero = ''] = node.inputs;
    const operands = (...names: string[]) => (names.at(-1) === '' ? names.slice(0, -1) : names);
    tokens = add('DequantizeLinear', operands(input, inputScale, inputZero));
    matrix = add('DequantizeLinear', operands(weight, weightScale, weightZero), { axis: 1 });
  }
  const product = add('MatMul', [tokens, matrix]);
  const output = bias ? add('Add', [product, bias]) : product;
  const attended = { tensor: node.outputs[0], token: 1, column: 2, heads };
  return { input, nodes, output, sizes: sizes as [number, number, number], heads, attended };
}
