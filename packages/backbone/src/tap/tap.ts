/**
 * Graph surgery on a Vision Transformer exported to ONNX: makes a graph that takes an image and gives the keys, queries or
 * values of chosen attention layers, and removes everything after them. It goes by structure alone, since each exporter
 * invents its own names, and refuses with the reason what it does not understand.
 */
import type { TapFacts } from '@saltworks/contract/documents/tapped-model';
import type { Facet } from '@saltworks/contract/kinds';
import type { Flow } from '../graph/flow.ts';
import type { Evaluate } from '../graph/native.ts';
import { type Anatomy, dissect } from '../layers/anatomy.ts';
import { isConvolution } from '../layers/products.ts';
import type { ModelFile } from '../onnx/external.ts';
import { makeValueInfo } from '../onnx/make.ts';
import { BFLOAT16, FLOAT, FLOAT16, intAttribute, type Model, type Tensor, writeModel } from '../onnx/model.ts';
import type { HostPositions } from '../sizes/positions.ts';
import { type Freed, freeSizes } from '../sizes/sizes.ts';
import { type Cut, cut, type Wanted } from './cut.ts';

export type { TapFacts } from '@saltworks/contract/documents/tapped-model';
export type { Facet, Interpolation } from '@saltworks/contract/kinds';
export type { Evaluate } from '../graph/native.ts';

export interface Tapped {
  /**
   * An ONNX model: `[batch, 3, height, width]` float32, both sides multiples of the patch, or of the native size alone, to
   * one `[batch, tokens, dim]` float32 for each wanted facet. Only a run tells whether it takes more than one image.
   */
  model: Uint8Array;
  /** Name of the image input. */
  input: string;
  /** In the order wanted; layers count from 0. */
  outputs: readonly { name: string; layer: number; facet: Facet }[];
  /** Further inputs, which the host fills in for each size. */
  positions: HostPositions;
  facts: TapFacts;
}

/** Facets of layers cut out of a model, as they were exported and free of the size of the export. */
export interface Opened<F extends Wanted['facet'] = Facet> extends Omit<Cut<F>, 'model'> {
  readonly anatomy: Anatomy;
  readonly untouched: Model;
  readonly freed: Freed;
  readonly facts: TapFacts;
}

/**
 * Reads what a model is.
 *
 * @param evaluate runs constants and sizes of the graph in the runtime
 * @throws InvalidInputError if it is not a Vision Transformer that the tap understands
 */
export async function inspect(file: ModelFile, evaluate: Evaluate): Promise<TapFacts> {
  return (await open(file, [{ facet: 'key' }], evaluate)).facts;
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
  const { untouched, freed, input, outputs, facts } = await open(file, wanted, evaluate);
  const model = writeModel(facts.anySize ? freed.model : atNativeSize(untouched, input, facts));
  return { model, input, outputs, positions: freed.positions, facts };
}

/** Takes a model apart, cuts facets of layers out of it, and frees the size. @param wanted or what it is, by the number of layers */
export async function open<F extends Wanted['facet']>(
  file: ModelFile,
  wanted: readonly { layer?: number; facet: F }[] | ((layers: number) => readonly { layer?: number; facet: F }[]),
  evaluate: Evaluate,
): Promise<Opened<F>> {
  const anatomy = await dissect(file, evaluate);
  const { embedding, layers, size, sizeKnown } = anatomy;
  const all = typeof wanted === 'function' ? wanted(layers.length) : wanted;
  const { model: untouched, input, outputs } = await cut(anatomy, all, file.folder);
  const { linear, patch } = embedding;
  const grid = isConvolution(linear.node) ? { grid: linear.output } : {};
  const freed = await freeSizes(
    untouched,
    { image: input, ...grid, patch, stride: patch },
    layers[0].key.input,
    sizeKnown ? { h: size[0] / patch, w: size[1] / patch } : undefined,
    evaluate,
  );
  return { anatomy, untouched, freed, input, outputs, facts: factsOf(anatomy, freed) };
}

/** The model as it was exported, which says that it takes one size. */
export function atNativeSize({ graph, ...model }: Model, image: string, { nativeSize }: TapFacts): Model {
  const [height, width] = nativeSize ?? [];
  if (height === undefined || width === undefined) return { ...model, graph };
  const inputs = graph.inputs.map((input) =>
    input.name === image ? makeValueInfo(image, FLOAT, ['batch', 3, height, width]) : input,
  );
  return { ...model, graph: { ...graph, inputs } };
}

function factsOf(
  { model, flow, layers, embedding, prefix, size, sizeKnown }: Anatomy,
  { native, fixed, embedding: positions }: Freed,
): TapFacts {
  const [{ heads, dim, key }] = layers;
  const { patch } = embedding;
  const known = sizeKnown ? [...size] : native && [native.h * patch, native.w * patch];
  const { kind, grid } = positions;
  return {
    ...{ layers: layers.length, heads, dim, patch, prefixTokens: prefix, positions: kind },
    ...(grid && { positionGrid: [grid.h, grid.w] }),
    ...(known && { nativeSize: known }),
    anySize: fixed === undefined,
    ...(fixed !== undefined && { fixed }),
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
