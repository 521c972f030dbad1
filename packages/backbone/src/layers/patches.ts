/**
 * How a graph cuts the image into patches: the first product by a constant that the image reaches, a convolution whose stride
 * equals its kernel, or a matrix product of flattened patches; and where the patches stand among the tokens.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Dominators } from '../graph/dominators.ts';
import { dataRead, type Flow, isData } from '../graph/flow.ts';
import type { Native } from '../graph/native.ts';
import {
  BFLOAT16,
  FLOAT,
  FLOAT16,
  type Graph,
  intAttribute,
  intsAttribute,
  type Node,
  stringAttribute,
  type ValueInfo,
} from '../onnx/model.ts';
import type { Layer } from './layers.ts';
import { through } from './layout.ts';
import { factorsOf, isConvolution, type Linear, linearOf } from './products.ts';
import { type Digit, inOrder, positions, sizeOf, type View, viewOf } from './views.ts';

export interface PatchEmbedding {
  /** The graph input that takes the image. */
  readonly input: ValueInfo;
  /** Whether it takes `[batch, height, width, 3]` instead of `[batch, 3, height, width]`. */
  readonly channelsLast: boolean;
  /** The product that embeds patches. */
  readonly linear: Linear;
  /** Side of a patch in pixels. */
  readonly patch: number;
}

const MAX_BETWEEN = 64;
const FLOATS = new Set([FLOAT, FLOAT16, BFLOAT16, 11]);

/** @throws InvalidInputError unless exactly one input is an image, and one product cuts it into square patches */
export function patchEmbedding(flow: Flow, graph: Graph): PatchEmbedding {
  const images = graph.inputs.filter(
    ({ name, dims, elemType }) => isData(flow, name) && (dims === null || dims.length === 4) && FLOATS.has(elemType),
  );
  const found = images.flatMap((input) => {
    const linears = firstProducts(flow, input.name);
    return linears.length > 0 ? [{ input, linears }] : [];
  });
  if (found.length !== 1) {
    const inputs = graph.inputs.filter(({ name }) => isData(flow, name));
    const seen = inputs.map(({ name, dims, elemType }) => `${name} type ${elemType} [${dims?.map((d) => d ?? '?')}]`);
    throw new InvalidInputError(
      `${found.length} image inputs among ${seen.join(', ') || 'none'}; expected one, float [batch,3,height,width]`,
    );
  }
  const [{ input, linears }] = found;
  if (linears.length !== 1) {
    throw new InvalidInputError(`${linears.length} products of the image; expected one, the patch embedding`);
  }
  const [{ linear, transposed }] = linears;
  const { patch } = isConvolution(linear.node) ? convolved(flow, linear) : flattened(flow, linear);
  return { input, linear, patch, channelsLast: transposed || (input.dims?.[3] === 3 && input.dims[1] !== 3) };
}

/** The products by constants that an input reaches through nodes that are no products. */
function firstProducts(flow: Flow, input: string): { linear: Linear; transposed: boolean }[] {
  const found = new Map<Node, { linear: Linear; transposed: boolean }>();
  const seen = new Set<string>();
  const stack = [{ name: input, transposed: false }];
  for (let at = stack.pop(); at && seen.size <= MAX_BETWEEN; at = stack.pop()) {
    if (seen.has(at.name)) continue;
    seen.add(at.name);
    for (const node of flow.consumers.get(at.name) ?? []) {
      const linear = linearOf(flow, node);
      if (linear) found.set(node, { linear, transposed: at.transposed });
      if (factorsOf(node)) continue;
      const transposed =
        at.transposed || (node.opType === 'Transpose' && intsAttribute(node, 'perm')?.join() === '0,3,1,2');
      for (const name of node.outputs) if (isData(flow, name)) stack.push({ name, transposed });
    }
  }
  return [...found.values()];
}

