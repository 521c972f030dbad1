/**
 * From an operand of attention back to its projection. The chains of dominators of query, key and value share their end, the
 * normalised tokens or a fused projection; the first tensor of one chain alone begins that branch. A linear layer inside the
 * branch is the projection; else it lies in the shared part, and the branch takes some of its columns.
 *
 * Scaling, rotation, normalisation and the split into heads all come after the projection.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import { dataRead, type Flow } from '../graph/flow.ts';
import type { Native } from '../graph/native.ts';
import type { Node } from '../onnx/model.ts';
import { elementsOf } from '../onnx/values.ts';
import { dequantised } from './cores.ts';
import { sameDims, through } from './layout.ts';
import { type Operand, type OperandSize, operandSize } from './operand.ts';
import { columnAxes, type Linear, linearOf, quantisation } from './products.ts';
import { type Digit, inOrder, picked, positions, sizeOf, type View, viewOf } from './views.ts';

/** A facet at the output of its projection: bias included, before scale, rotation and normalisation. */
export interface Projection {
  /** The tensor that holds it, perhaps among others. The other axes count tokens, in order. */
  readonly tensor: string;
  readonly dims: readonly number[];
  /** The axes that count columns. */
  readonly columnAxes: readonly number[];
  /** Columns of those axes, merged, in the order head · size + position in the head. */
  readonly columns: readonly number[];
  /** The projected tokens: normalised, perhaps quantised. */
  readonly input: string;
  /** The constant that they are multiplied by. */
  readonly weight: string;
  /** Nodes to add where no node of the graph makes `tensor`. */
  readonly nodes?: readonly Node[];
  /** A bias that attention adds itself: the columns of a tensor from `start` on. */
  readonly bias?: { readonly tensor: string; readonly start: number };
  /** Scale and zero point of a quantised tensor. */
  readonly quantisation?: { readonly scale: string; readonly zero: string };
  /** Whether more than layout, casts and scaling lies between the projection and the product of attention. */
  readonly changed: boolean;
}

/** Operators between a projection and attention that change no value but by a common factor and rounding. */
const PLAIN = new Set([
  ...[
    'Reshape',
    'Transpose',
    'Squeeze',
    'Unsqueeze',
    'Flatten',
    'Split',
    'Slice',
    'Gather',
    'Identity',
    'Cast',
    'CastLike',
  ],
  ...['Mul', 'Div', 'QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear', 'SplitToSequence', 'SequenceAt'],
]);
/** Those of them that do not scale. */
const UNSCALED = new Set([...PLAIN].filter((opType) => opType !== 'Mul' && opType !== 'Div'));
/** Most nodes to pass between a product and its bias. */
const MAX_TO_BIAS = 6;

/**
 * Finds the projection of one operand.
 *
 * @param path the operand's dominators, from the graph's input on
 * @param others the dominators of the other two operands
 * @throws InvalidInputError if there is none, or its columns cannot be told apart
 */
export function projectionOf(
  flow: Flow,
  native: Native,
  operand: Operand,
  path: readonly string[],
  others: ReadonlySet<string>,
  where: string,
): Projection {
  const size = operandSize(operand, native.dims(operand.tensor) ?? []);
  const width = size.heads * size.size;
  const begins = path.findIndex((name) => !others.has(name));
  const linears = path.map((name) => {
    const node = flow.producer.get(name);
    return node && linearOf(flow, node);
  });
  const widthOf = (linear: Linear | undefined) => {
    const dims = linear && native.dims(linear.output);
    return dims && elementsOf(columnAxes(linear, dims.length).map((axis) => dims[axis]));
  };
  let at = begins < 0 ? -1 : linears.findLastIndex((linear, i) => i >= begins && widthOf(linear) === width);
  if (at < 0) at = linears.findLastIndex((linear, i) => (begins < 0 || i < begins) && (widthOf(linear) ?? 0) >= width);
  const linear = linears[at];
  if (!linear) {
    throw new InvalidInputError(`${where}: no projection to ${width} columns; expected a product by a constant`);
  }
  const { end, columnAxes: axes } = pastBias(flow, native, path, at, linear);
  const between = path.slice(end + 1, begins + 1).flatMap((name) => flow.producer.get(name) ?? []);
  const foreign = between.find(({ opType }) => !PLAIN.has(opType));
  if (foreign) {
    throw new InvalidInputError(`${where}: ${foreign.opType} before the branch; expected a product by a constant`);
  }
  const tensor = path[end];
  const dims = native.dims(tensor) ?? [];
  const columns = columnsAt(flow, native, { operand, size, path: path.slice(end), dims, columnAxes: axes, where });
  return {
    ...{ tensor, dims, columnAxes: axes, columns },
    input: linear.input,
    weight: linear.weight,
    quantisation: quantisationOf(flow, tensor),
    changed: changes(flow, tensor, operand.tensor),
  };
}

function quantisationOf(flow: Flow, tensor: string) {
  const node = flow.producer.get(tensor);
  return node && quantisation(node);
}

