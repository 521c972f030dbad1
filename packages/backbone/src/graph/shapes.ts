/**
 * The shapes of all tensors at all samples, operator by operator, and with them whatever an export froze: constants and
 * shape arithmetic that do not follow the image. A shape that it cannot tell is undefined, and what depends on it is left
 * as it is.
 */
import { bodies, type Graph, intAttribute, intsAttribute, type Node, stringAttribute } from '../onnx/model.ts';
import { numbersOf } from '../onnx/numbers.ts';
import type { Flow, Kind } from './flow.ts';
import { integersOf, MAX_ENTRIES, type Value } from './integers.ts';
import { constant, formulaOf, isConstant, type Length, MAX_PREFIX, type Samples, same, times } from './length.ts';
import { reshapedLengths, statedLengths } from './reshape.ts';

export type Shape = readonly Length[];

/** A constant, computed: its numbers only where it is small. */
export interface Computed {
  readonly dims: readonly number[];
  readonly numbers?: readonly number[];
  readonly isFloat: boolean;
}

/** Something that does not follow the image. */
export type Frozen =
  /** The integers that a node's input must be. */
  | { kind: 'integers'; node: Node; input: number; lengths: Shape }
  /** The lengths of the parts of a Split. */
  | { kind: 'split'; node: Node; axis: number; lengths: Shape }
  /** The shape that a node's input must be expanded to. */
  | { kind: 'batch'; node: Node; input: number; lengths: Shape }
  /** A constant of the export's size, and the shape of what it meets. */
  | { kind: 'table'; node: Node; input: number; meets: Shape }
  | { kind: 'unclear'; node: Node; reason: string };

export interface Shapes {
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly frozen: readonly Frozen[];
  /** Names of operators whose shapes are not known. */
  readonly unknown: ReadonlySet<string>;
}

interface At {
  readonly node: Node;
  readonly samples: Samples;
  shape(input: number): Shape | undefined;
  value(input: number): Value | undefined;
  kind(input: number): Kind | undefined;
  report(frozen: Frozen): void;
}

type Rule = (at: At) => (Shape | undefined)[];

/**
 * @param given shapes known beforehand: the image's, and that of the grid of patches
 * @param computed the values and shapes of constants that nodes compute
 */
export function shapesOf(
  flow: Flow,
  samples: Samples,
  given: ReadonlyMap<string, Shape>,
  computed: ReadonlyMap<string, Computed>,
): Shapes {
  const shapes = new Map<string, Shape>();
  const values = new Map<string, Value>();
  const floats = new Set<string>();
  const frozen: Frozen[] = [];
  const unknown = new Set<string>();
  const known = (name: string, { dims, numbers, isFloat }: Computed) => {
    shapes.set(name, dims.map(constant));
    if (isFloat) floats.add(name);
    if (dims.length < 2 && numbers && numbers.length <= MAX_ENTRIES)
      values.set(name, { rank: dims.length as 0 | 1, entries: numbers.map(constant) });
  };
  const initial = ({ initializers }: Graph) => {
    for (const tensor of initializers) known(tensor.name, computedOf(tensor));
  };
  for (const [name, tensor] of flow.constants) known(name, computedOf(tensor));
  for (const [name, constant] of computed) known(name, constant);
  for (const [name, shape] of given) shapes.set(name, shape);
  const kinds = new Map(flow.kinds);

  const visit = (node: Node, inBody: boolean) => {
    const [output] = node.outputs;
    if (given.has(output) || computed.has(output) || node.opType === 'Constant') return;
    const { inputs } = node;
    const operands = inputs.map((name) => values.get(name));
    const at: At = {
      node,
      samples,
      shape: (i) => shapes.get(inputs[i] ?? ''),
      value: (i) => operands[i],
      kind: (i) => kinds.get(inputs[i] ?? ''),
      report: (found) =>
        frozen.push(inBody ? { kind: 'unclear', node, reason: `a size within an If (${node.opType})` } : found),
    };
    const isFloat = node.opType === 'Cast' ? isFloatType(node) : inputs.some((name) => floats.has(name));
    if (isFloat) floats.add(output);
    const value = integersOf(node, operands, at.shape(0), !isFloat);
    if (value) values.set(output, value);
    if (node.opType === 'If') return branch(node, operands[0]);
    const rule = ruleOf(node);
    if (!rule && kinds.get(output) === 'data') unknown.add([node.domain, node.opType].filter(Boolean).join(' '));
    const out = rule?.(at) ?? (value ? [value.rank === 0 ? [] : [constant(value.entries.length)]] : []);
    for (const [i, shape] of out.entries()) if (shape && node.outputs[i]) shapes.set(node.outputs[i], shape);
  };
  const branch = (node: Node, condition: Value | undefined) => {
    const [test] = condition?.entries ?? [];
    if (!test?.every((n) => (n !== 0) === (test[0] !== 0))) return;
    const taken = node.attributes.get(test[0] !== 0 ? 'then_branch' : 'else_branch');
    const [body] = taken ? bodies({ ...node, attributes: new Map([['body', taken]]) }) : [];
    if (!body) return;
    initial(body);
    for (const inner of body.nodes) {
      const reads = inner.inputs.filter((name) => name !== '');
      const kind = reads.reduce<Kind>((all, name) => worse(all, kinds.get(name) ?? 'data'), 'constant');
      for (const output of inner.outputs)
        kinds.set(output, inner.opType === 'Shape' && kind === 'data' ? 'shape' : kind);
      visit(inner, true);
    }
    for (const [i, { name }] of body.outputs.entries()) {
      const [shape, value] = [shapes.get(name), values.get(name)];
      if (shape) shapes.set(node.outputs[i], shape);
      if (value) values.set(node.outputs[i], value);
    }
  };
  for (const node of flow.nodes) visit(node, false);
  return { shapes, frozen, unknown };
}

