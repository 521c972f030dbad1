/**
 * Graph surgery on a Vision Transformer exported to ONNX: makes a graph that takes an image of any size and gives the keys,
 * queries or values of one attention layer, and removes everything after that layer. It goes by structure alone, since
 * each exporter invents its own names.
 *
 * It understands attention in separate nodes with separate query, key and value projections, and a position embedding that
 * the graph itself interpolates. It refuses anything else and never guesses.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import { makeInts, makeNode, makeValueInfo } from '../onnx/make.ts';
import { FLOAT, type Model, type Node, readModel, writeModel } from '../onnx/model.ts';
import { type AttentionLayer, attentionLayers } from './attention.ts';
import { type PatchEmbedding, patchEmbedding, prefixTokens } from './embedding.ts';
import { ancestors, descendants, type Flow, flowOf, isData } from './flow.ts';

export type Facet = 'key' | 'query' | 'value';

/** Sizes of a model, as the tap found them. */
export interface TapFacts {
  /** Attention layers that the image flows through. */
  layers: number;
  heads: number;
  /** Length of a key, heads merged. */
  dim: number;
  /** Side of a patch in pixels. */
  patch: number;
  /** Tokens before the patches: CLS, registers. */
  prefixTokens: number;
}

export interface Tapped {
  /**
   * An ONNX model: `[batch, 3, height, width]` float32, both sides multiples of the patch, to `[batch, tokens, dim]`
   * float32. Only a run tells whether the graph in between takes more than one image.
   */
  model: Uint8Array;
  /** Names of the model's only input and output. */
  input: string;
  output: string;
  /** The tapped layer, counted from 0. */
  layer: number;
  facts: TapFacts;
}

/** A model taken apart. */
interface Anatomy {
  model: Model;
  flow: Flow;
  embedding: PatchEmbedding;
  layers: readonly AttentionLayer[];
  facts: TapFacts;
}

/**
 * Reads the sizes of a model.
 *
 * @param bytes an ONNX file
 * @throws InvalidInputError if it is not a Vision Transformer that the tap understands
 */
export function inspect(bytes: Uint8Array): TapFacts {
  return dissect(bytes).facts;
}

/**
 * Taps one layer: the output of its projection, bias included, before scaling. Rows are the prefix tokens, then the patches
 * in row-major order; column = head · (dim / heads) + position in the head.
 *
 * @param bytes an ONNX file, weights included
 * @param options layer: counted from 0, default the last
 * @throws InvalidInputError if there is no such layer, or the tap does not understand the model
 */
export function tap(bytes: Uint8Array, { layer, facet }: { layer?: number; facet: Facet }): Tapped {
  const { model, flow, embedding, layers, facts } = dissect(bytes);
  const chosen = layer ?? layers.length - 1;
  if (!Number.isInteger(chosen) || chosen < 0 || chosen >= layers.length) {
    throw new InvalidInputError(`layer ${chosen}; expected 0 to ${layers.length - 1}`);
  }
  if (facet !== 'key' && facet !== 'query' && facet !== 'value') {
    throw new InvalidInputError(`facet ${facet}; expected key, query or value`);
  }
  const { output: projected, dim } = layers[chosen][facet];
  const kept = ancestors(flow, projected);
  const nodes = flow.nodes.filter((node) => kept.has(node));
  const read = new Set(nodes.flatMap((node) => flow.reads(node)));
  const { name: input } = embedding.input;
  const initializers = model.graph.initializers.filter(({ name }) => read.has(name));
  const isInitializer = new Set(initializers.map(({ name }) => name));
  for (const { name } of model.graph.inputs) {
    if (name !== input && read.has(name) && !isInitializer.has(name)) {
      throw new InvalidInputError(`the ${facet} also depends on the input ${name}; expected the picture alone`);
    }
  }
  if (initializers.some(({ external }) => external)) {
    throw new InvalidInputError('weights in another file (external data); expected an ONNX file that holds them');
  }
  const used = new Set([...flow.kinds.keys()]);
  const fresh = (name: string): string => (used.has(name) ? fresh(`${name}_`) : name);
  const [size, zero, batch, rest, shape, merged, output] = [
    ...['size', 'zero', 'batch', 'rest', 'shape', 'merged'],
    facet,
  ].map((name) => fresh(`saltworks.${name}`));
  const finish = [
    makeNode('Shape', [input], [size]),
    makeNode('Gather', [size, zero], [batch], { axis: 0 }),
    makeNode('Concat', [batch, rest], [shape], { axis: 0 }),
    makeNode('Reshape', [projected, shape], [merged]),
    makeNode('Cast', [merged], [output], { to: FLOAT }),
  ];
  const tapped = writeModel({
    ...model,
    // From version 4 on, initializers need not be listed as inputs.
    irVersion: Math.max(model.irVersion, 4),
    graph: {
      nodes: [...nodes, ...finish],
      initializers: [...initializers, makeInts(zero, [0]), makeInts(rest, [-1, dim])],
      inputs: [makeValueInfo(input, FLOAT, ['batch', 3, 'height', 'width'])],
      outputs: [makeValueInfo(output, FLOAT, ['batch', 'tokens', dim])],
      // Annotations of tensors state the sizes of the export.
      valueInfo: [],
      rest: model.graph.rest,
    },
  });
  return { model: tapped, input, output, layer: chosen, facts };
}

function dissect(bytes: Uint8Array): Anatomy {
  const model = readModel(bytes);
  if (model.functions > 0) {
    throw new InvalidInputError(`a model with ${model.functions} functions of its own; expected plain operators`);
  }
  const flow = flowOf(model);
  for (const node of flow.nodes) if (isData(flow, node.outputs[0])) refuseUnknown(node);
  const embedding = patchEmbedding(flow, model.graph);
  const layers = attentionLayers(flow, descendants(flow, embedding.input.name));
  const [{ heads, key }] = layers;
  if (layers.some((layer) => layer.heads !== heads || layer.key.dim !== key.dim)) {
    throw new InvalidInputError('layers that differ in heads or dim; expected a plain Vision Transformer');
  }
  const prefix = prefixTokens(flow, embedding, key.input);
  const facts = { layers: layers.length, heads, dim: key.dim, patch: embedding.patch, prefixTokens: prefix };
  return { model, flow, embedding, layers, facts };
}

/** @throws InvalidInputError for an operator that the tap does not know */
function refuseUnknown(node: Node): void {
  if (/Integer$|^QLinear|QuantizeLinear$|^QAttention$/.test(node.opType)) {
    throw new InvalidInputError(`a quantised model (${node.opType}); expected a float one`);
  }
  if (/Attention$/.test(node.opType)) {
    const name = [node.domain, node.opType].filter(Boolean).join(' ');
    throw new InvalidInputError(`fused attention (${name}); expected attention as separate MatMul and Softmax nodes`);
  }
  if (node.domain !== '') {
    throw new InvalidInputError(`an operator outside ONNX (${node.domain} ${node.opType}); expected a plain export`);
  }
}
