/**
 * Finds the attention layers of a Vision Transformer by structure, never by name: a Softmax whose input comes from a product
 * of two data tensors (query · key) and whose output goes into another product (attention · value).
 *
 * It refuses attention that it does not fully understand: a skipped layer would shift the numbers of the others, and a
 * tensor taken too early or too late would be a scaled or rotated key.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import { floatAttribute, intAttribute, type Node } from '../onnx/model.ts';
import { ancestors, constantDims, dataInputs, type Flow, isData, shapeValues } from './flow.ts';

/** A linear layer, bias included: the query, key or value of all heads, before any scaling. */
export interface Projection {
  /** Name of the tensor `[1, tokens, dim]`, or `[tokens, dim]` from a Gemm. */
  readonly output: string;
  /** Name of the projected tensor: the normalised tokens. */
  readonly input: string;
  readonly dim: number;
}

export interface AttentionLayer {
  readonly softmax: Node;
  readonly query: Projection;
  readonly key: Projection;
  readonly value: Projection;
  readonly heads: number;
}

/** Products, at which a search through elementwise and layout nodes ends. */
const PRODUCTS = new Set(['MatMul', 'Gemm', 'Einsum', 'MatMulInteger', 'QLinearMatMul', 'FusedMatMul', 'Conv']);
const LAYOUT = new Set(['Transpose', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Cast', 'Identity']);
/** Operators that may compute a scale from the size of a head. */
const SCALE_ARITHMETIC = new Set([
  'Shape',
  'Slice',
  'Gather',
  'Squeeze',
  'Unsqueeze',
  'Cast',
  'Sqrt',
  'Div',
  'Mul',
  'Constant',
]);
const MAX_LAYERS = 1000;

/**
 * Finds the attention layers that the image flows through, first to last.
 *
 * @param reached the nodes that the image's values flow into
 * @throws InvalidInputError if there are none, or the tap does not understand one
 */
export function attentionLayers(flow: Flow, reached: ReadonlySet<Node>): AttentionLayer[] {
  const softmaxes = flow.nodes.filter((node) => node.opType === 'Softmax' && reached.has(node));
  if (softmaxes.length > MAX_LAYERS)
    throw new InvalidInputError(`${softmaxes.length} Softmax; expected ≤ ${MAX_LAYERS}`);
  const found = softmaxes.filter((softmax) => isAttention(flow, softmax));
  if (found.length === 0) {
    throw new InvalidInputError(
      'no attention layer (Softmax between two products of data); expected a Vision Transformer',
    );
  }
  return inOrder(flow, found).map((softmax, index) => layerOf(flow, softmax, index));
}

function isAttention(flow: Flow, softmax: Node): boolean {
  const reached = (found: (node: Node) => boolean, next: (node: Node) => Iterable<Node>) => {
    const seen = new Set<Node>();
    const stack = [...next(softmax)];
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (!PRODUCTS.has(node.opType)) for (const other of next(node)) stack.push(other);
      else if (found(node)) return true;
    }
    return false;
  };
  const back = (node: Node) => dataInputs(flow, node).flatMap((name) => flow.producer.get(name) ?? []);
  const forward = (node: Node) =>
    node.outputs.flatMap((name) => flow.consumers.get(name) ?? []).filter((other) => isData(flow, other.outputs[0]));
  const ofTwo = (node: Node) => dataInputs(flow, node).length >= 2;
  return reached(ofTwo, back) && reached(ofTwo, forward);
}

/** Sorts layers by dependency. @throws InvalidInputError unless each is computed from all earlier ones */
function inOrder(flow: Flow, softmaxes: readonly Node[]): Node[] {
  const depth = new Map<Node, number>();
  for (const softmax of softmaxes) {
    const before = ancestors(flow, softmax.outputs[0]);
    depth.set(softmax, softmaxes.filter((other) => other !== softmax && before.has(other)).length);
  }
  const order = softmaxes.toSorted((a, b) => (depth.get(a) ?? 0) - (depth.get(b) ?? 0));
  const branch = order.findIndex((softmax, index) => depth.get(softmax) !== index);
  if (branch >= 0) throw new InvalidInputError('attention layers beside each other; expected one after the other');
  return order;
}

function layerOf(flow: Flow, softmax: Node, index: number): AttentionLayer {
  const where = `attention layer ${index}`;
  const axis = intAttribute(softmax, 'axis') ?? (flow.opset >= 13 ? -1 : 1);
  if (axis !== -1 && axis !== 3) throw new InvalidInputError(`${where}: Softmax over axis ${axis}; expected the last`);
  const scores = productBefore(flow, softmax.inputs[0], where);
  const mixed = productAfter(flow, softmax, where);
  const [query, queryHeads] = projection(flow, scores.inputs[0], `${where}, query`);
  const [key, keyHeads] = projection(flow, scores.inputs[1], `${where}, key`);
  const [value, valueHeads] = projection(flow, mixed.inputs[1], `${where}, value`);
  if (
    query.input !== key.input ||
    query.input !== value.input ||
    query.output === key.output ||
    query.output === value.output ||
    key.output === value.output
  ) {
    throw new InvalidInputError(`${where}: expected three projections of the same tokens`);
  }
  if (queryHeads !== keyHeads || queryHeads !== valueHeads || query.dim !== key.dim || query.dim !== value.dim) {
    throw new InvalidInputError(`${where}: query, key and value differ in size; expected the same heads and dim`);
  }
  return { softmax, query, key, value, heads: queryHeads };
}

/** Finds the product query · key. @throws InvalidInputError if more than scaling lies between it and the Softmax */
function productBefore(flow: Flow, from: string, where: string): Node {
  let name = from;
  for (let node = flow.producer.get(name); node; node = flow.producer.get(name)) {
    if (node.opType === 'MatMul' && dataInputs(flow, node).length === 2) return node;
    if (node.opType === 'Transpose') refuse(node, `${where}, between query · key and the Softmax`);
    name = passThrough(flow, node) ?? refuse(node, `${where}, between query · key and the Softmax`);
  }
  throw new InvalidInputError(`${where}: the Softmax is not computed by a node; expected a MatMul`);
}

/** Finds the product attention · value. @throws InvalidInputError if it is not the only reader of the Softmax */
function productAfter(flow: Flow, softmax: Node, where: string): Node {
  let name = softmax.outputs[0];
  for (;;) {
    const readers = (flow.consumers.get(name) ?? []).filter((node) => isData(flow, node.outputs[0]));
    if (readers.length !== 1) {
      throw new InvalidInputError(
        `${where}: ${readers.length} readers of the Softmax; expected the product with the values`,
      );
    }
    const [node] = readers;
    if (node.opType === 'MatMul' && node.inputs[0] === name && isData(flow, node.inputs[1])) return node;
    if (passThrough(flow, node) !== name || node.opType === 'Transpose')
      refuse(node, `${where}, between the Softmax and the values`);
    name = node.outputs[0];
  }
}

/** Follows an operand of a product back to its linear layer, and counts the heads into which it was split. */
function projection(flow: Flow, operand: string, where: string): [Projection, number] {
  let name = operand;
  let split: Node | undefined;
  for (let node = flow.producer.get(name); node; node = flow.producer.get(name)) {
    const linear = linearLayer(flow, name);
    if (linear) return [linear, headsOf(flow, split, linear.dim, where)];
    if (node.opType === 'Reshape' && shapeValues(flow, node.inputs[1]).length === 4) split = node;
    name = passThrough(flow, node) ?? refuse(node, `${where}, after the projection`);
  }
  throw new InvalidInputError(`${where}: no projection; expected a MatMul or Gemm by a weight`);
}

/** Reads a MatMul or Gemm by a constant weight, with or without a bias. @returns undefined for any other node */
function linearLayer(flow: Flow, output: string): Projection | undefined {
  const node = flow.producer.get(output);
  if (node?.opType !== 'Add') return node && product(flow, node);
  const [data, ...others] = dataInputs(flow, node);
  const linear = flow.producer.get(data);
  const unbiased = linear && product(flow, linear);
  const bias = constantDims(flow, node.inputs[node.inputs[0] === data ? 1 : 0]);
  const fits = unbiased && bias && others.length === 0 && bias.at(-1) === unbiased.dim && size(bias) === unbiased.dim;
  return fits ? { ...unbiased, output } : undefined;
}

function product(flow: Flow, node: Node): Projection | undefined {
  const { opType, inputs, outputs } = node;
  const weight = constantDims(flow, inputs[1]);
  if (weight?.length !== 2 || dataInputs(flow, node).join() !== inputs[0]) return undefined;
  if (opType === 'MatMul') return { output: outputs[0], input: inputs[0], dim: weight[1] };
  const plain = (floatAttribute(node, 'alpha') ?? 1) === 1 && (floatAttribute(node, 'beta') ?? 1) === 1;
  if (opType !== 'Gemm' || intAttribute(node, 'transA') || !plain) return undefined;
  return { output: outputs[0], input: inputs[0], dim: weight[intAttribute(node, 'transB') ? 0 : 1] };
}

/** Reads the heads off the Reshape after the projection: `[…, heads, dim / heads]`, one of the two perhaps −1. */
function headsOf(flow: Flow, split: Node | undefined, dim: number, where: string): number {
  const shape = split ? shapeValues(flow, split.inputs[1]) : [];
  const [heads, headDim] = shape.slice(-2);
  const found = heads && heads > 0 ? heads : headDim && headDim > 0 ? dim / headDim : 0;
  if (
    shape.length !== 4 ||
    !Number.isInteger(found) ||
    found < 1 ||
    (headDim && headDim > 0 && found * headDim !== dim)
  ) {
    throw new InvalidInputError(
      `${where}: split into [${shape.map((n) => n ?? '?')}]; expected heads that share ${dim}`,
    );
  }
  return found;
}

/** The data input of a node that only moves, casts or scales it; undefined for any other node. */
function passThrough(flow: Flow, node: Node): string | undefined {
  if (LAYOUT.has(node.opType)) return node.inputs[0];
  const [data, ...others] = dataInputs(flow, node);
  if ((node.opType !== 'Mul' && node.opType !== 'Div') || others.length > 0) return undefined;
  if (node.opType === 'Div' && node.inputs[0] !== data) return undefined;
  const factor = node.inputs.find((name) => name !== data);
  return factor !== undefined && isScalar(flow, factor) ? data : undefined;
}

function isScalar(flow: Flow, name: string): boolean {
  const dims = constantDims(flow, name);
  if (dims) return size(dims) === 1;
  const single = (read: string) => size(constantDims(flow, read) ?? []) === 1;
  return [...ancestors(flow, name, (read) => !isData(flow, read))].every(
    (node) => SCALE_ARITHMETIC.has(node.opType) && node.inputs.every((read) => isData(flow, read) || single(read)),
  );
}

function size(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

function refuse(node: Node, where: string): never {
  const hint = ['Split', 'Slice', 'Gather'].includes(node.opType)
    ? ' (query, key and value fused?)'
    : ['Concat', 'Add', 'Sub', 'Neg'].includes(node.opType)
      ? ' (rotary positions or a mask?)'
      : '';
  throw new InvalidInputError(`${where}: ${node.opType}${hint}; expected only layout and scaling by one number`);
}
