/** A small Vision Transformer with random weights, written node by node, and ways to spoil it. */

import { makeInts, makeNode, makeValueInfo } from '../src/onnx/make.ts';
import { FLOAT, NODE, type Node, readNode, readTensor, type Tensor, writeModel } from '../src/onnx/model.ts';
import { blockPart, floatPart, intPart, readFields, stringPart, writeFields } from '../src/onnx/protobuf.ts';
import { random } from './run.ts';

export const LAYERS = 2;
export const HEADS = 2;
export const DIM = 8;
export const PATCH = 4;
const REGISTERS = 2;
export const PREFIX = 1 + REGISTERS;
const GRID = 5;

export interface Spoils {
  /** Rows of a constant position embedding, which does not follow the image. */
  fixedPositions?: number;
  /** Nodes to insert after the key projection, or between query · key and the Softmax. */
  afterKey?: (from: string, to: string) => Node[];
  beforeSoftmax?: (from: string, to: string) => Node[];
  /** A Reshape contains the export's number of patches. */
  frozenRows?: boolean;
  /** More initializers, inputs and nodes. */
  initializers?: Tensor[];
  inputs?: string[];
  nodes?: Node[];
  /** Makes the tokens of the given layer depend on another input. */
  tokensFrom?: { layer: number; input: string };
  /** Outputs besides the class scores. */
  outputs?: string[];
  /** Prefix tokens precede every image of a batch, instead of one image. */
  batched?: boolean;
  /** Stride of the patch embedding. */
  stride?: number;
  /**
   * Writes attention in another way: from the normalised tokens of a layer to its merged heads `[batch, tokens, dim]`;
   * '' for the usual way.
   */
  attention?: (graph: GraphWriter, normed: string, layer: number) => string;
  /** Default LAYERS. */
  layers?: number;
  /** Version of the ONNX operators. */
  opset?: number;
}

export function floats(name: string, dims: number[], next: () => number): Tensor {
  const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => next() - 0.5);
  const shape = dims.map((dim) => intPart(1, dim));
  const raw = blockPart(9, new Uint8Array(values.buffer));
  return readTensor(writeFields([...shape, intPart(2, FLOAT), stringPart(8, name), raw]));
}

export function scalar(name: string, value: number): Tensor {
  return readTensor(writeFields([intPart(2, FLOAT), floatPart(4, value), stringPart(8, name)]));
}

/** Puts a node, attributes and all, between other tensors. */
export function rewire(node: Node, inputs: readonly string[], outputs: readonly string[]): Node {
  const kept = readFields(node.bytes, 'ONNX node').filter(
    ({ number }) => number !== NODE.input && number !== NODE.output,
  );
  const ends = [
    ...inputs.map((name) => stringPart(NODE.input, name)),
    ...outputs.map((name) => stringPart(NODE.output, name)),
  ];
  return readNode(writeFields([...ends, ...kept]));
}

/** Adds to a graph that is being written; every part returns the name of its tensor. A node's outputs stand in lines. */
export interface GraphWriter {
  add(
    opType: string,
    inputs: string[],
    output: string,
    attributes?: Parameters<typeof makeNode>[3],
    domain?: string,
  ): string;
  /** Random values. */
  weight(name: string, ...dims: number[]): string;
  ints(...values: number[]): string;
}

