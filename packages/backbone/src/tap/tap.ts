/**
 * Graph surgery on a Vision Transformer exported to ONNX: makes a graph that takes an image and gives the keys, queries or
 * values of chosen attention layers, and removes everything after them. It goes by structure alone, since each exporter
 * invents its own names, and refuses with the reason what it does not understand.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import { type ModelFile, withExternalData } from '../onnx/external.ts';
import { makeNode, makeValueInfo } from '../onnx/make.ts';
import { BFLOAT16, FLOAT, FLOAT16, intAttribute, type Node, type Tensor, writeModel } from '../onnx/model.ts';
import { type Anatomy, dissect } from './anatomy.ts';
import { finish } from './finish.ts';
import type { Flow } from './flow.ts';
import type { Evaluate } from './native.ts';

export type { Evaluate } from './native.ts';

export type Facet = 'key' | 'query' | 'value';

/** How a position embedding is resized. A file does not say; its registry entry or the caller does. */
export type Interpolation = 'bicubic' | 'bicubic-scale' | 'bicubic-antialias' | 'bilinear';

/** What the tap found in a model. */
export interface TapFacts {
  /** Attention layers of the image's encoder. */
  layers: number;
  heads: number;
  /** Length of a key, heads merged. */
  dim: number;
  /** Side of a patch in pixels. */
  patch: number;
  /** Tokens before the patches: CLS, registers. */
  prefixTokens: number;
  /** Height and width that the file declares or implies. */
  nativeSize?: readonly [number, number];
  /** Whether the tapped graph takes any multiples of the patch. */
  anySize: boolean;
  /** Version of the ONNX operators. */
  opset: number;
  /** Of the weights of the first key projection. */
  precision: 'float32' | 'float16' | 'bfloat16' | 'int8' | 'int4';
}

export interface Tapped {
  /**
   * An ONNX model: `[batch, 3, height, width]` float32, both sides multiples of the patch, to one `[batch, tokens, dim]`
   * float32 for each wanted facet. Only a run tells whether the graph in between takes more than one image.
   */
  model: Uint8Array;
  /** Name of the image input. */
  input: string;
  /** In the order wanted; layers count from 0. */
  outputs: readonly { name: string; layer: number; facet: Facet }[];
  facts: TapFacts;
}

/**
 * Reads what a model is.
 *
 * @param evaluate runs constants and sizes of the graph in the runtime
 * @throws InvalidInputError if it is not a Vision Transformer that the tap understands
 */
export async function inspect(file: ModelFile, evaluate: Evaluate): Promise<TapFacts> {
  return factsOf(await dissect(file, evaluate));
}

/**
 * Taps facets of layers: the output of the projection, bias included, before scaling, rotation and normalisation. Rows are
 * the prefix tokens, then the patches in row-major order; column = head · (dim / heads) + position in the head.
 *
 * @param wanted layer: counted from 0, default the last
 * @throws InvalidInputError if there is no such layer, or the tap does not understand the model
 */
export async function tap(
  file: ModelFile,
  wanted: readonly { layer?: number; facet: Facet }[],
  evaluate: Evaluate,
): Promise<Tapped> {
  const anatomy = await dissect(file, evaluate);
  const { model, flow, embedding, fresh } = anatomy;
  const outputs = wanted.map(({ layer = anatomy.layers.length - 1, facet }) => {
    check(layer, facet, anatomy.layers.length);
    return { name: fresh(`${facet}.${layer}`), layer, facet };
  });
  const projections = outputs.map(({ name, layer, facet }) => ({
    projection: anatomy.layers[layer][facet],
    output: name,
  }));
  const entry = entryOf(anatomy);
  const { nodes: finishing, initializers: added } = finish(entry.input, projections, flow.opset, fresh);
  const { nodes, read } = needed(flow, [...entry.nodes, ...finishing]);
  const initializers = model.graph.initializers.filter(({ name }) => read.has(name));
  const made = new Set(initializers.map(({ name }) => name));
  for (const { name } of model.graph.inputs) {
    if (name !== embedding.input.name && read.has(name) && !made.has(name)) {
      throw new InvalidInputError(`attention also depends on the input ${name}; expected the image alone`);
    }
  }
  const tapped = writeModel({
    ...model,
    // From version 4 on, initializers need not be listed as inputs.
    irVersion: Math.max(model.irVersion, 4),
    graph: {
      nodes: [...entry.nodes, ...nodes, ...finishing],
      initializers: [...(await withExternalData(initializers, file.folder)), ...added],
      inputs: [makeValueInfo(entry.input, FLOAT, ['batch', 3, 'height', 'width'])],
      outputs: outputs.map(({ name, layer }) =>
        makeValueInfo(name, FLOAT, ['batch', 'tokens', anatomy.layers[layer].dim]),
      ),
      // Annotations of tensors state the sizes of the export.
      valueInfo: [],
      rest: model.graph.rest,
    },
  });
  return { model: tapped, input: entry.input, outputs, facts: factsOf(anatomy) };
}