function convolved(flow: Flow, { node, weight }: Linear): { patch: number } {
  const kernel = intsAttribute(node, 'kernel_shape') ?? flow.constants.get(weight)?.dims.slice(2) ?? [];
  const [patch] = kernel;
  const plain =
    kernel.length === 2 &&
    patch === kernel[1] &&
    patch >= 1 &&
    (intsAttribute(node, 'strides') ?? [1, 1]).every((stride) => stride === patch) &&
    (intsAttribute(node, 'pads') ?? []).every((pad) => pad === 0) &&
    (intsAttribute(node, 'dilations') ?? []).every((dilation) => dilation === 1) &&
    (intAttribute(node, 'group') ?? 1) === 1 &&
    ['NOTSET', 'VALID', ''].includes(stringAttribute(node, 'auto_pad') ?? 'NOTSET');
  if (plain) return { patch };
  throw new InvalidInputError(
    `a first convolution of kernel [${kernel}], strides [${intsAttribute(node, 'strides') ?? [1, 1]}]; expected patches (stride = kernel, no padding), as in a plain ViT`,
  );
}

/** The side of patches that were flattened to 3 · p · p values. */
function flattened(flow: Flow, { weight, node }: Linear): { patch: number } {
  const dims = flow.constants.get(weight)?.dims ?? [];
  const transposed = Boolean(intAttribute(node, 'transB')) || factorsOf(node)?.[0] === weight;
  const values = node.opType === 'MatMulNBits' ? intAttribute(node, 'K') : dims[transposed ? 1 : 0];
  const patch = Math.sqrt((values ?? 0) / 3);
  if (dims.length >= 2 && Number.isInteger(patch) && patch >= 1) return { patch };
  throw new InvalidInputError(`a first product by [${dims}]; expected a patch embedding of 3 · p · p values`);
}

/**
 * Checks that a matrix product of flattened patches gets them row by row; a convolution always does.
 *
 * @throws InvalidInputError if it does not
 */
export function checkPatches(
  flow: Flow,
  native: Native,
  dominators: Dominators,
  { input, linear, patch, channelsLast }: PatchEmbedding,
): void {
  if (isConvolution(linear.node)) return;
  const way = dominators(linear.input).toReversed();
  let view: View | undefined = viewOf(native.dims(input.name) ?? []);
  for (let i = 1; i < way.length && view; i++) {
    const node = flow.producer.get(way[i]);
    view = node?.inputs.includes(way[i - 1]) ? through(native, node, view, way[i - 1], way[i]) : undefined;
  }
  const [height, width] = channelsLast ? [1, 2] : [2, 3];
  const rows = view?.axes.slice(0, -1).flat() ?? [];
  const expected = [height, width].filter((axis) => (native.dims(input.name)?.[axis] ?? 0) > patch);
  const fits =
    rows.length === expected.length && rows.every(({ axis, stride }, i) => axis === expected[i] && stride === patch);
  if (!view || !fits) throw new InvalidInputError('patches cut in an unknown order; expected row by row');
}

/**
 * Counts the tokens before the patches.
 *
 * @param patches rows and columns of patches at the native size
 * @throws InvalidInputError unless the first layer's tokens are prefix tokens, then the patches in row-major order
 */
export function prefixTokens(
  flow: Flow,
  native: Native,
  dominators: Dominators,
  { linear }: PatchEmbedding,
  { key, tokens }: Layer,
  [h, w]: readonly [number, number],
): number {
  const way = dominators(key.input).toReversed();
  const start = way.indexOf(linear.output);
  if (start < 0) throw new InvalidInputError('patches that other data joins; expected the image alone');
  const found = new Map<string, Rows | undefined>(anchored(flow, native, way.slice(start), linear));
  const { rows } = rowsOf(flow, native, key.input, found) ?? {};
  const prefix = tokens - h * w;
  if (rows?.length !== tokens) {
    const lost = [...found].flatMap(([name, known]) => (known ? [] : (flow.producer.get(name) ?? [])));
    const by = lost.find((node) => dataRead(flow, node).some((name) => found.get(name)))?.opType ?? 'nodes';
    throw new InvalidInputError(
      `patches moved by ${by} before attention layer 0; expected them joined with other tokens at most`,
    );
  }
  if (!rows.every((row, i) => row === Math.max(i - prefix, -1))) {
    throw new InvalidInputError(
      'tokens after the patches or among them; expected prefix tokens, then all patches row by row',
    );
  }
  return prefix;
}

/** Tokens of a tensor: the numbers of patches, -1 for others, and which axis from the end counts them; channels are the other. */
interface Rows {
  readonly rows: readonly number[];
  readonly axis: 1 | 2;
}