const FLOATS = new Set([1, 10, 11, 16]);
const isFloatType = (cast: Node) => FLOATS.has(intAttribute(cast, 'to') ?? 0);
const worse = (a: Kind, b: Kind): Kind => (a === 'data' || b === 'constant' ? a : b);

function computedOf(tensor: Graph['initializers'][number]): Computed {
  const numbers = tensor.dims.length < 2 && (tensor.dims[0] ?? 1) <= MAX_ENTRIES ? numbersOf(tensor) : undefined;
  return { dims: tensor.dims, numbers, isFloat: FLOATS.has(tensor.dataType) };
}

/** The output has the shape of the first input. */
const kept: Rule = (at) => [at.shape(0)];

const KEPT = new Set(
  (
    'Abs Acos Asin Atan Cast CastLike Ceil Celu Clip Cos CumSum DequantizeLinear Dropout Elu Erf Exp Floor Gelu ' +
    'HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsInf IsNaN LayerNormalization LeakyRelu Log ' +
    'LogSoftmax LpNormalization MeanVarianceNormalization Mish Neg Not QuantizeLinear RMSNormalization Reciprocal Relu ' +
    'RotaryEmbedding Round Selu Sigmoid Sign SimplifiedLayerNormalization Sin Softmax Softplus Softsign Sqrt Swish Tan ' +
    'Tanh ThresholdedRelu Trilu BatchNormalization GroupNormalization ' +
    'BiasGelu FastGelu QuickGelu BiasSplitGelu NhwcGroupNorm'
  ).split(' '),
);

const BROADCAST = new Set(
  (
    'Add And BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or ' +
    'PRelu Pow Sub Sum Where Xor'
  ).split(' '),
);

const REDUCED = /^(Reduce[A-Z]|Arg(Max|Min)$)/;

function ruleOf({ opType }: Node): Rule | undefined {
  if (KEPT.has(opType)) return kept;
  if (BROADCAST.has(opType)) return (at) => [broadcast(at, at.node.inputs.keys())];
  if (REDUCED.test(opType)) return reduced;
  return Object.hasOwn(RULES, opType) ? RULES[opType] : undefined;
}

