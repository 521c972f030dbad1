/**
 * Shape arithmetic, evaluated at all samples at once: the small integers from which graphs build the shapes of their tensors.
 * What it does not know is undefined, never guessed.
 */
import { intAttribute, intsAttribute, type Node, tensorAttribute } from '../onnx/model.ts';
import { numbersOf } from '../onnx/numbers.ts';
import { constant, isConstant, type Length } from './length.ts';

/** A scalar (rank 0) or a list (rank 1) of numbers. */
export interface Value {
  readonly rank: 0 | 1;
  readonly entries: readonly Length[];
}

/** Longest list to follow: shapes and their parts. */
export const MAX_ENTRIES = 64;

type Operands = readonly (Value | undefined)[];

const truncated = new Set([6, 7, 12, 13, 2, 3, 4, 5]);
const binary: Record<string, (a: number, b: number) => number> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Pow: (a, b) => a ** b,
  Min: Math.min,
  Max: Math.max,
  Mod: (a, b) => a - b * Math.floor(a / b),
  Equal: (a, b) => Number(a === b),
  Greater: (a, b) => Number(a > b),
  GreaterOrEqual: (a, b) => Number(a >= b),
  Less: (a, b) => Number(a < b),
  LessOrEqual: (a, b) => Number(a <= b),
  And: (a, b) => Number(a !== 0 && b !== 0),
  Or: (a, b) => Number(a !== 0 || b !== 0),
};
const unary: Record<string, (a: number) => number> = {
  Identity: (a) => a,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Neg: (a) => -a,
  Abs: Math.abs,
  Sqrt: Math.sqrt,
  Not: (a) => Number(a === 0),
};
const reductions: Record<string, (a: number, b: number) => number> = {
  ReduceProd: (a, b) => a * b,
  ReduceSum: (a, b) => a + b,
  ReduceMax: Math.max,
  ReduceMin: Math.min,
};

/**
 * The value of a node's first output.
 *
 * @param shape of the node's first input, if known: what Shape and Size give
 * @param integers whether a Div is of integers, which truncates
 */
export function integersOf(
  node: Node,
  operands: Operands,
  shape: readonly Length[] | undefined,
  integers: boolean,
): Value | undefined {
  if (node.domain !== '') return undefined;
  const { opType } = node;
  const [a, b] = operands;
  if (opType === 'Shape') {
    const entries = shape?.slice(intAttribute(node, 'start') ?? 0, intAttribute(node, 'end') ?? shape.length);
    return entries && { rank: 1, entries };
  }
  if (opType === 'Size') {
    return shape && { rank: 0, entries: [constant(1).map((_, s) => shape.reduce((n, axis) => n * axis[s], 1))] };
  }
  const own = Object.hasOwn(unary, opType) ? unary[opType] : undefined;
  if (own) return a && map(a, own);
  if (opType === 'Cast') return a && (truncated.has(intAttribute(node, 'to') ?? 0) ? map(a, Math.trunc) : a);
  if (opType === 'Div') return a && b && zip(a, b, integers ? (x, y) => Math.trunc(x / y) : (x, y) => x / y);
  if (Object.hasOwn(binary, opType)) return operands.length === 2 && a && b ? zip(a, b, binary[opType]) : undefined;
  if (Object.hasOwn(reductions, opType)) {
    if (a?.rank !== 1 || a.entries.length === 0) return undefined;
    const entry = a.entries.reduce((x, y) => x.map((n, s) => reductions[opType](n, y[s])));
    return { rank: (intAttribute(node, 'keepdims') ?? 1) === 0 ? 0 : 1, entries: [entry] };
  }
  if (opType === 'Where') return chosen(operands);
  if (opType === 'Concat') return list(operands.flatMap((part) => (part?.rank === 1 ? [part.entries] : [undefined])));
  if (opType === 'Unsqueeze') return a?.rank === 0 ? { rank: 1, entries: a.entries } : undefined;
  if (opType === 'Squeeze') return a?.entries.length === 1 ? { rank: 0, entries: a.entries } : undefined;
  if (opType === 'Reshape') return reshaped(a, b);
  if (opType === 'Gather') return gathered(a, b);
  if (opType === 'Slice') return sliced(node, operands);
  if (opType === 'ConstantOfShape') return filled(node, a);
  if (opType === 'Expand') return expanded(a, b);
  return undefined;
}

