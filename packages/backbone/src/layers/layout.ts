/** Follows a view through one node: the operators that only move values, and those that change values but move none. */

import type { Native } from '../graph/native.ts';
import { intAttribute, intsAttribute, type Node } from '../onnx/model.ts';
import { picked, ranged, reshaped, transposed, type View } from './views.ts';

const RESHAPES = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']);

/**
 * The view of a node's output, given that of the input.
 *
 * @param input, output names of one input and one output of the node
 * @returns undefined for a node that moves values in another way
 */
export function through(native: Native, node: Node, view: View, input: string, output: string): View | undefined {
  const dims = native.dims(output);
  const slot = node.inputs.indexOf(input);
  if (!dims || (slot !== 0 && MOVES.has(node.opType))) return undefined;
  if (RESHAPES.has(node.opType)) return reshaped(view, dims);
  const rank = view.axes.length;
  if (node.opType === 'Transpose') {
    return transposed(view, intsAttribute(node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i));
  }
  if (node.opType === 'Split' || node.opType === 'SplitToSequence') return splitView(native, node, view, output);
  if (node.opType === 'Slice') return sliceView(native, node, view, dims);
  if (node.opType === 'Gather') return gatherView(native, node, view);
  // Scaling, rounding and their like keep each value in its place, if they keep the sizes.
  return sameDims(native.dims(input), dims) && !SHUFFLES.has(node.opType) ? view : undefined;
}

const MOVES = new Set([...RESHAPES, 'Transpose', 'Split', 'SplitToSequence', 'Slice', 'Gather']);
const SHUFFLES = new Set(['GatherElements', 'GatherND', 'ScatterElements', 'ScatterND', 'ReverseSequence', 'TopK']);

export function sameDims(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length && a.every((dim, i) => dim === b[i]);
}

const along = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

function splitView(native: Native, node: Node, view: View, output: string): View | undefined {
  const axis = along(intAttribute(node, 'axis') ?? 0, view.axes.length);
  let start = 0;
  for (const other of node.outputs) {
    const count = native.dims(other)?.[axis];
    if (count === undefined) return undefined;
    if (other === output) return ranged(view, axis, start, count);
    start += count;
  }
  return undefined;
}

function sliceView(native: Native, node: Node, view: View, dims: readonly number[]): View | undefined {
  const rank = view.axes.length;
  const operand = (slot: number, attribute: string) =>
    node.inputs[slot] ? native.ints(node.inputs[slot]) : intsAttribute(node, attribute);
  const starts = operand(1, 'starts');
  const axes = operand(3, 'axes') ?? starts?.map((_, i) => i);
  const steps = node.inputs[4] ? native.ints(node.inputs[4]) : starts?.map(() => 1);
  if (!starts || !axes || !steps || axes.length !== starts.length) return undefined;
  let out: View | undefined = view;
  for (const [i, given] of axes.entries()) {
    const axis = along(given, rank);
    const digits = out?.axes[axis];
    if (!out || !digits || !(steps[i] > 0)) return undefined;
    const size = digits.reduce((product, digit) => product * digit.size, 1);
    const start = Math.min(Math.max(starts[i] < 0 ? starts[i] + size : starts[i], 0), size);
    out = ranged(out, axis, start, dims[axis], steps[i]);
  }
  return out;
}

function gatherView(native: Native, node: Node, view: View): View | undefined {
  const axis = along(intAttribute(node, 'axis') ?? 0, view.axes.length);
  const indices = native.ints(node.inputs[1]);
  const dims = native.dims(node.inputs[1]);
  if (!indices || !dims || dims.length > 1 || indices.length === 0) return undefined;
  const size = (view.axes[axis] ?? []).reduce((product, digit) => product * digit.size, 1);
  const [first, second] = indices.map((index) => along(index, size));
  if (dims.length === 0) return picked(view, axis, first);
  const step = indices.length > 1 ? second - first : 1;
  if (!indices.every((index, i) => along(index, size) === first + i * step)) return undefined;
  return ranged(view, axis, first, indices.length, step);
}