/** Broadcasts some inputs, and reports those whose size does not follow. */
function broadcast(at: At, inputs: Iterable<number>): Shape | undefined {
  const parts = [...inputs].map((input) => ({ input, shape: at.shape(input) }));
  if (parts.some(({ shape }) => !shape)) return undefined;
  const rank = Math.max(...parts.map(({ shape }) => shape?.length ?? 0));
  const axisOf = (shape: Shape | undefined, axis: number) => shape?.[axis - rank + shape.length] ?? constant(1);
  const out = Array.from({ length: rank }, (_, axis) => {
    const lengths = parts.map(({ shape }) => axisOf(shape, axis)).filter((length) => !length.every((n) => n === 1));
    // A batch of one in a sample says nothing; the length that follows the image wins.
    return lengths.find((length) => !isConstant(length)) ?? lengths[0] ?? constant(1);
  });
  for (const { input, shape } of parts) {
    const fits = shape?.every((length, i) => {
      const wanted = out[rank - shape.length + i];
      return length.every((n) => n === 1) || same(length, wanted) || length.every((n, s) => n === 1 || n === wanted[s]);
    });
    if (fits) continue;
    const frozen = at.kind(input) !== 'data';
    at.report(
      frozen
        ? { kind: 'table', node: at.node, input, meets: out }
        : { kind: 'unclear', node: at.node, reason: `${at.node.opType} of tensors of different sizes` },
    );
  }
  return out;
}

/** Axes from an attribute or an input, counted from the front. */
function axesOf(at: At, input: number, rank: number): number[] | undefined {
  const listed = intsAttribute(at.node, 'axes') ?? at.value(input)?.entries.map(([axis]) => axis);
  return listed?.map((axis) => (axis < 0 ? axis + rank : axis));
}

const reduced: Rule = (at) => {
  const shape = at.shape(0);
  if (!shape) return [undefined];
  const arg = at.node.opType.startsWith('Arg');
  const single = intAttribute(at.node, 'axis') ?? 0;
  const axes = arg ? [single < 0 ? single + shape.length : single] : axesOf(at, 1, shape.length);
  if (!axes && at.node.inputs[1]) return [undefined];
  const gone = new Set(axes ?? shape.keys());
  if ((intAttribute(at.node, 'keepdims') ?? 1) === 0) return [shape.filter((_, axis) => !gone.has(axis))];
  return [shape.map((length, axis) => (gone.has(axis) ? constant(1) : length))];
};

/** The product of two stacks of matrices. */
function multiplied(at: At, first: number, second: number, turn?: { a: boolean; b: boolean }): Shape | undefined {
  const turned = (shape: Shape | undefined, swap?: boolean): Shape | undefined =>
    swap && shape && shape.length > 1
      ? [...shape.slice(0, -2), shape[shape.length - 1], shape[shape.length - 2]]
      : shape;
  const [a, b] = [turned(at.shape(first), turn?.a), turned(at.shape(second), turn?.b)];
  if (!a || !b || a.length === 0 || b.length === 0) return undefined;
  const [inner, other] = [a[a.length - 1], b[Math.max(b.length - 2, 0)]];
  if (!same(inner, other)) {
    const table = [first, second].find((input) => at.kind(input) !== 'data');
    const reason = `${at.node.opType} over tokens of a fixed number`;
    at.report(
      table === undefined
        ? { kind: 'unclear', node: at.node, reason }
        : { kind: 'table', node: at.node, input: table, meets: table === first ? b : a },
    );
  }
  const stacks = [a.slice(0, -2), b.slice(0, -2)];
  const rank = Math.max(...stacks.map(({ length }) => length));
  const front = Array.from({ length: rank }, (_, axis) => {
    const lengths = stacks.map((stack) => stack[axis - rank + stack.length] ?? constant(1));
    const wide = lengths.filter((length) => !length.every((n) => n === 1));
    return wide.find((length) => !isConstant(length)) ?? wide[0] ?? constant(1);
  });
  return [...front, ...(a.length > 1 ? [a[a.length - 2]] : []), ...(b.length > 1 ? [b[b.length - 1]] : [])];
}

const matrices =
  (first: number, second: number): Rule =>
  (at) => [multiplied(at, first, second)];