function map({ rank, entries }: Value, f: (n: number) => number): Value {
  return { rank, entries: entries.map((entry) => entry.map(f)) };
}

function zip(a: Value, b: Value, f: (x: number, y: number) => number): Value | undefined {
  const length = Math.max(a.entries.length, b.entries.length);
  if ([a, b].some(({ entries }) => entries.length !== length && entries.length !== 1)) return undefined;
  const at = ({ entries }: Value, i: number) => entries[entries.length === 1 ? 0 : i];
  const entries = Array.from({ length }, (_, i) => at(a, i).map((n, s) => f(n, at(b, i)[s])));
  return { rank: a.rank === 1 || b.rank === 1 ? 1 : 0, entries };
}

function chosen([condition, a, b]: Operands): Value | undefined {
  if (!condition || !a || !b) return undefined;
  const where = zip(condition, a, (x, y) => (x !== 0 ? y : Number.NaN));
  return where && zip(where, b, (x, y) => (Number.isNaN(x) ? y : x));
}

function list(parts: readonly (readonly Length[] | undefined)[]): Value | undefined {
  const entries = parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  return entries && entries.length <= MAX_ENTRIES ? { rank: 1, entries } : undefined;
}

function reshaped(a: Value | undefined, to: Value | undefined): Value | undefined {
  if (!a || to?.rank !== 1 || to.entries.length > 1) return undefined;
  return { rank: to.entries.length as 0 | 1, entries: a.entries };
}

function gathered(a: Value | undefined, at: Value | undefined): Value | undefined {
  if (a?.rank !== 1 || !at?.entries.every(isConstant)) return undefined;
  const entries = at.entries.map(([i]) => a.entries.at(i));
  return entries.every((entry) => entry !== undefined) ? { rank: at.rank, entries } : undefined;
}

function sliced(node: Node, [a, ...operands]: Operands): Value | undefined {
  const attribute = (name: string): Value | undefined => {
    const values = intsAttribute(node, name);
    return values && { rank: 1, entries: values.map(constant) };
  };
  const inputs = node.inputs.length > 1;
  const [starts, ends, , steps] = inputs ? operands : [attribute('starts'), attribute('ends')];
  if (a?.rank !== 1 || starts?.entries.length !== 1 || ends?.entries.length !== 1) return undefined;
  const [[start], [end]] = [starts.entries, ends.entries];
  if (!isConstant(start) || !isConstant(end) || (inputs && node.inputs[4] && steps?.entries[0][0] !== 1)) {
    return undefined;
  }
  return { rank: 1, entries: a.entries.slice(start[0], end[0]) };
}

function filled(node: Node, shape: Value | undefined): Value | undefined {
  if (shape?.rank !== 1 || shape.entries.length > 1) return undefined;
  const [length] = shape.entries;
  if (length && (!isConstant(length) || length[0] < 0 || length[0] > MAX_ENTRIES)) return undefined;
  const tensor = tensorAttribute(node, 'value');
  const [fill] = tensor ? (numbersOf(tensor) ?? []) : [0];
  if (fill === undefined) return undefined;
  return {
    rank: length ? 1 : 0,
    entries: Array.from({ length: length ? length[0] : 1 }, () => constant(fill)),
  };
}

function expanded(a: Value | undefined, shape: Value | undefined): Value | undefined {
  if (a?.entries.length !== 1 || shape?.rank !== 1 || shape.entries.length !== 1) return undefined;
  const [[length]] = shape.entries;
  if (!isConstant(shape.entries[0]) || length < 0 || length > MAX_ENTRIES) return undefined;
  return { rank: 1, entries: Array.from({ length }, () => a.entries[0]) };
}
