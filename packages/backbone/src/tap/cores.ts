/**
 * Finds attention by structure: a Softmax between two products of data (query · key before it, attention · value after it),
 * or one operator that does all of it.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import { intAttribute, type Node } from '../onnx/model.ts';
import type { Flow } from './flow.ts';
import { isData } from './flow.ts';
import { isFused } from './fused.ts';
import type { Native } from './native.ts';
import type { Operand } from './operand.ts';
import { axesOf, factorsOf, isInteger, mixingOf, type OperandAxes } from './products.ts';

/** Attention in separate nodes. */
export interface Decomposed {
  readonly softmax: Node;
  /** query · key */
  readonly scores: Node;
  /** attention · value */
  readonly mixed: Node;
  /** Which factor of `mixed` is the value. */
  readonly value: 0 | 1;
}

export type Core = { readonly node: Node; readonly parts?: Decomposed };

const MAX_CORES = 1000;
/** Most nodes between a Softmax and its products. */
const MAX_BETWEEN = 200;
const SOFTMAXES = new Set(['Softmax', 'QLinearSoftmax']);
/** Operators that end the way from a Softmax to its products. */
const ENDS = /^(.*Softmax|.*Normalization|.*LayerNorm|Reduce.*|GlobalAveragePool|Attention|.*Attention|TopK|ArgMax)$/;

/** Finds all attention in the graph, in no particular order. */
export function findCores(flow: Flow): Core[] {
  const cores = flow.nodes.flatMap((node): Core[] => {
    if (!node.outputs[0] || !isData(flow, node.outputs[0])) return [];
    if (isFused(node)) return [{ node }];
    const parts = SOFTMAXES.has(node.opType) ? decomposed(flow, node) : undefined;
    return parts ? [{ node, parts }] : [];
  });
  if (cores.length > MAX_CORES)
    throw new InvalidInputError(`${cores.length} attention layers; expected ≤ ${MAX_CORES}`);
  return cores;
}

function decomposed(flow: Flow, softmax: Node): Decomposed | undefined {
  const before = between(flow, softmax, 'before');
  const after = between(flow, softmax, 'after');
  if (before.length !== 1 || after.length !== 1) return undefined;
  const [scores, mixed] = [before[0].product, after[0].product];
  const factors = factorsOf(mixed) ?? [];
  const attention = factors.findIndex((name) => after[0].through.has(name));
  return attention < 0 ? undefined : { softmax, scores, mixed, value: attention === 0 ? 1 : 0 };
}

/** The products of two data tensors before or after a Softmax, with no other product or norm between. */
function between(flow: Flow, softmax: Node, side: 'before' | 'after') {
  const found = new Map<Node, Set<string>>();
  const through = new Set<string>();
  const stack = side === 'before' ? [softmax.inputs[0]] : [...softmax.outputs];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    if (through.has(name) || !isData(flow, name) || through.size > MAX_BETWEEN) continue;
    through.add(name);
    const maker = flow.producer.get(name);
    const nodes = side === 'before' ? (maker ? [maker] : []) : (flow.consumers.get(name) ?? []);
    for (const node of nodes) {
      if (mixingOf(flow, node)) found.set(node, through);
      else if (!factorsOf(node) && !ENDS.test(node.opType)) {
        for (const next of side === 'before' ? node.inputs : node.outputs) stack.push(next);
      }
    }
  }
  return [...found.keys()].map((product) => ({ product, through }));
}

/**
 * The operands of attention in separate nodes.
 *
 * @returns undefined if their layout is unclear, or attention runs over anything but the last axis
 */
export function operandsOf(flow: Flow, native: Native, { softmax, scores, mixed, value }: Decomposed) {
  const [q, k] = factorsOf(scores) ?? ['', ''];
  const mixedFactors = factorsOf(mixed) ?? ['', ''];
  const rank = (name: string) => native.dims(name)?.length ?? 0;
  const before = axesOf(scores, [rank(q), rank(k)]);
  const after = axesOf(mixed, [rank(mixedFactors[0]), rank(mixedFactors[1])]);
  const axis = intAttribute(softmax, 'axis') ?? (flow.opset >= 13 ? -1 : 1);
  if (!before || !after || (axis !== -1 && axis !== rank(softmax.inputs[0]) - 1)) return undefined;
  const operand = (tensor: string, axes: OperandAxes, token: 'own' | 'summed'): Operand => ({
    tensor,
    token: axes[token],
    column: axes[token === 'own' ? 'summed' : 'own'],
  });
  const output = dequantised(flow, mixed);
  const mixedRank = rank(output);
  return {
    query: operand(q, before[0], 'own'),
    key: operand(k, before[1], 'own'),
    value: operand(mixedFactors[value], after[value], 'summed'),
    output:
      value === 1
        ? { tensor: output, token: mixedRank - 2, column: mixedRank - 1 }
        : { tensor: output, token: mixedRank - 1, column: mixedRank - 2 },
  };
}

/** The output of a product, past the scaling that makes it float again. */
export function dequantised(flow: Flow, product: Node): string {
  let name = product.outputs[0];
  if (!isInteger(product)) return name;
  for (;;) {
    const [node, ...others] = (flow.consumers.get(name) ?? []).filter((other) => isData(flow, other.outputs[0]));
    if (!node || others.length > 0 || (node.opType !== 'Cast' && node.opType !== 'Mul')) return name;
    name = node.outputs[0];
    if (node.opType === 'Mul') return name;
  }
}
