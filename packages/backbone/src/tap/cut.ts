/** Cuts out of a model what makes some facets of some layers; its sizes stay those of the export. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Facet } from '@saltworks/contract/kinds';
import type { Flow } from '../graph/flow.ts';
import type { Anatomy } from '../layers/anatomy.ts';
import type { Layer } from '../layers/layers.ts';
import { withExternalData } from '../onnx/external.ts';
import { makeNode, makeValueInfo } from '../onnx/make.ts';
import { FLOAT, type Model, type Node } from '../onnx/model.ts';
import { finish } from './finish.ts';

/** A facet, or `attention`: attention · value as the model itself computes it, `[tokens, dim]` of a single image. */
export interface Wanted {
  /** Counted from 0, default the last. */
  readonly layer?: number;
  readonly facet: Facet | 'attention';
}

export interface Cut<F extends Wanted['facet'] = Wanted['facet']> {
  readonly model: Model;
  /** Name of the image input, float32 `[batch, 3, height, width]`. */
  readonly input: string;
  /** In the order wanted, each facet `[batch, tokens, dim]` float32. */
  readonly outputs: readonly { readonly name: string; readonly layer: number; readonly facet: F }[];
}

/** @param folder that external data must lie in. @throws InvalidInputError if there is no such layer */
export async function cut<F extends Wanted['facet']>(
  anatomy: Anatomy,
  wanted: readonly { layer?: number; facet: F }[],
  folder: string | undefined,
): Promise<Cut<F>> {
  const { model, flow, embedding, layers, fresh } = anatomy;
  const outputs = wanted.map(({ layer = layers.length - 1, facet }) => {
    check(layer, facet, layers.length);
    return { name: fresh(`${facet}.${layer}`), layer, facet };
  });
  // Where the graph never holds attention · value, the value stands in: there is nothing to compare it with.
  const isMixed = ({ facet, layer }: { facet: Wanted['facet']; layer: number }) =>
    facet === 'attention' && layers[layer].output !== undefined;
  const projections = outputs
    .filter((output) => !isMixed(output))
    .map(({ name, layer, facet }) => ({
      projection: layers[layer][facet === 'attention' ? 'value' : (facet as Facet)],
      output: name,
    }));
  const entry = entryOf(anatomy);
  const finished = finish(entry.input, projections, flow.opset, fresh);
  const mixed = outputs.filter(isMixed).flatMap(({ name, layer }) => attended(anatomy, layers[layer], name));
  const ends = [...finished.nodes, ...mixed];
  const { nodes, read } = needed(flow, [...entry.nodes, ...ends]);
  const initializers = model.graph.initializers.filter(({ name }) => read.has(name));
  const made = new Set(initializers.map(({ name }) => name));
  for (const { name } of model.graph.inputs) {
    if (name !== embedding.input.name && read.has(name) && !made.has(name)) {
      throw new InvalidInputError(`attention also depends on the input ${name}; expected the image alone`);
    }
  }
  const graph = {
    nodes: [...entry.nodes, ...nodes, ...ends],
    initializers: [...(await withExternalData(initializers, folder)), ...finished.initializers],
    inputs: [makeValueInfo(entry.input, FLOAT, ['batch', 3, 'height', 'width'])],
    outputs: outputs.map(({ name, layer, facet }) =>
      makeValueInfo(name, FLOAT, [...(isMixed({ facet, layer }) ? [] : ['batch']), 'tokens', layers[layer].dim]),
    ),
    // Annotations of tensors state the sizes of the export.
    valueInfo: [],
    rest: model.graph.rest,
  };
  // From version 4 on, initializers need not be listed as inputs.
  return { model: { ...model, irVersion: Math.max(model.irVersion, 4), graph }, input: entry.input, outputs };
}

/** Nodes that bring attention · value of one image into the layout of tokens. */
function attended({ native, fresh }: Anatomy, { output: mixed }: Layer, output: string) {
  if (!mixed) throw new Error('no attention · value');
  const { tensor, token, column } = mixed;
  // What follows an integer product was not measured; its tokens and columns come last.
  const rank = native.dims(tensor)?.length ?? Math.max(token, column) + 1;
  const others = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== token && axis !== column);
  const [turned, merged] = [fresh('transpose'), fresh('flatten')];
  return [
    makeNode('Transpose', [tensor], [turned], { perm: [token, ...others, column] }),
    makeNode('Flatten', [turned], [merged], { axis: 1 }),
    makeNode('Cast', [merged], [output], { to: FLOAT }),
  ];
}

function check(layer: number, facet: Wanted['facet'], layers: number): void {
  if (!Number.isInteger(layer) || layer < 0 || layer >= layers) {
    throw new InvalidInputError(`layer ${layer}; expected 0 to ${layers - 1}`);
  }
  if (!['key', 'query', 'value', 'attention'].includes(facet)) {
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
