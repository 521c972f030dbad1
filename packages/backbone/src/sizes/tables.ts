/**
 * Constants of the size of the export that meet the tokens: a position embedding and rotary positions become tables that the
 * host fills in, a mask that changes nothing goes. Anything else keeps the graph at its native size.
 */

import { ancestors } from '../graph/flow.ts';
import { constant, formulaOf, isConstant, type Samples, samplesFor } from '../graph/length.ts';
import type { Evaluate } from '../graph/native.ts';
import { part } from '../graph/part.ts';
import type { Frozen, Shape } from '../graph/shapes.ts';
import { makeNode, makeValueInfo } from '../onnx/make.ts';
import { FLOAT, type Model, type Node, type Tensor, type ValueInfo } from '../onnx/model.ts';
import { rewire } from '../onnx/rewire.ts';
import { elementsOf, TYPES, type Values } from '../onnx/values.ts';
import { imageShape, Lengths, type PatchGrid } from './follow.ts';
import type { Grid } from './interpolate.ts';
import type { HostPositions, HostTable } from './positions.ts';
import { type Candidates, clearWaves, wavesOf } from './rope.ts';
import type { GridSize, Thought } from './thought.ts';

export type Table = Extract<Frozen, { kind: 'table' }>;

/** Most values of a table: 16,384 patches of dim 4,096. */
const MAX_VALUES = 1 << 26;

/** Changes of a graph, made all at once. */
export interface Edits {
  /** Tensors that are read in place of others. */
  readonly renames: Map<string, string>;
  readonly nodes: Map<Node, Node>;
  readonly before: Node[];
  readonly initializers: Tensor[];
  readonly inputs: ValueInfo[];
}

export function edited({ graph, ...model }: Model, { renames, nodes, before, initializers, inputs }: Edits): Model {
  const renamed = (read: string) => renames.get(read) ?? read;
  const all = graph.nodes.map((node) => {
    const own = nodes.get(node) ?? node;
    return own.inputs.some((name) => renames.has(name)) ? rewire(own, own.inputs.map(renamed)) : own;
  });
  return {
    ...model,
    graph: {
      ...graph,
      nodes: [...before, ...all],
      initializers: [...graph.initializers, ...initializers],
      inputs: [...graph.inputs, ...inputs],
    },
  };
}

export interface Replacing {
  readonly patches: PatchGrid;
  readonly tokens: string;
  readonly native: GridSize;
  readonly evaluate: Evaluate;
  /** Tables replaced already. */
  readonly tables: HostPositions;
}

/** A table, read. */
interface Read {
  readonly name: string;
  readonly dims: readonly number[];
  readonly axes: readonly Axis[];
  readonly elemType: number;
  readonly prefix: Float32Array;
  readonly grid: Grid;
  /** Of rotary positions; undefined for a position embedding. */
  readonly waves?: readonly Candidates[];
}

/** Replaces tables of the export's size. @returns why one of them cannot be, if so */
export async function replaceTables(
  found: readonly Table[],
  thought: Thought,
  replacing: Replacing,
): Promise<string | { edits: Edits; tables: HostTable[] }> {
  const edits: Edits = { renames: new Map(), nodes: new Map(), before: [], initializers: [], inputs: [] };
  const reads = new Map<string, Read>();
  for (const table of found) {
    const name = table.node.inputs[table.input];
    if (reads.has(name) || edits.nodes.has(table.node)) continue;
    const read = await readTable(table, thought, replacing);
    if (typeof read === 'string') return read;
    if ('without' in read) edits.nodes.set(table.node, read.without);
    else reads.set(name, read);
  }
  const tables: HostTable[] = [];
  for (const { name, dims, axes, elemType, prefix, grid, waves } of reads.values()) {
    const beside = [...reads.values()].flatMap((other) => (other.name !== name && other.waves ? [other.waves] : []));
    const clear = waves && clearWaves(waves, beside);
    if (waves && !clear) return `rotary positions of [${dims}] that the grid of the export is too small to tell`;
    const input = `saltworks.positions.${replacing.tables.length + tables.length}`;
    const { nodes, initializers, output } = laidOut(input, dims, axes, elemType, replacing.patches, thought.samples);
    edits.before.push(...nodes);
    edits.initializers.push(...initializers);
    edits.inputs.push(makeValueInfo(input, FLOAT, ['positions', grid.d]));
    edits.renames.set(name, output);
    tables.push({ input, d: grid.d, prefix, patches: clear ? { waves: clear } : { grid } });
  }
  return { edits, tables };
}

