/**
 * Frees a graph from the size of its export, so that it takes any image whose sides are multiples of the patch: constants of
 * shapes follow the grid of patches, tables of positions come from the host, a mask of zeros goes. What cannot follow is
 * told with its reason, and the graph stays as it was.
 */

import { ancestors, type Flow, isData } from '../graph/flow.ts';
import { type Formula, formulaOf } from '../graph/length.ts';
import type { Evaluate } from '../graph/native.ts';
import { pruned } from '../graph/prune.ts';
import { makeValueInfo } from '../onnx/make.ts';
import type { Model } from '../onnx/model.ts';
import { follow, type PatchGrid } from './follow.ts';
import type { HostPositions, HostTable } from './positions.ts';
import { ADDS, edited, replaceTables, type Table } from './tables.ts';
import { type GridSize, type Thought, think } from './thought.ts';

export interface Freed {
  readonly model: Model;
  readonly positions: HostPositions;
  /** Rows and columns of patches at the size of the export; undefined where nothing tells it. */
  readonly native: GridSize | undefined;
  /** Why the graph runs at its native size alone; undefined if it takes any. */
  readonly fixed: string | undefined;
  readonly embedding: Embedding;
  /** Whether anything but the declared sizes differs from the graph as it was exported. */
  readonly changed: boolean;
}

/** How the graph knows where a patch lies. */
export interface Embedding {
  /** Its own arithmetic, a stored table, a rotation of queries and keys, or none that was found. */
  readonly kind: 'graph' | 'learned' | 'rope' | 'none';
  /** Rows and columns of the stored table. */
  readonly grid?: GridSize;
}

/** Tables are replaced until none is left: one may hide behind another. */
const MAX_ROUNDS = 8;
/** Any size, for a graph that tells none. */
const GUESS: GridSize = { h: 16, w: 16 };

/**
 * Frees a graph.
 *
 * @param model pruned to what its outputs need
 * @param tokens name of the normalised tokens that the first layer projects
 * @param declared rows and columns of patches at the size that the file declares
 * @throws InvalidInputError if the runtime refuses the graph's constants
 */
export async function freeSizes(
  model: Model,
  patches: PatchGrid,
  tokens: string,
  declared: GridSize | undefined,
  evaluate: Evaluate,
): Promise<Freed> {
  let native = declared;
  let embedding: Embedding = { kind: 'none' };
  const fixed = (reason: string): Freed => ({ model, positions: [], native, fixed: reason, embedding, changed: false });
  const tables: HostTable[] = [];
  let current = model;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const thought = await think(current, patches, native ?? GUESS, tables, evaluate);
    // Once the native size is known: tables show only beside it.
    if (embedding.kind === 'none') embedding = embeddingOf(thought, tokens, native);
    const found = thought.frozen.filter((each) => each.kind === 'table');
    if (!native && found.length > 0) {
      native = found.map((table) => gridOf(table, thought)).find((grid) => grid !== undefined);
      if (!native) return fixed('a table of positions of an unclear grid');
      continue;
    }
    if (found.length === 0) {
      const unclear = thought.frozen.find((each) => each.kind === 'unclear');
      if (unclear) return fixed(`${unclear.reason} fixes the size`);
      const freed = follow(thought.model, thought.frozen, patches, thought.samples);
      if (typeof freed === 'string') return fixed(freed);
      const changed = round > 0 || thought.frozen.length > 0;
      return { model: relabelled(freed, patches), positions: tables, native, fixed: undefined, embedding, changed };
    }
    const replaced = await replaceTables(found, thought, {
      ...{ patches, tokens, evaluate, tables },
      native: native ?? GUESS,
    });
    if (typeof replaced === 'string') return fixed(replaced);
    tables.push(...replaced.tables);
    current = edited(current, replaced.edits);
  }
  return fixed('tables of the size of the export, one behind another');
}

/** How the untouched graph places its patches. */
function embeddingOf({ flow, shapes, frozen }: Thought, tokens: string, native: GridSize | undefined): Embedding {
  const before = ancestors(flow, tokens);
  const table = frozen.find((each) => each.kind === 'table' && ADDS.has(each.node.opType) && before.has(each.node));
  if (table) return { kind: 'learned', grid: native };
  let rotates = false;
  for (const node of flow.nodes) {
    if (!isData(flow, node.outputs[0])) continue;
    const fixed = node.inputs.filter((name) => name !== '' && !isData(flow, name));
    const computed = fixed.find((name) => flow.kinds.get(name) === 'shape' && (shapes.get(name)?.length ?? 2) > 1);
    if (computed && before.has(node) && ADDS.has(node.opType)) {
      return { kind: 'graph', grid: resizedGrid(flow, shapes, computed) };
    }
    rotates ||= node.opType === 'RotaryEmbedding' || (node.opType === 'Mul' && computed !== undefined);
    rotates ||= node.opType === 'Mul' && frozen.some((each) => each.kind === 'table' && each.node === node);
  }
  return { kind: rotates ? 'rope' : 'none' };
}

/** The grid that the graph resizes its positions from. */
function resizedGrid(flow: Flow, shapes: Thought['shapes'], name: string): GridSize | undefined {
  const resize = [...ancestors(flow, name)].find(({ opType }) => opType === 'Resize' || opType === 'Upsample');
  const [h, w] = (resize ? shapes.get(resize.inputs[0]) : undefined)?.slice(2).map(([n]) => n) ?? [];
  return h > 0 && w > 0 ? { h, w } : undefined;
}

/** The grid that a table was made for: its rows beside those of prefix tokens, taken for a square. */
function gridOf({ node, input, meets }: Table, { shapes, samples }: Thought): GridSize | undefined {
  const dims = shapes.get(node.inputs[input])?.map(([n]) => n) ?? [];
  const axes = dims.map((n, i) => ({ n, formula: formulaOf(meets[meets.length - dims.length + i], samples) }));
  const at = (of: Formula['of']) => axes.find(({ formula }) => formula?.of === of);
  const [rows, h, w] = [at('patches'), at('h'), at('w')];
  if (h && w) return { h: h.n, w: w.n };
  const side = rows ? Math.sqrt(rows.n - (rows.formula?.more ?? 0)) : 0;
  return Number.isInteger(side) && side > 0 ? { h: side, w: side } : undefined;
}

/** Lets the image have any size. */
function relabelled(model: Model, { image }: PatchGrid): Model {
  const { graph } = model;
  const inputs = graph.inputs.map((input) =>
    input.name === image ? makeValueInfo(image, input.elemType, ['batch', 3, 'height', 'width']) : input,
  );
  return pruned({ ...model, graph: { ...graph, inputs, valueInfo: [] } });
}
