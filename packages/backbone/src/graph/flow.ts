/**
 * The dataflow of an ONNX graph: the node that makes a tensor, the nodes that read it, and what its values depend on.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import { bodies, type Model, type Node, type Tensor, tensorAttribute } from '../onnx/model.ts';

/**
 * What a tensor's values depend on: nothing, the inputs' sizes alone, their values through the scales and zero points of a
 * dynamic quantisation alone, or their values.
 */
export type Kind = 'constant' | 'shape' | 'scale' | 'data';

export interface Flow {
  /** Version of the ONNX operators. */
  readonly opset: number;
  /** In order: every node comes after the nodes that it reads from. */
  readonly nodes: readonly Node[];
  /** The node that makes a tensor; none for inputs and initializers. */
  readonly producer: ReadonlyMap<string, Node>;
  /** The nodes that read a tensor, also from within the bodies of control flow. */
  readonly consumers: ReadonlyMap<string, readonly Node[]>;
  /** Initializers and the values of Constant nodes. */
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly kinds: ReadonlyMap<string, Kind>;
  /** Names of all tensors that a node reads: its inputs, and those that its bodies of control flow capture. */
  readonly reads: (node: Node) => readonly string[];
}

const MAX_NESTING = 16;
/** More nodes than any export has; a deep model has a few thousand. */
const MAX_NODES = 100_000;
const MEASURES = new Set(['Shape', 'Size']);
const RANK: Record<Kind, number> = { constant: 0, shape: 1, scale: 2, data: 3 };

/** @throws InvalidInputError for a cycle, and for a tensor made twice or never */
export function flowOf({ graph, opsets }: Model): Flow {
  if (graph.nodes.length > MAX_NODES) {
    throw new InvalidInputError(`${graph.nodes.length} nodes; expected at most ${MAX_NODES}`);
  }
  const readsOf = new Map(graph.nodes.map((node) => [node, tensorsRead(node, 0)]));
  const reads = (node: Node) => readsOf.get(node) ?? [];
  const producer = new Map<string, Node>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) {
      if (output === '') continue;
      if (producer.has(output)) throw new InvalidInputError(`two nodes make the tensor ${output}; expected one`);
      producer.set(output, node);
    }
  }
  const nodes = sorted(graph.nodes, producer, reads);
  const consumers = new Map<string, Node[]>();
  const kinds = new Map<string, Kind>();
  const constants = new Map<string, Tensor>();
  for (const { name } of graph.inputs) kinds.set(name, 'data');
  for (const tensor of graph.initializers) {
    // Before IR version 4 an initializer is listed as an input too.
    kinds.set(tensor.name, 'constant');
    constants.set(tensor.name, tensor);
  }
  for (const node of nodes) {
    for (const name of new Set(reads(node))) {
      const known = consumers.get(name);
      if (known) known.push(node);
      else consumers.set(name, [node]);
    }
    const kind = kindOf(node, valuesRead(node, reads(node)), kinds);
    // The first output holds the quantised values, the others how they were quantised.
    const isDynamic = kind === 'data' && node.opType === 'DynamicQuantizeLinear';
    for (const [i, output] of node.outputs.entries())
      if (output !== '') kinds.set(output, isDynamic && i > 0 ? 'scale' : kind);
    const value = node.opType === 'Constant' && tensorAttribute(node, 'value');
    if (value) constants.set(node.outputs[0], value);
  }
  return { opset: opsets.get('') ?? 0, nodes, producer, consumers, constants, kinds, reads };
}

/** The tensors whose values a node uses: of CastLike's second input it uses the type alone. */
function valuesRead(node: Node, reads: readonly string[]): readonly string[] {
  return node.opType === 'CastLike' ? reads.slice(0, 1) : reads;
}

/** Names of the node's inputs, captured ones included, whose values are data and count. */
export function dataRead(flow: Flow, node: Node): string[] {
  return valuesRead(node, flow.reads(node)).filter((name) => isData(flow, name));
}

function kindOf(node: Node, reads: readonly string[], kinds: ReadonlyMap<string, Kind>): Kind {
  let kind: Kind = 'constant';
  for (const name of reads) {
    const read = kinds.get(name);
    if (!read)
      throw new InvalidInputError(`${node.opType} reads the tensor ${name}; expected one that something makes`);
    if (RANK[read] > RANK[kind]) kind = read;
  }
  return RANK[kind] > RANK.shape && MEASURES.has(node.opType) ? 'shape' : kind;
}

function tensorsRead(node: Node, depth: number): string[] {
  if (depth > MAX_NESTING) throw new InvalidInputError(`control flow nested ${depth} deep; expected ≤ ${MAX_NESTING}`);
  const captured = bodies(node).flatMap((body) => {
    const own = new Set(body.inputs.map(({ name }) => name));
    for (const { name } of body.initializers) own.add(name);
    for (const inner of body.nodes) for (const output of inner.outputs) own.add(output);
    const read = body.nodes.flatMap((inner) => tensorsRead(inner, depth + 1));
    return [...read, ...body.outputs.map(({ name }) => name)].filter((name) => !own.has(name));
  });
  return [...node.inputs.filter((name) => name !== ''), ...captured];
}

/** Kahn's algorithm; it keeps the given order where possible. @throws InvalidInputError for a cycle */
function sorted(
  nodes: readonly Node[],
  producer: ReadonlyMap<string, Node>,
  reads: (node: Node) => readonly string[],
): Node[] {
  const waiting = new Map<Node, number>();
  const followers = new Map<Node, Node[]>();
  for (const node of nodes) {
    const before = new Set(reads(node).flatMap((name) => producer.get(name) ?? []));
    waiting.set(node, before.size);
    for (const other of before) {
      const known = followers.get(other);
      if (known) known.push(node);
      else followers.set(other, [node]);
    }
  }
  const out = nodes.filter((node) => waiting.get(node) === 0);
  for (let i = 0; i < out.length; i++) {
    for (const follower of followers.get(out[i]) ?? []) {
      const left = (waiting.get(follower) ?? 0) - 1;
      waiting.set(follower, left);
      if (left === 0) out.push(follower);
    }
  }
  if (out.length < nodes.length) {
    throw new InvalidInputError(`${nodes.length - out.length} of ${nodes.length} nodes in a cycle; expected none`);
  }
  return out;
}

/** All nodes that a tensor is computed from. @param follow whether to go on through a tensor, by name */
export function ancestors(flow: Flow, name: string, follow: (name: string) => boolean = () => true): Set<Node> {
  const seen = new Set<Node>();
  const stack = [name];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const node = flow.producer.get(next);
    if (!node || seen.has(node)) continue;
    seen.add(node);
    for (const read of flow.reads(node)) if (follow(read)) stack.push(read);
  }
  return seen;
}

/** All nodes that a tensor's values, not only its size, flow into. */
export function descendants(flow: Flow, name: string): Set<Node> {
  const seen = new Set<Node>();
  const stack = [name];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const node of flow.consumers.get(next) ?? []) {
      if (seen.has(node) || MEASURES.has(node.opType)) continue;
      seen.add(node);
      for (const output of node.outputs) stack.push(output);
    }
  }
  return seen;
}

export function isData(flow: Flow, name: string): boolean {
  return flow.kinds.get(name) === 'data';
}
