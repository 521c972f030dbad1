/**
 * The attention layers of the image's encoder, first to last: those that depend on the image, one after the other, over the
 * same tokens. What comes after the tokens change (a decoder, a pooling head) or beside them (a text tower) is none.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Dominators } from '../graph/dominators.ts';
import type { Flow } from '../graph/flow.ts';
import type { Native } from '../graph/native.ts';
import { intAttribute, type Node } from '../onnx/model.ts';
import { type Projection, projectionOf } from './branches.ts';
import { type Core, operandsOf } from './cores.ts';
import { fusedOperands, fusedProjection } from './fused.ts';
import { type Operand, operandSize } from './operand.ts';

export interface Layer {
  readonly query: Projection;
  readonly key: Projection;
  readonly value: Projection;
  readonly heads: number;
  /** Columns of all heads. */
  readonly dim: number;
  /** Rows at the native size. */
  readonly tokens: number;
  /** attention · value; undefined where the same node multiplies it further. */
  readonly output: Operand | undefined;
  /** The Softmax, or the operator that is attention as a whole. */
  readonly node: Node;
  /** query · key, where attention is in separate nodes. */
  readonly scores?: Node;
}

/** The sizes of attention, as far as the operands tell. */
interface Sized {
  core: Core;
  tokens: number;
  keyTokens: number;
  heads: number;
  dim: number;
  /** Why it cannot be a layer, whatever its sizes. */
  unclear?: string;
}

/**
 * @param cores all attention that depends on the image
 * @param patches rows and columns of patches at the native size
 * @throws InvalidInputError if the first layer is not attention over all tokens of the image, with the reason
 */
export function encoderLayers(
  flow: Flow,
  native: Native,
  dominators: Dominators,
  cores: readonly Core[],
  patches: readonly [number, number],
  fresh: (wish: string) => string,
): Layer[] {
  const chosen = sequence(
    flow,
    cores.map((core) => sized(flow, native, core)),
    patches,
  );
  return chosen.map(({ core }, index) => layerOf(flow, native, dominators, core, `attention layer ${index}`, fresh));
}

function sized(flow: Flow, native: Native, core: Core): Sized {
  const { node, parts } = core;
  try {
    const operands = parts ? operandsOf(flow, native, parts) : core.unclear ? undefined : fusedOperands(native, node);
    if (operands) return sizes(native, core, operands);
    const projection = parts || core.unclear ? undefined : fusedProjection(native, node, (wish) => wish);
    if (projection) {
      const tokens = native.dims(node.outputs[0])?.[1] ?? Number.NaN;
      return { core, tokens, keyTokens: tokens, heads: projection.heads, dim: projection.sizes[0] };
    }
    return unclear(native, core, core.unclear ?? 'attention along unclear axes; expected a Softmax over the last');
  } catch (error) {
    if (error instanceof InvalidInputError) return unclear(native, core, error.message);
    throw error;
  }
}

/** Attention that may be a layer: over as many tokens as its Softmax is. */
function unclear(native: Native, core: Core, reason: string): Sized {
  const [rows, columns] = /Softmax$/.test(core.node.opType) ? (native.dims(core.node.inputs[0]) ?? []).slice(-2) : [];
  const tokens = rows ?? Number.NaN;
  return { core, tokens, keyTokens: columns ?? Number.NaN, heads: 0, dim: 0, unclear: reason };
}

function sizes(native: Native, core: Core, { query, key }: { query: Operand; key: Operand }): Sized {
  const of = (operand: Operand) => operandSize(operand, native.dims(operand.tensor) ?? []);
  const { tokens, heads, size } = of(query);
  return { core, tokens, keyTokens: of(key).tokens, heads, dim: heads * size };
}