/** The last tensor on the way from the patch embedding that holds the patches alone, moved as a whole, and its rows. */
function anchored(flow: Flow, native: Native, way: readonly string[], linear: Linear): Map<string, Rows> {
  const dims = native.dims(way[0]) ?? [];
  const channel = isConvolution(linear.node) ? 1 : dims.length - 1;
  const count = dims.reduce((product, dim, i) => (i === channel ? product : product * dim), 1);
  let view: View | undefined = viewOf(dims);
  let anchor: [string, Rows] | undefined;
  for (const [i, name] of way.entries()) {
    const node = flow.producer.get(name);
    if (i > 0) view = view && node?.inputs.includes(way[i - 1]) ? through(native, node, view, way[i - 1], name) : view;
    if (!view || !sameSizes(view, native.dims(name))) break;
    const found = tokensOf(view, channel);
    if (found && inOrder(found.digits) && sizeOf(found.digits) === count) {
      anchor = [name, { rows: Array.from({ length: count }, (_, row) => row), axis: found.axis }];
    }
  }
  if (!anchor) throw new InvalidInputError('patches out of row-major order at attention layer 0; expected row by row');
  return new Map([anchor]);
}

/** The digits of the tokens, where the last axis or the one before it holds the channels alone. */
function tokensOf({ axes }: View, channel: number): { digits: Digit[]; axis: 1 | 2 } | undefined {
  for (const axis of [2, 1] as const) {
    const at = axes.length - (3 - axis);
    const digits = axes.filter((_, i) => i !== at).flat();
    const alone = axes[at]?.every((digit) => digit.axis === channel) && axes[at].length > 0;
    if (alone && digits.every((digit) => digit.axis !== channel)) return { digits, axis };
  }
  return undefined;
}

function sameSizes(view: View, dims: readonly number[] | undefined): boolean {
  return dims?.length === view.axes.length && view.axes.every((digits, i) => sizeOf(digits) === dims[i]);
}

/** Most tensors to look at between the patches and the first layer. */
const MAX_TENSORS = 500;

/** Follows tokens back to the patches: joined, cut and changed in place. */
function rowsOf(flow: Flow, native: Native, tensor: string, known: Map<string, Rows | undefined>): Rows | undefined {
  if (known.has(tensor) || known.size > MAX_TENSORS) return known.get(tensor);
  known.set(tensor, undefined);
  const rows = rowsMade(flow, native, tensor, known);
  known.set(tensor, rows);
  return rows;
}

function rowsMade(flow: Flow, native: Native, tensor: string, known: Map<string, Rows | undefined>): Rows | undefined {
  const node = flow.producer.get(tensor);
  const dims = native.dims(tensor);
  if (!node || !dims || dims.length < 2) return undefined;
  const parts = joinedBy(node);
  const from = dataRead(flow, node);
  if (parts) {
    const given = intAttribute(node, 'axis') ?? 0;
    const axis = dims.length - (given < 0 ? given + dims.length : given);
    if (axis !== 1 && axis !== 2) return undefined;
    const all = parts.map((part) =>
      isData(flow, part)
        ? rowsOf(flow, native, part, known)
        : { rows: Array<number>(native.dims(part)?.at(-axis) ?? 0).fill(-1), axis },
    );
    if (all.some((each) => each?.axis !== axis)) return undefined;
    return { rows: all.flatMap((each) => each?.rows ?? []), axis };
  }
  for (const input of from) {
    const tokens = rowsOf(flow, native, input, known);
    const before = native.dims(input);
    if (!tokens || !before) continue;
    const { rows } = tokens;
    const view = through(native, node, viewOf(before), input, tensor);
    const moved = view && tokensOf(view, before.length - (3 - tokens.axis));
    if (!moved) return undefined;
    const { digits, axis } = moved;
    // All moves but cuts keep the rows; a cut takes a run of them.
    const offset = view.offsets[before.length - tokens.axis] ?? 0;
    const whole = sizeOf(digits) === rows.length && inOrder(digits);
    return { rows: whole ? rows : positions(digits).map((at) => rows[at + offset]), axis };
  }
  return undefined;
}

/** The tensors that a node joins; undefined for any other node. */
function joinedBy({ opType, inputs }: Node): readonly string[] | undefined {
  if (opType === 'Concat') return inputs;
  // Each tensor stands before its scale and zero point, after those of the output.
  return opType === 'QLinearConcat' ? inputs.slice(2).filter((_, i) => i % 3 === 0) : undefined;
}
