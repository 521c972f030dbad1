/**
 * Products of two tensors, whichever operator computes them: matrix products, plain, fused, quantised or packed, and
 * convolutions. A product by a constant is a linear layer; a product of two data tensors is attention's business.
 */
import { intAttribute, type Node, stringAttribute } from '../onnx/model.ts';
import { type Flow, isData } from './flow.ts';

/** Where the operands stand among a node's inputs. */
const FACTORS: Record<string, readonly [number, number]> = {
  MatMul: [0, 1],
  Gemm: [0, 1],
  Einsum: [0, 1],
  MatMulInteger: [0, 1],
  QLinearMatMul: [0, 3],
  Conv: [0, 1],
  ConvInteger: [0, 1],
  QLinearConv: [0, 3],
  // com.microsoft
  FusedMatMul: [0, 1],
  TransposeMatMul: [0, 1],
  FusedGemm: [0, 1],
  FusedConv: [0, 1],
  QGemm: [0, 3],
  MatMulNBits: [0, 1],
  MatMulBnb4: [0, 1],
  MatMulFpQ4: [0, 1],
  GemmFloat8: [0, 1],
  MatMulIntegerToFloat: [0, 1],
  DynamicQuantizeMatMul: [0, 1],
};
const CONVOLUTIONS = new Set(['Conv', 'ConvInteger', 'QLinearConv', 'FusedConv']);
/** Their values are integers still to be multiplied by the scales of both factors. */
const INTEGER = new Set(['MatMulInteger', 'ConvInteger']);
/** Operators whose outputs are quantised by a scale and a zero point of their own. */
const QUANTISED: Record<string, readonly [number, number]> = {
  QLinearMatMul: [6, 7],
  QLinearConv: [6, 7],
  QGemm: [7, 8],
  QLinearAdd: [6, 7],
};

/** The two tensors that a node multiplies; undefined for a node that is no product. */
export function factorsOf(node: Node): readonly [string, string] | undefined {
  const slots = FACTORS[node.opType];
  if (!slots || (node.opType === 'Einsum' && node.inputs.length !== 2)) return undefined;
  const [a, b] = slots.map((slot) => node.inputs[slot]);
  return a && b ? [a, b] : undefined;
}

export const isConvolution = (node: Node): boolean => CONVOLUTIONS.has(node.opType);
export const isInteger = (node: Node): boolean => INTEGER.has(node.opType);

/** Names of the scale and zero point of a quantised output; undefined for a node whose output is none. */
export function quantisation(node: Node): { scale: string; zero: string } | undefined {
  const slots = QUANTISED[node.opType];
  if (!slots) return undefined;
  const [scale, zero] = slots.map((slot) => node.inputs[slot] ?? '');
  return scale === '' ? undefined : { scale, zero };
}

export interface Linear {
  readonly node: Node;
  readonly input: string;
  readonly weight: string;
  readonly output: string;
}

/** A product of one data tensor with a constant; undefined for any other node. */
export function linearOf(flow: Flow, node: Node): Linear | undefined {
  const factors = factorsOf(node);
  const data = factors?.filter((name) => isData(flow, name));
  if (!factors || data?.length !== 1) return undefined;
  const [input] = data;
  const weight = factors[0] === input ? factors[1] : factors[0];
  return flow.kinds.get(weight) === 'constant' ? { node, input, weight, output: node.outputs[0] } : undefined;
}

/** A product of two data tensors; undefined for any other node. */
export function mixingOf(flow: Flow, node: Node): readonly [string, string] | undefined {
  const factors = factorsOf(node);
  return factors?.every((name) => isData(flow, name)) ? factors : undefined;
}

/** Axes of a product's operand: the one summed over, and the one of its own; the others are batches, such as heads. */
export interface OperandAxes {
  readonly summed: number;
  readonly own: number;
}

/**
 * Axes of both operands of a product.
 *
 * @param ranks of the two operands
 * @returns undefined where they are unclear
 */
export function axesOf(node: Node, ranks: readonly [number, number]): readonly [OperandAxes, OperandAxes] | undefined {
  if (node.opType === 'Einsum') return einsumAxes(stringAttribute(node, 'equation') ?? '', ranks);
  if (isConvolution(node) || ranks.some((rank) => rank < 2)) return undefined;
  if (intAttribute(node, 'transBatchA') || intAttribute(node, 'transBatchB')) return undefined;
  const [a, b] = ranks;
  const first = intAttribute(node, 'transA') ? { summed: a - 2, own: a - 1 } : { summed: a - 1, own: a - 2 };
  const second = intAttribute(node, 'transB') ? { summed: b - 1, own: b - 2 } : { summed: b - 2, own: b - 1 };
  return [first, second];
}

function einsumAxes(equation: string, ranks: readonly [number, number]): [OperandAxes, OperandAxes] | undefined {
  const [terms, result] = equation.replaceAll(' ', '').split('->');
  const [a, b] = terms.split(',').map((term, i) => letters(term, ranks[i]));
  if (!a || !b || result === undefined) return undefined;
  const only = (list: string[]) => (list.length === 1 ? list[0] : undefined);
  const summed = only(a.filter((letter) => b.includes(letter) && !result.includes(letter)));
  const ownA = only(a.filter((letter) => !b.includes(letter) && letter !== '.'));
  const ownB = only(b.filter((letter) => !a.includes(letter) && letter !== '.'));
  if (summed === undefined || ownA === undefined || ownB === undefined) return undefined;
  return [
    { summed: a.indexOf(summed), own: a.indexOf(ownA) },
    { summed: b.indexOf(summed), own: b.indexOf(ownB) },
  ];
}

/** Letters of a term, an ellipsis as a dot an axis; undefined if they do not fit the rank. */
function letters(term: string, rank: number): string[] | undefined {
  const named = term.replace('...', '').length;
  const out = [...term.replace('...', '.'.repeat(Math.max(0, rank - named)))];
  return out.length === rank ? out : undefined;
}
