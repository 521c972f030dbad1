/**
 * How a graph turns an image into tokens: the patch embedding (a Conv whose stride equals its kernel), the prefix tokens
 * before the patches, and the position embedding, which must follow the size of the image.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import {
  FLOAT,
  type Graph,
  intAttribute,
  intsAttribute,
  type Node,
  stringAttribute,
  type ValueInfo,
} from '../onnx/model.ts';
import { ancestors, constantDims, dataInputs, descendants, type Flow, isData } from './flow.ts';

export interface PatchEmbedding {
  /** The graph input that takes the image. */
  readonly input: ValueInfo;
  readonly conv: Node;
  /** Side of a patch in pixels. */
  readonly patch: number;
}

/** @throws InvalidInputError unless exactly one Conv cuts an RGB image into square patches */
export function patchEmbedding(flow: Flow, graph: Graph): PatchEmbedding {
  const found = flow.nodes.flatMap((conv) => {
    const input = conv.opType === 'Conv' ? imageInput(flow, graph, conv) : undefined;
    return input ? [{ input, conv }] : [];
  });
  if (found.length !== 1) {
    throw new InvalidInputError(`${found.length} convolutions of an input; expected one, the patch embedding`);
  }
  const [{ input, conv }] = found;
  const kernel = constantDims(flow, conv.inputs[1]) ?? [];
  const [, channels, patch] = kernel;
  const plain =
    kernel.length === 4 &&
    channels === 3 &&
    patch === kernel[3] &&
    intsAttribute(conv, 'strides')?.every((stride) => stride === patch) &&
    (intsAttribute(conv, 'pads') ?? []).every((pad) => pad === 0) &&
    (intsAttribute(conv, 'dilations') ?? []).every((dilation) => dilation === 1) &&
    (intAttribute(conv, 'group') ?? 1) === 1 &&
    ['NOTSET', 'VALID'].includes(stringAttribute(conv, 'auto_pad') ?? 'NOTSET');
  if (!plain) {
    throw new InvalidInputError(
      `a patch embedding of kernel [${kernel}]; expected [dim,3,p,p] with stride p, no padding`,
    );
  }
  if (input.elemType !== FLOAT) {
    throw new InvalidInputError(`an input of ONNX type ${input.elemType}; expected float32 (${FLOAT})`);
  }
  return { input, conv, patch };
}

/** The graph input that a Conv reads, directly or through a Cast. */
function imageInput(flow: Flow, graph: Graph, conv: Node): ValueInfo | undefined {
  let name = conv.inputs[0];
  for (let node = flow.producer.get(name); node; node = flow.producer.get(name)) {
    if (node.opType !== 'Cast' && node.opType !== 'Identity') return undefined;
    name = node.inputs[0];
  }
  return isData(flow, name) ? graph.inputs.find((input) => input.name === name) : undefined;
}

/**
 * Follows the graph from the patches to the first layer.
 *
 * @param tokens name of the tensor that the first attention layer projects
 * @returns how many tokens (CLS, registers) precede the patches
 * @throws InvalidInputError if the position embedding has a fixed size, or the tap does not understand a node on the way
 */
export function prefixTokens(flow: Flow, { conv }: PatchEmbedding, tokens: string): number {
  const after = descendants(flow, conv.outputs[0]);
  let prefix = 0;
  let positions = 0;
  for (const node of ancestors(flow, tokens, (name) => isData(flow, name))) {
    if (!after.has(node)) continue;
    if (node.opType === 'Concat') prefix += rowsBefore(flow, node);
    if (node.opType === 'Add') positions += positionsAdded(flow, node);
  }
  if (positions !== 1) {
    throw new InvalidInputError(`${positions} position embeddings interpolated in the graph; expected one`);
  }
  return prefix;
}

/** Counts the rows that a Concat puts before the patches: constants `[1, rows, dim]`, perhaps expanded over a batch. */
function rowsBefore(flow: Flow, concat: Node): number {
  const data = dataInputs(flow, concat);
  const axis = intAttribute(concat, 'axis');
  if (data.length !== 1 || concat.inputs.at(-1) !== data[0] || (axis !== 1 && axis !== -2)) {
    throw new InvalidInputError(
      'tokens are not put together as prefix tokens, then patches; expected one Concat of both',
    );
  }
  let rows = 0;
  for (const name of concat.inputs.slice(0, -1)) {
    const node = flow.producer.get(name);
    const dims = constantDims(flow, node?.opType === 'Expand' ? node.inputs[0] : name);
    if (dims?.length !== 3)
      throw new InvalidInputError('prefix tokens of unknown number; expected a constant [1, rows, dim]');
    rows += dims[1];
  }
  return rows;
}

/** @returns 1 if an Add adds positions that follow the image's size, 0 if it adds one row to every token */
function positionsAdded(flow: Flow, add: Node): 0 | 1 {
  const data = dataInputs(flow, add);
  if (data.length === add.inputs.length) return 0;
  const name = add.inputs.find((input) => !isData(flow, input)) ?? '';
  if (flow.kinds.get(name) === 'shape') {
    const resized = [...ancestors(flow, name)].some(({ opType }) => opType === 'Resize' || opType === 'Upsample');
    if (resized) return 1;
    throw new InvalidInputError(
      'positions that depend on the size of the picture but on no Resize; expected interpolation',
    );
  }
  const dims = constantDims(flow, name);
  if (!dims)
    throw new InvalidInputError('a constant of unknown size is added to the tokens; expected a bias or positions');
  const rows = dims.slice(0, -1).reduce((product, dim) => product * dim, 1);
  if (rows > 1) {
    throw new InvalidInputError(
      `a position embedding fixed at [${dims}]; expected one that the graph interpolates to the picture's size`,
    );
  }
  return 0;
}