/** The longest run of layers that are alike, each computed from the one before. */
function sequence(flow: Flow, found: readonly Sized[], [h, w]: readonly [number, number]): Sized[] {
  const levels = levelsOf(flow, new Set(found.map(({ core }) => core.node)));
  const at = (level: number) => found.filter(({ core }) => levels.get(core.node) === level);
  const isWhole = ({ tokens, keyTokens }: Sized) => tokens === keyTokens && tokens >= h * w;
  const first = at(0);
  if (first.length === 0) {
    throw new InvalidInputError('no attention (Softmax between two products of data); expected a Vision Transformer');
  }
  if (!first.some(isWhole)) {
    const [{ tokens, keyTokens, unclear }] = first;
    if (unclear) throw new InvalidInputError(unclear);
    const seen = tokens === keyTokens ? `${tokens} tokens` : `${tokens} queries and ${keyTokens} keys`;
    throw new InvalidInputError(
      `${seen} at attention layer 0; expected prefix tokens + ${h} × ${w} patches (windows or a pyramid, no plain ViT)`,
    );
  }
  const out: Sized[] = [];
  for (let level = 0; ; level++) {
    const [{ tokens, dim }] = [...out, ...first.filter(isWhole)];
    const isAlike = (other: Sized) =>
      isWhole(other) && other.tokens === tokens && (other.dim === dim || other.unclear !== undefined);
    const alike = at(level).filter(isAlike);
    const stranger = alike.find(({ unclear }) => unclear !== undefined);
    if (stranger?.unclear) throw new InvalidInputError(`attention layer ${level}: ${stranger.unclear}`);
    if (alike.length === 0) {
      const again = found.some((other) => (levels.get(other.core.node) ?? 0) > level && isAlike(other));
      if (!again) return out;
      const [{ tokens: seen, unclear }] = at(level);
      throw new InvalidInputError(
        unclear
          ? `attention layer ${level}: ${unclear}`
          : `${seen} tokens at attention layer ${level}, ${tokens} before and after; expected the same in all (windows?)`,
      );
    }
    if (alike.length > 1) {
      throw new InvalidInputError(
        `${alike.length} attention layers beside each other after ${level}; expected one after the other`,
      );
    }
    out.push(alike[0]);
  }
}

/** How many attention nodes each of them comes after: the longest way. */
function levelsOf(flow: Flow, attention: ReadonlySet<Node>): Map<Node, number> {
  const after = new Map<string, number>();
  const levels = new Map<Node, number>();
  for (const node of flow.nodes) {
    let level = 0;
    for (const name of flow.reads(node)) level = Math.max(level, after.get(name) ?? 0);
    if (attention.has(node)) levels.set(node, level++);
    if (level > 0) for (const output of node.outputs) after.set(output, level);
  }
  return levels;
}

function layerOf(
  flow: Flow,
  native: Native,
  dominators: Dominators,
  core: Core,
  where: string,
  fresh: (wish: string) => string,
): Layer {
  const { node } = core;
  const operands = core.parts ? operandsOf(flow, native, core.parts) : fusedOperands(native, node);
  if (!operands) return heldWeights(native, node, where, fresh);
  const { query, key, value, output } = operands;
  const { tokens, heads, size } = operandSize(query, native.dims(query.tensor) ?? []);
  const dim = heads * size;
  const facets = { query, key, value };
  const chains = Object.entries(facets).map(([facet, { tensor }]) => [facet, dominators(tensor).toReversed()] as const);
  const start = { query: 0, key: dim, value: 2 * dim };
  const projected = (facet: keyof typeof facets): Projection => {
    const [[, path]] = chains.filter(([name]) => name === facet);
    const others = new Set(chains.flatMap(([name, chain]) => (name === facet ? [] : chain)));
    const projection = projectionOf(flow, native, facets[facet], path, others, `${where}, ${facet}`);
    const bias = 'bias' in operands && operands.bias ? { tensor: operands.bias, start: start[facet] } : undefined;
    return bias ? { ...projection, bias } : projection;
  };
  const layer = {
    ...{ query: projected('query'), key: projected('key'), value: projected('value') },
    ...{ heads, dim, tokens, output, node, scores: core.parts?.scores },
  };
  check(layer, where);
  return layer;
}

/** A layer whose operator holds the weights of query, key and value. */
function heldWeights(native: Native, node: Node, where: string, fresh: (wish: string) => string): Layer {
  const projection = fusedProjection(native, node, fresh);
  const input = projection && native.dims(projection.input);
  if (!projection || !input) throw new InvalidInputError(`${where}: ${node.opType}; expected one that the tap knows`);
  const [q, k, v] = projection.sizes;
  const facet = (start: number, size: number): Projection => ({
    tensor: projection.output,
    dims: [...input.slice(0, -1), q + k + v],
    columnAxes: [input.length - 1],
    columns: Array.from({ length: size }, (_, i) => start + i),
    input: projection.input,
    weight: node.inputs[1],
    nodes: projection.nodes,
    changed: Boolean(intAttribute(node, 'do_rotary')),
  });
  return {
    ...{ query: facet(0, q), key: facet(q, k), value: facet(q + k, v) },
    ...{ heads: projection.heads, dim: q, tokens: input[1], output: projection.attended, node },
  };
}

function check({ query, key, value, dim }: Layer, where: string): void {
  const all = [query, key, value];
  if (all.some(({ columns }) => columns.length !== dim)) {
    const found = all.map(({ columns }) => columns.length).join(', ');
    throw new InvalidInputError(`${where}: ${found} columns of query, key and value; expected the same`);
  }
  const places = new Set(all.map(({ tensor, columns }) => `${tensor} ${columns[0]}`));
  if (places.size < 3) throw new InvalidInputError(`${where}: shared projections; expected query, key and value apart`);
}