/**
 * Where on the path the projection is complete: past the scaling of an integer product, and past the bias, which may come
 * after the split into heads.
 */
function pastBias(flow: Flow, native: Native, path: readonly string[], at: number, linear: Linear) {
  const start = Math.max(at, path.indexOf(dequantised(flow, linear.node)));
  const dims = native.dims(path[start]) ?? [];
  const own = columnAxes(linear, dims.length);
  const isColumn = ({ axis }: Digit) => own.includes(axis);
  let view: View | undefined = viewOf(dims);
  for (let i = start + 1; i < path.length && i <= start + MAX_TO_BIAS && view; i++) {
    const node = flow.producer.get(path[i]);
    if (!node?.inputs.includes(path[i - 1])) break;
    view = through(native, node, view, path[i - 1], path[i]);
    if (!view) break;
    if (node.opType === 'Add' || node.opType === 'QLinearAdd') {
      const terms = node.opType === 'Add' ? node.inputs : [node.inputs[0], node.inputs[3]];
      const bias = terms.find((name) => name !== path[i - 1]) ?? '';
      // One number a column, the same in all rows.
      const sizes = native.dims(bias)?.toReversed();
      const axes = view.axes.toReversed();
      const fits = sizes?.every((size, j) => size === 1 || (size === sizeOf(axes[j] ?? []) && axes[j].every(isColumn)));
      const whole =
        sizes &&
        elementsOf(sizes) ===
          elementsOf(
            view.axes
              .flat()
              .filter(isColumn)
              .map(({ size }) => size),
          );
      if (!fits || !whole || flow.kinds.get(bias) !== 'constant') break;
      return {
        end: i,
        columnAxes: view.axes.flatMap((axis, j) => (axis.length > 0 && axis.every(isColumn) ? [j] : [])),
      };
    }
    if (!UNSCALED.has(node.opType)) break;
  }
  return { end: start, columnAxes: own };
}

interface Branch {
  operand: Operand;
  size: OperandSize;
  /** From the projection to the operand. */
  path: readonly string[];
  dims: readonly number[];
  columnAxes: readonly number[];
  where: string;
}

/** Follows the branch to the operand, and reads off which columns of the projection it takes. */
function columnsAt(flow: Flow, native: Native, { operand, size, path, dims, columnAxes, where }: Branch): number[] {
  const width = size.heads * size.size;
  let view: View = viewOf(dims);
  let complete = true;
  for (let i = 1; i < path.length && complete; i++) {
    const next = stepped(flow, native, view, path[i - 1], path[i]);
    if (next) view = next;
    else complete = false;
  }
  if (complete && operand.pick) {
    const one = picked(view, operand.pick.axis, operand.pick.index);
    complete = one !== undefined;
    view = one ?? view;
  }
  const rows = dims.reduce((all, dim, i) => (columnAxes.includes(i) ? all : all * dim), 1);
  const isRow = (digit: Digit) => !columnAxes.includes(digit.axis);
  const token = complete ? operand.token : view.axes.findIndex((digits) => digits.some(isRow));
  const column = complete ? operand.column : -1;
  const rest = view.axes.flatMap((digits, i) => (i === token || i === column ? [] : digits));
  const all = [...rest, ...(view.axes[column] ?? [])];
  const tokens = view.axes[token] ?? [];
  if (all.some(isRow) || !tokens.every(isRow) || sizeOf(tokens) !== rows || !inOrder(tokens)) {
    throw new InvalidInputError(
      `${where}: tokens in groups (${dims.join(' × ')}); expected attention over all tokens (a windowed transformer?)`,
    );
  }
  // Columns of several axes, merged: a step along an axis counts all of those after it.
  const below = columnAxes.map((_, i) => elementsOf(columnAxes.slice(i + 1).map((axis) => dims[axis])));
  const step = (axis: number) => below[columnAxes.indexOf(axis)];
  const offset = columnAxes.reduce((sum, axis) => sum + view.offsets[axis] * step(axis), 0);
  const merged = all.map(({ axis, size, stride }) => ({ axis: 0, size, stride: stride * step(axis) }));
  const columns = positions(merged).map((position) => position + offset);
  if (columns.length !== width) {
    throw new InvalidInputError(`${where}: ${columns.length} columns of ${dims.join(' × ')}; expected ${width}`);
  }
  return columns;
}

/** A view one dominator further; across nodes that split and join again, values stay in place if the sizes do. */
function stepped(flow: Flow, native: Native, view: View, from: string, to: string): View | undefined {
  const node = flow.producer.get(to);
  if (node?.inputs.includes(from)) return through(native, node, view, from, to);
  return sameDims(native.dims(from), native.dims(to)) ? view : undefined;
}

/** Whether values are changed between two tensors by more than layout, casts and a common factor. */
function changes(flow: Flow, from: string, to: string): boolean {
  const seen = new Set<string>([from]);
  const stack = [to];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const node = flow.producer.get(name);
    if (!node) return true;
    const data = dataRead(flow, node);
    if (!PLAIN.has(node.opType) || data.length !== 1) return true;
    stack.push(...data);
  }
  return false;
}
