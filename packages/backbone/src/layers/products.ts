/**
 * Products of two tensors, whichever operator computes them: matrix products, plain, fused, quantised or packed, and
 * convolutions. A product by a constant is a linear layer; a product of two data tensors is attention's business.
 */

import { type Flow, isData } from '../graph/flow.ts';
import { intAttribute, type Node, stringAttribute } from '../onnx/model.ts';

/** Where the operands stand among a node's inputs. */
const FACTORS: Record<string, readonly [number, number]> = {
  MatMul: [0, 1],
  Gemm: [0, 1],
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

/** The tensors that a node multiplies, two but for Einsum; undefined for a node that is no product. */
export function factorsOf(node: Node): readonly string[] | undefined {
  if (node.opType === 'Einsum') return node.inputs.length > 1 ? node.inputs : undefined;
  const factors = FACTORS[node.opType]?.map((slot) => node.inputs[slot]);
  return factors?.every(Boolean) ? factors : undefined;
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

/** A product of one data tensor with constants; undefined for any other node. */
export function linearOf(flow: Flow, node: Node): Linear | undefined {
  const factors = factorsOf(node) ?? [];
  const [input, ...others] = factors.filter((name) => isData(flow, name));
  const constants = factors.filter((name) => flow.kinds.get(name) === 'constant');
  if (!input || others.length > 0 || constants.length < factors.length - 1) return undefined;
  return { node, input, weight: constants[0], output: node.outputs[0] };
}

/** The factors of a product of two data tensors, and perhaps constants; undefined for any other node. */
export function mixingOf(flow: Flow, node: Node): readonly [string, string] | undefined {
  const factors = factorsOf(node) ?? [];
  const [a, b, ...others] = factors.filter((name) => isData(flow, name));
  const constants = factors.filter((name) => flow.kinds.get(name) === 'constant');
  return b && others.length === 0 && constants.length === factors.length - 2 ? [a, b] : undefined;
}

/** Axes of an operand of a product; those left are batches, such as heads. */
export interface OperandAxes {
  /** The axis summed over with the other operand. */
  readonly summed: number;
  /** The axis that the other operand lacks. */
  readonly own: number;
  /** Where `own` stands in the product; undefined if the product sums over it too. */
  readonly result?: number;
}

/**
 * Axes of both operands of a product.
 *
 * @param operands from `mixingOf`
 * @param ranks of the operands
 * @returns undefined where they are unclear
 */
export function axesOf(
  node: Node,
  operands: readonly [string, string],
  ranks: readonly [number, number],
): readonly [OperandAxes, OperandAxes] | undefined {
  if (node.opType === 'Einsum') return einsumAxes(node, operands, ranks);
  if (isConvolution(node) || ranks.some((rank) => rank < 2)) return undefined;
  if (intAttribute(node, 'transBatchA') || intAttribute(node, 'transBatchB')) return undefined;
  const [a, b] = ranks;
  const rank = Math.max(a, b);
  const first = intAttribute(node, 'transA') ? { summed: a - 2, own: a - 1 } : { summed: a - 1, own: a - 2 };
  const second = intAttribute(node, 'transB') ? { summed: b - 1, own: b - 2 } : { summed: b - 2, own: b - 1 };
  return [
    { ...first, result: rank - 2 },
    { ...second, result: rank - 1 },
  ];
}

function einsumAxes(node: Node, operands: readonly [string, string], ranks: readonly [number, number]) {
  const [terms, result] = equationOf(node);
  const [first, second] = operands.map((name) => node.inputs.indexOf(name));
  const others = terms.filter((_, i) => i !== first && i !== second).join('');
  const [a, b] = [letters(terms[first], ranks[0]), letters(terms[second], ranks[1])];
  if (!a || !b || result === undefined) return undefined;
  const only = (list: string[]) => (list.length === 1 ? list[0] : undefined);
  const summed = only(a.filter((letter) => b.includes(letter) && !result.includes(letter) && !others.includes(letter)));
  const own = [a, b].map((mine, i) => only(mine.filter((letter) => ![b, a][i].includes(letter) && letter !== '.')));
  if (summed === undefined || own[0] === undefined || own[1] === undefined) return undefined;
  const rank = result.replace('...', '').length + a.filter((letter) => letter === '.').length;
  const out = letters(result, rank) ?? [];
  const axes = (mine: string[], letter: string): OperandAxes => {
    const at = out.indexOf(letter);
    return { summed: mine.indexOf(summed), own: mine.indexOf(letter), ...(at < 0 ? {} : { result: at }) };
  };
  return [axes(a, own[0]), axes(b, own[1])] as const;
}

/** The axes of a linear layer's output that count columns, not rows. @param rank of the output */
export function columnAxes({ node, input }: Linear, rank: number): number[] {
  if (isConvolution(node)) return [1];
  if (node.opType !== 'Einsum') return [rank - 1];
  const [terms, result = ''] = equationOf(node);
  const own = terms[node.inputs.indexOf(input)] ?? '';
  return (letters(result, rank) ?? []).flatMap((letter, axis) => (own.includes(letter) ? [] : [axis]));
}

/** Terms of the operands, and that of the result, as far as it is written. */
function equationOf(node: Node): [string[], string | undefined] {
  const [terms, result] = (stringAttribute(node, 'equation') ?? '').replaceAll(' ', '').split('->');
  return [terms.split(','), result];
}

/** Letters of a term, an ellipsis as a dot an axis; undefined if they do not fit the rank. */
function letters(term: string | undefined, rank: number): string[] | undefined {
  if (term === undefined) return undefined;
  const named = term.replace('...', '').length;
  const out = [...term.replace('...', '.'.repeat(Math.max(0, rank - named)))];
  return out.length === rank ? out : undefined;
}
