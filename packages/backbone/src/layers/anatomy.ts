/** A model taken apart: its flow, patches and layers, and the sizes of its tensors at its native size. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { type Dominators, dominatorsOf } from '../graph/dominators.ts';
import { ancestors, descendants, type Flow, flowOf, isData } from '../graph/flow.ts';
import { type Evaluate, measure, type Native, ownNames } from '../graph/native.ts';
import { checkExternalData, type ModelFile, withExternalData } from '../onnx/external.ts';
import { inlined } from '../onnx/functions.ts';
import { type Model, readModel } from '../onnx/model.ts';
import { checkSize, elementsOf } from '../onnx/values.ts';
import { type Core, findCores } from './cores.ts';
import { encoderLayers, type Layer } from './layers.ts';
import { checkPatches, type PatchEmbedding, patchEmbedding, prefixTokens } from './patches.ts';

export interface Anatomy {
  readonly model: Model;
  readonly flow: Flow;
  readonly dominators: Dominators;
  readonly embedding: PatchEmbedding;
  readonly layers: readonly Layer[];
  /** Tokens before the patches: CLS, registers. */
  readonly prefix: number;
  /** Height and width of the image at which `native` holds, and whether the file declares or implies them. */
  readonly size: readonly [number, number];
  readonly sizeKnown: boolean;
  readonly native: Native;
  /** Measures the graph at another size. @throws InvalidInputError if it does not run there */
  readonly at: (height: number, width: number) => Promise<Native>;
  /** Makes a name that no tensor of the graph has. */
  readonly fresh: (wish: string) => string;
}

/** Constants smaller than this are read from external files before anything else: shapes, axes, scales. */
const SMALL = 1024;
/** Most pixels of a declared image. */
const MAX_PIXELS = 2048 * 2048;
/** Patches a side where a graph neither declares nor implies its size. */
const ANY_GRID = 16;

/** @throws InvalidInputError if the model is not a Vision Transformer that the tap understands */
export async function dissect(file: ModelFile, evaluate: Evaluate): Promise<Anatomy> {
  const model = await withSmallData(inlined(readModel(file.bytes)), file.folder);
  const flow = flowOf(model);
  const embedding = patchEmbedding(flow, model.graph);
  const reached = descendants(flow, embedding.input.name);
  const cores = findCores(flow).filter(({ node }) => reached.has(node));
  const dominators = dominatorsOf(flow);
  const fresh = ownNames(flow);
  const needed = nodesBefore(flow, cores);
  const at = (height: number, width: number) =>
    measure(model, flow, needed, { input: embedding.input, dims: pictureDims(embedding, height, width) }, evaluate);
  const { size, native, sizeKnown } = await nativeSize(flow, embedding, needed, at);
  const patches = [size[0] / embedding.patch, size[1] / embedding.patch] as const;
  const layers = encoderLayers(flow, native, dominators, cores, patches, fresh);
  checkPatches(flow, native, dominators, embedding);
  const prefix = prefixTokens(flow, native, dominators, embedding, layers[0], patches);
  return { model, flow, dominators, embedding, layers, prefix, size, sizeKnown, native, at, fresh };
}

async function withSmallData(model: Model, folder: string | undefined): Promise<Model> {
  const { initializers } = model.graph;
  for (const tensor of initializers) checkSize(tensor);
  await checkExternalData(initializers, folder);
  const isSmall = initializers.map(({ dims, external }) => external && elementsOf(dims) < SMALL);
  const small = await withExternalData(
    initializers.filter((_, i) => isSmall[i]),
    folder,
  );
  const next = small.values();
  const all = initializers.map((tensor, i) => (isSmall[i] ? (next.next().value ?? tensor) : tensor));
  return { ...model, graph: { ...model.graph, initializers: all } };
}

function nodesBefore(flow: Flow, cores: readonly Core[]) {
  const needed = new Set(cores.flatMap(({ node, parts }) => [...ancestorsOf(parts?.mixed ?? node)]));
  function ancestorsOf(node: Core['node']) {
    return ancestors(flow, node.outputs[0]);
  }
  const nodes = flow.nodes.filter((node) => needed.has(node));
  // They may turn without end, and no export of a Vision Transformer has any.
  const loop = nodes.find(({ opType }) => opType === 'Loop' || opType === 'Scan');
  if (loop) throw new InvalidInputError(`a ${loop.opType} before attention; expected none`);
  return nodes;
}

function pictureDims({ channelsLast }: PatchEmbedding, height: number, width: number): number[] {
  return channelsLast ? [1, height, width, 3] : [1, 3, height, width];
}

/** The size that the file declares; else one at which its position embedding fits; else any. */
async function nativeSize(
  flow: Flow,
  { input, patch, channelsLast }: PatchEmbedding,
  nodes: Flow['nodes'],
  at: Anatomy['at'],
) {
  const [height, width] = (input.dims ?? []).slice(channelsLast ? 1 : 2, channelsLast ? 3 : 4);
  if (typeof height === 'number' && typeof width === 'number') {
    if (height % patch || width % patch || height < patch || width < patch || height * width > MAX_PIXELS) {
      throw new InvalidInputError(`an image of ${height} × ${width}; expected multiples of its patch of ${patch} px`);
    }
    return { size: [height, width] as const, sizeKnown: true, native: await at(height, width) };
  }
  const grids = gridsOf(flow, nodes);
  let refusal: unknown;
  for (const [i, grid] of [...grids, ANY_GRID].entries()) {
    const side = grid * patch;
    try {
      return { size: [side, side] as const, sizeKnown: i < grids.length, native: await at(side, side) };
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/** Likely prefix tokens of a position embedding, the likeliest first. */
const PREFIXES = [1, 0, 5, 2, 3, 4, 6, 7, 8, 9, 17];
const MAX_GRIDS = 6;

/** Sides of square grids that fit a table of positions added to the tokens. */
function gridsOf(flow: Flow, nodes: Flow['nodes']): number[] {
  const grids = new Set<number>();
  for (const node of nodes) {
    if (node.opType !== 'Add' || !isData(flow, node.outputs[0])) continue;
    const table = node.inputs.map((name) => flow.constants.get(name)?.dims).find((dims) => dims !== undefined);
    const rows = table?.at(-2);
    if (!rows || rows < 2) continue;
    for (const prefix of PREFIXES) {
      const side = Math.sqrt(rows - prefix);
      if (Number.isInteger(side) && side > 1) grids.add(side);
    }
    if (grids.size >= MAX_GRIDS) break;
  }
  return [...grids].slice(0, MAX_GRIDS);
}