function check(layer: number, facet: Facet, layers: number): void {
  if (!Number.isInteger(layer) || layer < 0 || layer >= layers) {
    throw new InvalidInputError(`layer ${layer}; expected 0 to ${layers - 1}`);
  }
  if (facet !== 'key' && facet !== 'query' && facet !== 'value') {
    throw new InvalidInputError(`facet ${facet}; expected key, query or value`);
  }
}

/** The float32 input `[batch, 3, height, width]`, and nodes that make the graph's own of it where it differs. */
function entryOf({ embedding: { input, channelsLast }, fresh }: Anatomy): { input: string; nodes: Node[] } {
  if (input.elemType === FLOAT && !channelsLast) return { input: input.name, nodes: [] };
  const [image, cast] = [fresh('image'), channelsLast ? fresh('cast') : input.name];
  const nodes = [makeNode('Cast', [image], [cast], { to: input.elemType })];
  if (channelsLast) nodes.push(makeNode('Transpose', [cast], [input.name], { perm: [0, 2, 3, 1] }));
  return { input: image, nodes };
}

/** The nodes of the graph that others read from, and the names of all tensors read. */
function needed(flow: Flow, ends: readonly Node[]): { nodes: Node[]; read: Set<string> } {
  const kept = new Set<Node>();
  const read = new Set(ends.flatMap(({ inputs }) => inputs));
  const stack = [...read];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    const node = flow.producer.get(name);
    if (!node || kept.has(node)) continue;
    kept.add(node);
    for (const other of flow.reads(node)) {
      read.add(other);
      stack.push(other);
    }
  }
  return { nodes: flow.nodes.filter((node) => kept.has(node)), read };
}

function factsOf({ model, flow, layers, embedding, prefix, size, sizeKnown }: Anatomy): TapFacts {
  const [{ heads, dim, key }] = layers;
  return {
    ...{ layers: layers.length, heads, dim, patch: embedding.patch, prefixTokens: prefix },
    ...(sizeKnown ? { nativeSize: size } : {}),
    anySize: true,
    opset: model.opsets.get('') ?? 0,
    precision: precisionOf(flow, key.weight),
  };
}

const PRECISIONS: Record<number, TapFacts['precision']> = {
  [FLOAT]: 'float32',
  [FLOAT16]: 'float16',
  [BFLOAT16]: 'bfloat16',
};

/** The type in which a weight is stored, perhaps to be made float where it is used. */
function precisionOf(flow: Flow, weight: string): TapFacts['precision'] {
  const reader = flow.consumers.get(weight)?.[0];
  const bits = reader?.opType === 'MatMulNBits' ? (intAttribute(reader, 'bits') ?? 4) : undefined;
  if (bits !== undefined) return bits <= 4 ? 'int4' : 'int8';
  if (reader?.opType === 'MatMulBnb4') return 'int4';
  const tensor = storedWeight(flow, weight);
  if (!tensor) return 'float32';
  if (tensor.dataType === 21 || tensor.dataType === 22) return 'int4';
  return PRECISIONS[tensor.dataType] ?? (tensor.dataType === 2 || tensor.dataType === 3 ? 'int8' : 'float32');
}

function storedWeight(flow: Flow, weight: string): Tensor | undefined {
  let name = weight;
  for (let node = flow.producer.get(name); node && !flow.constants.has(name); node = flow.producer.get(name)) {
    if (!node.inputs[0]) return undefined;
    [name] = node.inputs;
  }
  return flow.constants.get(name);
}
