/** The nodes that turn the tensor at a projection into an output `[batch, tokens, dim]` of float32. */

import type { Projection } from '../layers/branches.ts';
import { makeInts, makeNode } from '../onnx/make.ts';
import { FLOAT, type Node, type Tensor } from '../onnx/model.ts';

export interface Finish {
  readonly nodes: readonly Node[];
  readonly initializers: readonly Tensor[];
}

/**
 * @param input the graph's image input, whose first size is the batch
 * @param wanted projections, and the names of their outputs
 * @param opset version of the ONNX operators
 */
export function finish(
  input: string,
  wanted: readonly { projection: Projection; output: string }[],
  opset: number,
  fresh: (wish: string) => string,
): Finish {
  const nodes: Node[] = [];
  const initializers: Tensor[] = [];
  const add = (opType: string, inputs: string[], attributes: Parameters<typeof makeNode>[3] = {}) => {
    const output = fresh(opType.toLowerCase());
    nodes.push(makeNode(opType, inputs, [output], attributes));
    return output;
  };
  const ints = (...values: number[]) => {
    const name = fresh('ints');
    initializers.push(makeInts(name, values));
    return name;
  };
  /** A run of an axis; Slice takes its bounds as inputs only since opset 10. */
  const columns = (from: string, all: readonly number[], axis: number) => {
    const [start] = all;
    const isRun = all.every((column, i) => column === start + i) && opset >= 10;
    return isRun
      ? add('Slice', [from, ints(start), ints(start + all.length), ints(axis)])
      : add('Gather', [from, ints(...all)], { axis });
  };

  const batch = add('Gather', [add('Shape', [input]), ints(0)], { axis: 0 });
  const merged = new Map<string, string>();
  const merge = ({ tensor, dims, columnAxes, quantisation }: Projection) => {
    let rows = tensor;
    if (quantisation) rows = add('DequantizeLinear', [rows, quantisation.scale, quantisation.zero].filter(Boolean));
    const others = [...dims.keys()].filter((axis) => !columnAxes.includes(axis));
    // The batch, which is one here, comes first; some layouts put tokens before it.
    const order = [
      ...others.filter((axis) => dims[axis] === 1),
      ...others.filter((axis) => dims[axis] > 1),
      ...columnAxes,
    ];
    if (order.some((from, to) => from !== to)) rows = add('Transpose', [rows], { perm: order });
    const shape = add('Concat', [batch, ints(-1, widthOf(dims, columnAxes))], { axis: 0 });
    return add('Reshape', [rows, shape]);
  };
  const made = new Set<Node>();
  for (const { projection, output } of wanted) {
    for (const node of projection.nodes ?? []) {
      if (made.has(node)) continue;
      made.add(node);
      nodes.push(node);
    }
    const { tensor, dims, columnAxes, columns: chosen, bias } = projection;
    let rows = merged.get(tensor) ?? merge(projection);
    merged.set(tensor, rows);
    if (chosen.length !== widthOf(dims, columnAxes) || chosen.some((column, i) => column !== i))
      rows = columns(rows, chosen, 2);
    if (bias) {
      const own = Array.from(chosen, (_, i) => bias.start + i);
      rows = add('Add', [rows, columns(bias.tensor, own, 0)]);
    }
    nodes.push(makeNode('Cast', [rows], [output], { to: FLOAT }));
  }
  return { nodes, initializers };
}

function widthOf(dims: readonly number[], columnAxes: readonly number[]): number {
  return columnAxes.reduce((width, axis) => width * dims[axis], 1);
}