/** @returns the table, the node without it where it changes nothing, or why it cannot be replaced */
async function readTable(
  { node, input, meets }: Table,
  thought: Thought,
  { patches, tokens, native, evaluate }: Replacing,
): Promise<Read | { without: Node } | string> {
  const { flow, shapes, samples } = thought;
  const name = node.inputs[input];
  const dims = shapes.get(name)?.map(([n]) => n) ?? [];
  const fixes = (guess: string) => `${node.opType} with a constant of [${dims}] (${guess}) fixes the size`;
  const values = elementsOf(dims) <= MAX_VALUES ? await floatsOf(name, thought, patches, native, evaluate) : undefined;
  if (!values) return fixes('a large one');
  const without = withoutMask(node, input, values);
  if (without) return { without };
  const axes = layoutOf(dims, meets, samples);
  const parts = axes && tableOf(values.floats, dims, axes, native);
  if (!axes || !parts) return fixes('a mask or a bias of relative positions?');
  const read = { name, dims, axes, elemType: values.elemType, ...parts };
  if (ADDS.has(node.opType) && ancestors(flow, tokens).has(node)) return read;
  const { grid } = parts;
  const waves = node.opType === 'Mul' ? wavesOf(grid.data, { ...grid, half: values.half }) : undefined;
  return waves ? { ...read, waves } : fixes('a mask, a bias or rotary positions of another kind?');
}

/** Operators that add a position embedding to the tokens, perhaps with a normalisation after it. */
export const ADDS = new Set(['Add', 'Sum', 'SkipLayerNormalization', 'SkipSimplifiedLayerNormalization']);

/** A tensor's values at the native size, as float32, and its ONNX type. */
async function floatsOf(
  name: string,
  { model, flow }: Thought,
  patches: PatchGrid,
  { h, w }: GridSize,
  evaluate: Evaluate,
) {
  const [same, floats] = ['saltworks.same', 'saltworks.floats'];
  const nodes = [makeNode('Identity', [name], [same]), makeNode('Cast', [name], [floats], { to: FLOAT })];
  const dims = imageShape(patches, samplesFor(h, w)).map(([n]) => n);
  const inputs: Record<string, Values> = {};
  if (flow.kinds.get(name) !== 'constant') {
    const image = model.graph.inputs.find((input) => input.name === patches.image);
    const type = TYPES[image?.elemType ?? FLOAT];
    if (!type?.array) return undefined;
    const data = new type.array(new ArrayBuffer(elementsOf(dims) * type.array.BYTES_PER_ELEMENT), 0, elementsOf(dims));
    inputs[patches.image] = { type: type.type, dims, data };
  }
  const found = await evaluate(...part(model, flow, [name], nodes), inputs);
  const [as, values] = [found.get(same), found.get(floats)];
  const elemType = Object.entries(TYPES).find(([, type]) => type?.type === as?.type)?.[0];
  if (!(values?.data instanceof Float32Array) || elemType === undefined) return undefined;
  return { floats: values.data, elemType: Number(elemType), half: as?.type === 'float16' || as?.type === 'bfloat16' };
}

/** Inputs of attention operators that hold a mask or a bias. */
const MASKS: Record<string, number | undefined> = {
  Attention: 3,
  'com.microsoft Attention': 5,
  'com.microsoft MultiHeadAttention': 5,
};
const BOOL = 9;

/** The node without a mask that changes nothing; undefined if it changes something, or is no mask. */
function withoutMask(
  node: Node,
  input: number,
  { floats, elemType }: { floats: Float32Array; elemType: number },
): Node | undefined {
  const attention = MASKS[[node.domain, node.opType].filter(Boolean).join(' ')];
  const isChoice = node.opType === 'Where' && input === 0;
  // A mask of truth values lets through what is true; one of numbers is added.
  const idle = elemType === BOOL && (attention === input || isChoice) ? 1 : 0;
  if (!floats.every((value) => value === idle)) return undefined;
  if (attention === input) return rewire(node, node.inputs.with(input, ''));
  if (isChoice && idle === 1) return makeNode('Identity', [node.inputs[1]], node.outputs);
  if (node.opType !== 'Add' || node.inputs.length !== 2) return undefined;
  return makeNode('Identity', [node.inputs[1 - input]], node.outputs);
}

/** What each axis of a table counts. */
type Axis = { of: 'one' | 'plain' | 'patches' | 'h' | 'w'; more: number };

