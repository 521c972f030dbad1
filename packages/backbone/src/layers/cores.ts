/**
 * Finds attention by structure: a Softmax between two products of data (query · key before it, attention · value after it),
 * or one operator that does all of it.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Flow } from '../graph/flow.ts';
import { isData } from '../graph/flow.ts';
import type { Native } from '../graph/native.ts';
import { intAttribute, type Node } from '../onnx/model.ts';
import { isFused } from './fused.ts';
import { through } from './layout.ts';
import type { Operand } from './operand.ts';
import { axesOf, factorsOf, isInteger, mixingOf, type OperandAxes } from './products.ts';
import { type View, viewOf } from './views.ts';

/** Attention in separate nodes. */
export interface Decomposed {
  readonly softmax: Node;
  /** query · key */
  readonly scores: Node;
  /** attention · value */
  readonly mixed: Node;
  /** Which operand of `mixed` is the value. */
  readonly value: 0 | 1;
  /** Tensors from the scores to the Softmax. */
  readonly way: readonly string[];
}

/** Attention found: as a whole, in parts, or a Softmax between products that cannot be told apart: `unclear` says why. */
export interface Core {
  readonly node: Node;
  readonly parts?: Decomposed;
  readonly unclear?: string;
}

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
    const core = SOFTMAXES.has(node.opType) ? decomposed(flow, node) : undefined;
    return core ? [core] : [];
  });
  if (cores.length > MAX_CORES)
    throw new InvalidInputError(`${cores.length} attention layers; expected ≤ ${MAX_CORES}`);
  return cores;
}

function decomposed(flow: Flow, softmax: Node): Core | undefined {
  const before = between(flow, softmax, 'before');
  const after = between(flow, softmax, 'after');
  if (before.length === 0 || after.length === 0) return undefined;
  if (before.length > 1 || after.length > 1) {
    return {
      node: softmax,
      unclear: `${before.length} products before a Softmax, ${after.length} after it; expected one each`,
    };
  }
  const [scores, mixed] = [before[0].product, after[0].product];
  const operands = mixingOf(flow, mixed) ?? [];
  const attention = operands.findIndex((name) => after[0].came.has(name));
  if (attention < 0) return { node: softmax, unclear: 'a Softmax that no product reads; expected attention · value' };
  const way: string[] = [];
  const { came } = before[0];
  for (let name = came.get(scores.outputs[0]) ?? ''; name !== ''; name = came.get(name) ?? '') way.push(name);
  const value = attention === 0 ? 1 : 0;
  return { node: softmax, parts: { softmax, scores, mixed, value, way: [scores.outputs[0], ...way] } };
}

/** The products of two data tensors before or after a Softmax, with no other product or norm between. */
function between(flow: Flow, softmax: Node, side: 'before' | 'after') {
  const found = new Set<Node>();
  /** By tensor, the next one on the way to the Softmax, '' for the last. */
  const came = new Map<string, string>();
  const stack = (side === 'before' ? [softmax.inputs[0]] : [...softmax.outputs]).map((name) => ({ name, from: '' }));
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const { name, from } = at;
    if (came.has(name) || !isData(flow, name) || came.size > MAX_BETWEEN) continue;
    came.set(name, from);
    const maker = flow.producer.get(name);
    const nodes = side === 'before' ? (maker ? [maker] : []) : (flow.consumers.get(name) ?? []);
    for (const node of nodes) {
      if (mixingOf(flow, node)) found.add(node);
      else if (!factorsOf(node) && !ENDS.test(node.opType)) {
        for (const next of side === 'before' ? node.inputs : node.outputs) stack.push({ name: next, from: name });
      }
    }
  }
  return [...found].map((product) => ({ product, came }));
}

/**
 * The operands of attention in separate nodes.
 *
 * @returns undefined if their layout is unclear, or attention runs over anything but the last axis; no output where the
 *   node of attention · value goes on to multiply it
 */
export function operandsOf(flow: Flow, native: Native, { softmax, scores, mixed, value, way }: Decomposed) {
  const rank = (name: string) => native.dims(name)?.length ?? 0;
  const [factors, mixedFactors] = [mixingOf(flow, scores), mixingOf(flow, mixed)];
  const before = factors && axesOf(scores, factors, [rank(factors[0]), rank(factors[1])]);
  const after = mixedFactors && axesOf(mixed, mixedFactors, [rank(mixedFactors[0]), rank(mixedFactors[1])]);
  const axis = intAttribute(softmax, 'axis') ?? (flow.opset >= 13 ? -1 : 1);
  if (!before || !after || (axis !== -1 && axis !== rank(softmax.inputs[0]) - 1)) return undefined;
  // Attention is over the keys: the axis of the Softmax, followed back to the scores.
  const over = lastAxis(flow, native, way);
  const key = before.findIndex(({ result }) => result !== undefined && result === over);
  if (key < 0) return undefined;
  const operand = (tensor: string, axes: OperandAxes, token: 'own' | 'summed'): Operand => ({
    tensor,
    token: axes[token],
    column: axes[token === 'own' ? 'summed' : 'own'],
  });
  const [token, column] = [after[1 - value].result, after[value].result];
  return {
    query: operand(factors[1 - key], before[1 - key], 'own'),
    key: operand(factors[key], before[key], 'own'),
    value: operand(mixedFactors[value], after[value], 'summed'),
    output:
      token === undefined || column === undefined ? undefined : { tensor: dequantised(flow, mixed), token, column },
  };
}

/** The axis of the first tensor that becomes the last axis of the last one; undefined if it is no whole axis. */
function lastAxis(flow: Flow, native: Native, way: readonly string[]): number | undefined {
  let view: View | undefined = viewOf(native.dims(way[0]) ?? []);
  for (let i = 1; i < way.length && view; i++) {
    const node = flow.producer.get(way[i]);
    view = node && through(native, node, view, way[i - 1], way[i]);
  }
  const [digit, ...others] = view?.axes.at(-1) ?? [];
  return digit && others.length === 0 ? digit.axis : undefined;
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