const convolved =
  (image: number, kernel: number): Rule =>
  (at) => {
    const [shape, weights] = [at.shape(image), at.shape(kernel)];
    if (
      !shape ||
      !weights ||
      shape.length !== weights.length ||
      stringAttribute(at.node, 'auto_pad')?.startsWith('SAME')
    )
      return [undefined];
    const sides = shape.slice(2).map((length, axis) => {
      const stride = intsAttribute(at.node, 'strides')?.[axis] ?? 1;
      const dilation = intsAttribute(at.node, 'dilations')?.[axis] ?? 1;
      const pads = intsAttribute(at.node, 'pads') ?? [];
      const pad = (pads[axis] ?? 0) + (pads[axis + shape.length - 2] ?? 0);
      const [side] = weights[axis + 2];
      return length.map((n) => Math.floor((n + pad - dilation * (side - 1) - 1) / stride) + 1);
    });
    return [[shape[0], weights[0], ...sides]];
  };

/** Reports a mask or bias that does not fit the scores. */
function checkScores(at: At, input: number, scores: Shape | undefined): void {
  const shape = at.shape(input);
  if (!at.node.inputs[input] || !shape || !scores || at.kind(input) === 'data') return;
  const fits = shape.every((length, i) => {
    const wanted = scores[scores.length - shape.length + i];
    return length.every((n) => n === 1) || (wanted && same(length, wanted));
  });
  if (!fits) at.report({ kind: 'table', node: at.node, input, meets: scores });
}

/** A product by weights of few bits, whose number of columns is an attribute. */
const packed: Rule = (at) => {
  const [shape, columns] = [at.shape(0), intAttribute(at.node, 'N')];
  return [shape && columns ? [...shape.slice(0, -1), constant(columns)] : undefined];
};

const stated: Rule = (at) => [intsAttribute(at.node, 'shape')?.map(constant)];