/** @returns undefined unless the table has rows for patches, or rows and columns, and is plain otherwise */
function layoutOf(dims: readonly number[], meets: Shape, samples: Samples): Axis[] | undefined {
  const axes = dims.map((n, i): Axis | undefined => {
    if (n === 1) return { of: 'one', more: 0 };
    const length = meets[meets.length - dims.length + i];
    if (!length) return undefined;
    if (isConstant(length)) return length[0] === n ? { of: 'plain', more: 0 } : undefined;
    const formula = formulaOf(length, samples);
    if (!formula || formula.batch || formula.factor !== 1 || formula.of === 'one' || formula.more < 0) return undefined;
    return { of: formula.of, more: formula.more };
  });
  if (!axes.every((axis) => axis !== undefined)) return undefined;
  const count = (of: Axis['of']) => axes.filter((axis) => axis.of === of).length;
  const rows = count('patches') === 1 && count('h') + count('w') === 0;
  const grid = count('patches') === 0 && count('h') === 1 && count('w') === 1;
  return rows || grid ? axes : undefined;
}

const isRow = ({ of }: Axis) => of === 'patches' || of === 'h' || of === 'w';

/** Axes in the order rows, columns of the grid, then the others: how the host keeps a table. */
function rowsFirst(axes: readonly Axis[]): number[] {
  const order = ['patches', 'h', 'w'];
  const rows = axes
    .flatMap((axis, i) => (isRow(axis) ? [i] : []))
    .sort((a, b) => order.indexOf(axes[a].of) - order.indexOf(axes[b].of));
  return [...rows, ...axes.flatMap((axis, i) => (isRow(axis) ? [] : [i]))];
}

/** Splits a table into the rows of prefix tokens and the grid. @returns undefined if it does not hold the native grid */
function tableOf(
  values: Float32Array,
  dims: readonly number[],
  axes: readonly Axis[],
  { h, w }: GridSize,
): { prefix: Float32Array; grid: Grid } | undefined {
  const more = axes.find(({ of }) => of === 'patches')?.more ?? 0;
  const rows = axes.reduce((product, axis, i) => (isRow(axis) ? product * dims[i] : product), 1);
  if (rows !== more + h * w) return undefined;
  const data = permuted(values, dims, rowsFirst(axes));
  const d = data.length / rows;
  return { prefix: data.slice(0, more * d), grid: { data: data.slice(more * d), h, w, d } };
}

/** Transposes a row-major tensor. */
function permuted(values: Float32Array, dims: readonly number[], perm: readonly number[]): Float32Array {
  const strides = dims.map((_, axis) => elementsOf(dims.slice(axis + 1)));
  const out = new Float32Array(values.length);
  const at = new Array(perm.length).fill(0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = values[from];
    for (let axis = perm.length - 1; axis >= 0; axis--) {
      from += strides[perm[axis]];
      if (++at[axis] < dims[perm[axis]]) break;
      from -= strides[perm[axis]] * at[axis];
      at[axis] = 0;
    }
  }
  return out;
}

/** Nodes that turn the host's `[rows, d]` into the table's own layout and type. */
function laidOut(
  input: string,
  dims: readonly number[],
  axes: readonly Axis[],
  elemType: number,
  patches: PatchGrid,
  samples: Samples,
) {
  const name = (what: string) => `${input}.${what}`;
  const perm = rowsFirst(axes);
  const nodes: Node[] = [];
  const initializers: Tensor[] = [];
  let last = input;
  const add = (opType: string, inputs: string[], attributes: Parameters<typeof makeNode>[3] = {}) => {
    const output = name(opType.toLowerCase());
    nodes.push(makeNode(opType, inputs, [output], attributes));
    last = output;
  };
  if (elemType !== FLOAT) add('Cast', [last], { to: elemType });
  const lengths = new Lengths(patches, samples, name('length'));
  // Rows and columns of patches first, then the rest.
  const target = lengths.list(
    perm.map((axis) => {
      const { of, more } = axes[axis];
      return of === 'h'
        ? samples.h
        : of === 'w'
          ? samples.w
          : of === 'patches'
            ? samples.patches.map((n) => n + more)
            : constant(dims[axis]);
    }),
  );
  if (target === undefined) throw new Error('a length of the grid without a formula');
  nodes.push(...lengths.nodes);
  initializers.push(...lengths.initializers);
  add('Reshape', [last, target]);
  const back = perm.map((_, axis) => perm.indexOf(axis));
  if (back.some((axis, i) => axis !== i)) add('Transpose', [last], { perm: back });
  return { nodes, initializers, output: last };
}
