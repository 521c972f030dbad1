/** An operand of attention: a tensor of tokens and columns, the columns perhaps spread over heads. */
import { elementsOf } from '../onnx/values.ts';

export interface Operand {
  readonly tensor: string;
  /** An axis to fix first, where one tensor holds query, key and value; `token` and `column` count the axes left. */
  readonly pick?: { readonly axis: number; readonly index: number };
  readonly token: number;
  readonly column: number;
  /** Heads that share the column axis, one after the other; without it each other axis counts heads. */
  readonly heads?: number;
}

/** Sizes of an operand: rows are tokens; heads · size are the columns of all heads. */
export interface OperandSize {
  readonly tokens: number;
  readonly heads: number;
  readonly size: number;
}

export function operandSize(operand: Operand, dims: readonly number[]): OperandSize {
  const left = operand.pick ? dims.toSpliced(operand.pick.axis, 1) : dims;
  const tokens = left[operand.token];
  const column = left[operand.column];
  if (operand.heads) return { tokens, heads: operand.heads, size: column / operand.heads };
  const heads = elementsOf(left) / (tokens * column);
  return { tokens, heads, size: column };
}