const RULES: Record<string, Rule> = {
  Transpose(at) {
    const shape = at.shape(0);
    const perm = intsAttribute(at.node, 'perm') ?? shape?.map((_, i) => shape.length - 1 - i);
    const out = shape && perm?.map((axis) => shape[axis]);
    return [out?.every((length) => length) ? out : undefined];
  },
  Reshape(at) {
    const input = at.shape(0);
    const target = at.value(1)?.entries;
    if (!target) return [undefined];
    const allowZero = intAttribute(at.node, 'allowzero') === 1;
    if (!input) return [target.some((entry) => entry.some((n) => n < 1)) ? undefined : target];
    const stated = statedLengths(input, target, allowZero);
    if (!stated) return [undefined];
    const whole = input.reduce(times, constant(1));
    const holds = same(stated.reduce(times, constant(1)), whole) && stated.flat().every(Number.isInteger);
    // Shape arithmetic that holds everywhere is right as it stands; a −1 may swallow a frozen batch.
    if (holds && target.every((entry) => !entry.includes(-1))) return [stated];
    const wanted = reshapedLengths(
      input,
      stated.map(([n]) => n),
      at.samples,
    );
    if (!wanted) {
      if (!holds) at.report({ kind: 'unclear', node: at.node, reason: `Reshape to [${stated.map(([n]) => n)}]` });
      return [holds ? stated : undefined];
    }
    if (!wanted.every((length, i) => same(length, stated[i])))
      at.report({ kind: 'integers', node: at.node, input: 1, lengths: wanted });
    return [wanted];
  },
  Flatten(at) {
    const shape = at.shape(0);
    if (!shape) return [undefined];
    const axis = intAttribute(at.node, 'axis') ?? 1;
    const cut = axis < 0 ? axis + shape.length : axis;
    return [[shape.slice(0, cut), shape.slice(cut)].map((part) => part.reduce(times, constant(1)))];
  },
  Squeeze(at) {
    const shape = at.shape(0);
    if (!shape) return [undefined];
    const axes = axesOf(at, 1, shape.length);
    if (!axes && at.node.inputs[1]) return [undefined];
    return [shape.filter((length, axis) => !(axes ? axes.includes(axis) : length.every((n) => n === 1)))];
  },
  Unsqueeze(at) {
    const shape = at.shape(0);
    const count = intsAttribute(at.node, 'axes')?.length ?? at.value(1)?.entries.length;
    if (!shape || count === undefined) return [undefined];
    const axes = new Set(axesOf(at, 1, shape.length + count));
    const rest = [...shape];
    const out = Array.from({ length: shape.length + count }, (_, i) => (axes.has(i) ? constant(1) : rest.shift()));
    // Axes beyond the last, or named twice, leave too few lengths.
    return [out.includes(undefined) ? undefined : (out as Shape)];
  },
  Concat(at) {
    const parts = at.node.inputs.map((_, i) => at.shape(i));
    const [first] = parts;
    if (!first || parts.some((part) => part?.length !== first.length)) return [undefined];
    const all = parts as Shape[];
    const given = intAttribute(at.node, 'axis') ?? 1;
    const axis = given < 0 ? given + first.length : given;
    const out = first.map((_, i) => {
      if (i === axis) return constant(0).map((_, s) => all.reduce((sum, part) => sum + part[i][s], 0));
      return all.map((part) => part[i]).find((length) => !isConstant(length)) ?? first[i];
    });
    for (const [input, part] of all.entries()) {
      const wrong = part.flatMap((length, i) => (i === axis || same(length, out[i]) ? [] : [i]));
      if (wrong.length === 0) continue;
      const lengths = out.map((length, i) => (i === axis ? part[i] : length));
      const ofOne = wrong.every((i) => part[i].every((n) => n === 1));
      at.report(
        ofOne
          ? { kind: 'batch', node: at.node, input, lengths }
          : { kind: 'table', node: at.node, input, meets: lengths },
      );
    }
    return [out];
  },
  Split(at) {
    const shape = at.shape(0);
    if (!shape) return [undefined];
    const given = intAttribute(at.node, 'axis') ?? 0;
    const axis = given < 0 ? given + shape.length : given;
    const whole = shape[axis];
    const sizes =
      intsAttribute(at.node, 'split')?.map(constant) ?? (at.node.inputs[1] ? at.value(1)?.entries : 'equal');
    const count = at.node.outputs.length;
    if (!sizes || !whole) return [undefined];
    const equal = () => whole.map((n) => Math.ceil(n / count));
    const stated =
      sizes === 'equal'
        ? Array.from({ length: count }, (_, i) =>
            i < count - 1 ? equal() : whole.map((n) => n - (count - 1) * Math.ceil(n / count)),
          )
        : sizes;
    const parts = (lengths: readonly Length[]) => lengths.map((length) => shape.with(axis, length));
    const sum = (lengths: readonly Length[]) =>
      whole.map((_, s) => lengths.reduce((total, length) => total + length[s], 0));
    if (same(sum(stated), whole)) return parts(stated);
    const { patches } = at.samples;
    // One part takes what follows the image; which one must be plain.
    const fitting = stated.flatMap((length, i) => {
      const more = length[0] - patches[0];
      if (!isConstant(length) || more < 0 || more > MAX_PREFIX) return [];
      const lengths = stated.map((other, j) => (j === i ? patches.map((n) => n + more) : constant(other[0])));
      return same(sum(lengths), whole) ? [lengths] : [];
    });
    if (fitting.length !== 1) {
      at.report({ kind: 'unclear', node: at.node, reason: `Split into [${stated.map(([n]) => n)}]` });
      return [undefined];
    }
    at.report({ kind: 'split', node: at.node, axis, lengths: fitting[0] });
    return parts(fitting[0]);
  },
  Slice(at) {
    const shape = at.shape(0);
    if (!shape) return [undefined];
    const fromAttributes = at.node.inputs.length === 1;
    const list = (input: number, name: string) =>
      fromAttributes ? intsAttribute(at.node, name)?.map(constant) : at.value(input)?.entries;
    const [starts, ends] = [list(1, 'starts'), list(2, 'ends')];
    const steps = at.node.inputs[4] ? at.value(4)?.entries : starts?.map(() => constant(1));
    const axes = at.node.inputs[3] || fromAttributes ? list(3, 'axes') : undefined;
    if (!starts || !ends || !steps || (at.node.inputs[3] && !axes)) return [undefined];
    const out = [...shape];
    const wanted = { starts: [...starts], ends: [...ends] };
    for (const [i] of starts.entries()) {
      const axis = ((axes?.[i]?.[0] ?? i) + shape.length) % shape.length;
      const whole = shape[axis];
      const [step] = steps[i];
      if (step < 1 || !isConstant(steps[i])) return [undefined];
      wanted.starts[i] = bound(starts[i], whole, at.samples);
      wanted.ends[i] = bound(ends[i], whole, at.samples);
      out[axis] = whole.map((n, s) => {
        const [from, to] = [wanted.starts[i][s], wanted.ends[i][s]].map((at) =>
          Math.min(Math.max(at < 0 ? at + n : at, 0), n),
        );
        return Math.max(0, Math.ceil((to - from) / step));
      });
    }
    for (const [input, lengths, stated] of [
      [1, wanted.starts, starts],
      [2, wanted.ends, ends],
    ] as const) {
      if (lengths.every((length, i) => same(length, stated[i]))) continue;
      at.report(
        fromAttributes
          ? { kind: 'unclear', node: at.node, reason: 'a Slice of fixed ends' }
          : { kind: 'integers', node: at.node, input, lengths },
      );
    }
    return [out];
  },
  Gather(at) {
    const [shape, indices] = [at.shape(0), at.shape(1)];
    if (!shape || !indices) return [undefined];
    const given = intAttribute(at.node, 'axis') ?? 0;
    const axis = given < 0 ? given + shape.length : given;
    return [[...shape.slice(0, axis), ...indices, ...shape.slice(axis + 1)]];
  },
  GatherElements: (at) => [at.shape(1)],
  Expand(at) {
    const [shape, target] = [at.shape(0), at.value(1)?.entries];
    if (!shape || !target) return [undefined];
    const rank = Math.max(shape.length, target.length);
    const axisOf = (lengths: Shape, axis: number) => lengths[axis - rank + lengths.length] ?? constant(1);
    return [
      Array.from({ length: rank }, (_, axis) => {
        const [own, wanted] = [axisOf(shape, axis), axisOf(target, axis)];
        return own.every((n) => n === 1) ? wanted : own;
      }),
    ];
  },
  Tile(at) {
    const [shape, repeats] = [at.shape(0), at.value(1)?.entries];
    return [
      shape && repeats?.length === shape.length ? shape.map((length, i) => times(length, repeats[i])) : undefined,
    ];
  },
  ConstantOfShape: (at) => [at.value(0)?.entries],
  RandomNormal: stated,
  RandomUniform: stated,
  Pad(at) {
    const shape = at.shape(0);
    const pads = intsAttribute(at.node, 'pads')?.map(constant) ?? at.value(1)?.entries;
    if (!shape || pads?.length !== 2 * shape.length || at.node.inputs[3]) return [undefined];
    return [shape.map((length, i) => length.map((n, s) => n + pads[i][s] + pads[i + shape.length][s]))];
  },
  Range(at) {
    const [start, limit, delta] = [0, 1, 2].map((i) => at.value(i)?.entries[0]);
    if (!start || !limit || !delta) return [undefined];
    return [[limit.map((n, s) => Math.max(0, Math.ceil((n - start[s]) / delta[s])))]];
  },
  Resize(at) {
    const shape = at.shape(0);
    if (!shape || at.node.attributes.has('axes')) return [undefined];
    const sizes = at.value(3)?.entries;
    if (sizes) return [sizes.length === shape.length ? sizes : undefined];
    const scales = at.value(2)?.entries;
    const fits = scales?.length === shape.length;
    return [fits ? shape.map((length, i) => length.map((n, s) => Math.floor(n * scales[i][s]))) : undefined];
  },
  MatMul: matrices(0, 1),
  MatMulInteger: matrices(0, 1),
  MatMulIntegerToFloat: matrices(0, 1),
  DynamicQuantizeMatMul: matrices(0, 1),
  QLinearMatMul: matrices(0, 3),
  FusedMatMul(at) {
    if (intAttribute(at.node, 'transBatchA') || intAttribute(at.node, 'transBatchB')) return [undefined];
    const turn = { a: intAttribute(at.node, 'transA') === 1, b: intAttribute(at.node, 'transB') === 1 };
    return [multiplied(at, 0, 1, turn)];
  },
  Gemm(at) {
    const turn = { a: intAttribute(at.node, 'transA') === 1, b: intAttribute(at.node, 'transB') === 1 };
    return [multiplied(at, 0, 1, turn)];
  },
  MatMulNBits: packed,
  MatMulBnb4: packed,
  Einsum(at) {
    const [inputs, output] = (stringAttribute(at.node, 'equation') ?? '').replaceAll(' ', '').split('->');
    const lengths = new Map<string, Length>();
    for (const [i, labels] of inputs.split(',').entries()) {
      const shape = at.shape(i);
      if (!shape || shape.length !== labels.length) return [undefined];
      for (const [axis, label] of [...labels].entries()) {
        const other = lengths.get(label);
        if (!other || isConstant(other)) lengths.set(label, shape[axis]);
      }
    }
    const out = [...(output ?? '?')].map((label) => lengths.get(label));
    return [out.every((length) => length) ? (out as Shape) : undefined];
  },
  Conv: convolved(0, 1),
  ConvInteger: convolved(0, 1),
  QLinearConv: convolved(0, 3),
  FusedConv: convolved(0, 1),
  DynamicQuantizeLinear: (at) => [at.shape(0), [], []],
  SkipLayerNormalization: (at) => {
    const out = broadcast(at, [0, 1]);
    return [out, undefined, undefined, out];
  },
  SkipSimplifiedLayerNormalization: (at) => {
    const out = broadcast(at, [0, 1]);
    return [out, undefined, undefined, out];
  },
  /** The standard operator, or ONNX Runtime's, which holds the weights of all three projections. */
  Attention(at) {
    const shape = at.shape(0);
    if (!shape) return [undefined];
    if (at.node.domain !== '') {
      const columns = intsAttribute(at.node, 'qkv_hidden_sizes')?.[2] ?? (at.shape(1)?.at(-1)?.[0] ?? Number.NaN) / 3;
      const [batch, tokens] = shape;
      checkScores(at, 5, [batch, constant(intAttribute(at.node, 'num_heads') ?? 1), tokens, tokens]);
      return [shape.length === 3 && Number.isInteger(columns) ? [batch, tokens, constant(columns)] : undefined];
    }
    const value = at.shape(2);
    const [batch] = shape;
    const heads = shape.length === 4 ? shape[1] : constant(intAttribute(at.node, 'q_num_heads') ?? 1);
    const tokens = shape[shape.length - 2];
    checkScores(at, 3, [batch, heads, tokens, at.shape(1)?.at(-2) ?? tokens]);
    return [value && [...shape.slice(0, -1), value[value.length - 1]]];
  },
  MultiHeadAttention(at) {
    const [query, value] = [at.shape(0), at.shape(2)];
    if (query?.length !== 3 || !value) return [undefined];
    const heads = constant(intAttribute(at.node, 'num_heads') ?? 1);
    checkScores(at, 5, [query[0], heads, query[1], query[1]]);
    const columns = value.length === 4 ? times(value[1], value[3]) : value[value.length - 1];
    return [[query[0], query[1], columns]];
  },
};

/** An end of a Slice along an axis, as it should follow: an end at the native length is the end, a small one a prefix. */
function bound(stated: Length, whole: Length, samples: Samples): Length {
  if (isConstant(whole)) return stated;
  const [n] = stated;
  const { patches } = samples;
  // Arithmetic with a frozen part strays: below zero, beyond the end, or off every formula.
  const follows = stated.every((at, s) => at >= 0 === n >= 0 && (Math.abs(at) <= whole[s] || at > 1e9));
  if (!isConstant(stated) && follows && formulaOf(stated.map(Math.abs), samples)) return stated;
  if (n < 0) return constant(n);
  if (n >= whole[0]) return n > 1e9 ? stated : [...whole];
  const more = n - patches[0];
  return more >= 0 && more <= MAX_PREFIX ? patches.map((count) => count + more) : constant(n);
}
