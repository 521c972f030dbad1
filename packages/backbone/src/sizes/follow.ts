/** Makes sizes that an export froze follow the grid of patches, by nodes that compute them. */

import { constant, type Formula, formulaOf, type Length, type Samples } from '../graph/length.ts';
import type { Frozen, Shape } from '../graph/shapes.ts';
import { makeInts, makeNode } from '../onnx/make.ts';
import type { Model, Node, Tensor } from '../onnx/model.ts';
import { rewire } from '../onnx/rewire.ts';

/** How a graph turns the image into patches. */
export interface PatchGrid {
  /** Name of the image input, `[batch, 3, height, width]`. */
  readonly image: string;
  /** Name of the tensor `[batch, dim, h, w]` that a convolution makes; none where patches are flattened. */
  readonly grid?: string;
  /** Sides in pixels of a patch, and from one patch to the next. */
  readonly patch: number;
  readonly stride: number;
}

/** The shape of the image at all samples. */
export function imageShape({ stride, patch }: PatchGrid, { batch, h, w }: Omit<Samples, 'patches'>): Shape {
  const [height, width] = [h, w].map((sides) => sides.map((n) => (n - 1) * stride + patch));
  return [batch, constant(3), height, width];
}

/** Makes frozen integers follow the grid of patches. @returns why they cannot, if so */
export function follow(model: Model, frozen: readonly Frozen[], patches: PatchGrid, samples: Samples): string | Model {
  const lengths = new Lengths(patches, samples, 'saltworks.length');
  const others = new Map<Node, Node[]>();
  const latest = (node: Node) => others.get(node)?.at(-1) ?? node;
  for (const found of frozen) {
    if (found.kind === 'table' || found.kind === 'unclear') continue;
    const { node } = found;
    if (found.kind === 'split') {
      const slices = partsOf(node, found.axis, found.lengths, lengths);
      if (!slices) return `${node.opType} into parts of a fixed size`;
      others.set(node, slices);
      continue;
    }
    const list = lengths.list(found.lengths);
    if (list === undefined) return `${node.opType} of a fixed size`;
    const before = latest(node);
    const read = before.inputs.with(found.input, list);
    if (found.kind === 'integers') {
      others.set(node, [rewire(before, read)]);
    } else {
      const [from, to] = [before.inputs[found.input], lengths.fresh()];
      const expand = makeNode('Expand', [from, list], [to]);
      const earlier = others.get(node)?.slice(0, -1) ?? [];
      others.set(node, [...earlier, expand, rewire(before, before.inputs.with(found.input, to))]);
    }
  }
  const { graph } = model;
  return {
    ...model,
    graph: {
      ...graph,
      nodes: [...lengths.nodes, ...graph.nodes.flatMap((node) => others.get(node) ?? [node])],
      initializers: [...graph.initializers, ...lengths.initializers],
    },
  };
}

/** A Split whose parts follow, as a Slice each. */
function partsOf(node: Node, axis: number, parts: Shape, lengths: Lengths): Node[] | undefined {
  let start: Length = constant(0);
  const out: Node[] = [];
  for (const [i, output] of node.outputs.entries()) {
    const end = start.map((n, s) => n + parts[i][s]);
    const [from, to] = [lengths.list([start]), lengths.list([end])];
    if (from === undefined || to === undefined) return undefined;
    if (output !== '') out.push(makeNode('Slice', [node.inputs[0], from, to, lengths.ints([axis])], [output]));
    start = end;
  }
  return out;
}

/** Nodes that compute lengths from the shape of the grid of patches; each is made once. */
export class Lengths {
  readonly nodes: Node[] = [];
  readonly initializers: Tensor[] = [];
  readonly #patches: PatchGrid;
  readonly #samples: Samples;
  readonly #prefix: string;
  readonly #known = new Map<string, string>();
  #made = 0;

  /** @param prefix of the new tensors' names */
  constructor(patches: PatchGrid, samples: Samples, prefix: string) {
    this.#patches = patches;
    this.#samples = samples;
    this.#prefix = prefix;
  }

  fresh(): string {
    return `${this.#prefix}.${this.#made++}`;
  }

  ints(values: readonly number[]): string {
    return this.#once(`ints ${values}`, (name) => this.initializers.push(makeInts(name, values)));
  }

  /** A list of lengths; undefined if one has no formula. */
  list(lengths: Shape): string | undefined {
    const formulas = lengths.map((length) => formulaOf(length, this.#samples));
    if (formulas.some((formula) => !formula)) return undefined;
    const parts: string[] = [];
    let run: number[] = [];
    const close = () => {
      if (run.length > 0) parts.push(this.ints(run));
      run = [];
    };
    for (const formula of formulas as Formula[]) {
      if (formula.of === 'one' && !formula.batch) run.push(formula.factor);
      else {
        close();
        parts.push(this.#length(formula));
      }
    }
    close();
    return parts.length === 1 ? parts[0] : this.#node('Concat', parts, { axis: 0 });
  }

  #length({ factor, batch, of, more }: Formula): string {
    const [h, w] = [() => this.#side('h'), () => this.#side('w')];
    const base = { one: () => undefined, h, w, patches: () => this.#node('Mul', [h(), w()]) }[of]();
    const tokens = base !== undefined && more !== 0 ? this.#node('Add', [base, this.ints([more])]) : base;
    const factors = [tokens, batch ? this.#batch() : undefined, factor === 1 ? undefined : this.ints([factor])];
    return factors.filter((name) => name !== undefined).reduce((a, b) => this.#node('Mul', [a, b]));
  }

  #batch(): string {
    return this.#axis(this.#patches.image, 0);
  }

  /** Rows or columns of patches. */
  #side(of: 'h' | 'w'): string {
    const { grid, image, patch, stride } = this.#patches;
    if (grid !== undefined) return this.#axis(grid, of === 'h' ? 2 : 3);
    const pixels = this.#axis(image, of === 'h' ? 2 : 3);
    const steps = this.#node('Div', [this.#node('Sub', [pixels, this.ints([patch])]), this.ints([stride])]);
    return this.#node('Add', [steps, this.ints([1])]);
  }

  #axis(tensor: string, axis: number): string {
    return this.#node('Gather', [this.#node('Shape', [tensor]), this.ints([axis])], { axis: 0 });
  }

  #node(opType: string, inputs: string[], attributes: Parameters<typeof makeNode>[3] = {}): string {
    return this.#once(`${opType} ${inputs}`, (name) => this.nodes.push(makeNode(opType, inputs, [name], attributes)));
  }

  #once(what: string, make: (name: string) => void): string {
    const known = this.#known.get(what);
    if (known !== undefined) return known;
    const name = this.fresh();
    make(name);
    this.#known.set(what, name);
    return name;
  }
}