/** @returns the bytes of an ONNX model whose query, key and value of layer L are `query.L`, `key.L`, `value.L` */
export function tinyVit(spoils: Spoils = {}): Uint8Array {
  const next = random(7);
  const nodes: Node[] = [];
  const initializers = [...(spoils.initializers ?? [])];
  const weight = (name: string, ...dims: number[]) => {
    initializers.push(floats(name, dims, next));
    return name;
  };
  const ints = (...values: number[]) => {
    const name = `ints ${values}`;
    if (!initializers.some((tensor) => tensor.name === name)) initializers.push(makeInts(name, values));
    return name;
  };
  const add: GraphWriter['add'] = (opType, inputs, output, attributes, domain) => {
    nodes.push(makeNode(opType, inputs, output.split('\n'), attributes, domain));
    return output;
  };

  const side = spoils.stride ?? PATCH;
  add('Conv', ['picture', weight('patch.weight', DIM, 3, PATCH, PATCH), weight('patch.bias', DIM)], 'grid', {
    strides: [side, side],
  });
  add('Reshape', ['grid', spoils.frozenRows ? ints(1, DIM, GRID * GRID) : ints(0, 0, -1)], 'columns');
  add('Transpose', ['columns'], 'rows', { perm: [0, 2, 1] });
  const prefix = [weight('cls', 1, 1, DIM), weight('registers', 1, REGISTERS, DIM)];
  if (spoils.batched) {
    add('Shape', ['picture'], 'picture size');
    add('Slice', ['picture size', ints(0), ints(1)], 'batch');
    add('Concat', ['batch', ints(1, DIM)], 'prefix size', { axis: 0 });
    for (const [i, name] of prefix.entries()) prefix[i] = add('Expand', [name, 'prefix size'], `${name} for each`);
  }
  add('Concat', [...prefix, 'rows'], 'tokens', { axis: 1 });
  if (spoils.fixedPositions) {
    weight('positions', 1, spoils.fixedPositions, DIM);
  } else {
    add('Shape', ['grid'], 'sizes');
    add('Slice', ['sizes', ints(2), ints(4)], 'height and width');
    add('Concat', [ints(1, DIM), 'height and width'], 'table size', { axis: 0 });
    add('Resize', [weight('table', 1, DIM, GRID, GRID), '', '', 'table size'], 'resized', { mode: 'linear' });
    add('Reshape', ['resized', ints(1, DIM, -1)], 'table columns');
    add('Transpose', ['table columns'], 'table rows', { perm: [0, 2, 1] });
    add('Concat', [weight('prefix positions', 1, PREFIX, DIM), 'table rows'], 'positions', { axis: 1 });
  }
  const separate = (normed: string, l: number) => {
    const part = (facet: string, perm: number[]) => {
      const product = add('MatMul', [normed, weight(`${facet}.weight.${l}`, DIM, DIM)], `${facet}.product.${l}`);
      const linear = add('Add', [weight(`${facet}.bias.${l}`, DIM), product], `${facet}.${l}`);
      const split = add('Reshape', [linear, ints(0, -1, HEADS, DIM / HEADS)], `${facet}.split.${l}`);
      const scaled = facet === 'value' ? split : add('Mul', [split, 'half'], `${facet}.scaled.${l}`);
      return add('Transpose', [scaled], `${facet}.heads.${l}`, { perm });
    };
    const query = part('query', [0, 2, 1, 3]);
    let key = part('key', [0, 2, 3, 1]);
    if (spoils.afterKey) {
      nodes.push(...spoils.afterKey(key, `spoilt key.${l}`));
      key = `spoilt key.${l}`;
    }
    const value = part('value', [0, 2, 1, 3]);
    let scores = add('MatMul', [query, key], `scores.${l}`);
    if (spoils.beforeSoftmax) {
      nodes.push(...spoils.beforeSoftmax(scores, `spoilt scores.${l}`));
      scores = `spoilt scores.${l}`;
    }
    add('Softmax', [scores], `attention.${l}`, { axis: -1 });
    add('MatMul', [`attention.${l}`, value], `mixed heads.${l}`);
    add('Transpose', [`mixed heads.${l}`], `merged heads.${l}`, { perm: [0, 2, 1, 3] });
    return add('Reshape', [`merged heads.${l}`, ints(0, -1, DIM)], `merged.${l}`);
  };
  let x = add('Add', ['tokens', 'positions'], 'placed');
  initializers.push(scalar('half', 0.5));
  for (let l = 0; l < (spoils.layers ?? LAYERS); l++) {
    if (spoils.tokensFrom?.layer === l) x = add('Mul', [x, spoils.tokensFrom.input], `mixed.${l}`);
    const norm = { axis: -1, epsilon: { float: 1e-6 } };
    const normed = add(
      'LayerNormalization',
      [x, weight(`gain.${l}`, DIM), weight(`shift.${l}`, DIM)],
      `norm.${l}`,
      norm,
    );
    const merged = spoils.attention?.({ add, weight, ints }, normed, l) || separate(normed, l);
    add('MatMul', [merged, weight(`out.${l}`, DIM, DIM)], `out product.${l}`);
    x = add('Add', [`out product.${l}`, x], `residual.${l}`);
  }
  // A classifier, whose Softmax is not attention.
  add('ReduceMean', [x], 'pooled', { axes: [1], keepdims: 0 });
  add('MatMul', ['pooled', weight('classes', DIM, 3)], 'logits');
  add('Softmax', ['logits'], 'scores', { axis: -1 });
  nodes.push(...(spoils.nodes ?? []));
  return writeModel({
    irVersion: 8,
    opsets: new Map(),
    functions: 0,
    graph: {
      nodes,
      initializers,
      inputs: [
        makeValueInfo('picture', FLOAT, [1, 3, GRID * PATCH, GRID * PATCH]),
        ...(spoils.inputs ?? []).map((name) => makeValueInfo(name, FLOAT, [1, 1, DIM])),
      ],
      outputs: ['scores', ...(spoils.outputs ?? [])].map((name) => makeValueInfo(name, FLOAT, [])),
      valueInfo: [],
      rest: readFields(writeFields([stringPart(2, 'tiny')]), 'graph'),
    },
    rest: readFields(
      writeFields([
        blockPart(8, [stringPart(1, ''), intPart(2, spoils.opset ?? 17)]),
        blockPart(8, [stringPart(1, 'com.microsoft'), intPart(2, 1)]),
      ]),
      'model',
    ),
  });
}
