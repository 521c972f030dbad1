/** Types of tensor elements, and tensors' values outside a graph. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Tensor } from './model.ts';
import { lastOf, readFields } from './protobuf.ts';

/** Values of a tensor, row-major. */
export interface Values {
  /** As onnxruntime calls it: `float32`, `int64` … */
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: Elements;
}

export type Elements =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>;

interface ElementType {
  /** As onnxruntime calls it. */
  type: string;
  bits: number;
  /** The array that holds its elements; none for types that onnxruntime takes within a model only. */
  array?: { new (buffer: ArrayBuffer, offset: number, length: number): Elements; readonly BYTES_PER_ELEMENT: number };
}

/** By TensorProto.DataType. */
export const TYPES: Readonly<Record<number, ElementType | undefined>> = {
  1: { type: 'float32', bits: 32, array: Float32Array },
  2: { type: 'uint8', bits: 8, array: Uint8Array },
  3: { type: 'int8', bits: 8, array: Int8Array },
  4: { type: 'uint16', bits: 16, array: Uint16Array },
  5: { type: 'int16', bits: 16, array: Int16Array },
  6: { type: 'int32', bits: 32, array: Int32Array },
  7: { type: 'int64', bits: 64, array: BigInt64Array },
  9: { type: 'bool', bits: 8, array: Uint8Array },
  10: { type: 'float16', bits: 16, array: Uint16Array },
  11: { type: 'float64', bits: 64, array: Float64Array },
  12: { type: 'uint32', bits: 32, array: Uint32Array },
  13: { type: 'uint64', bits: 64, array: BigUint64Array },
  16: { type: 'bfloat16', bits: 16 },
  17: { type: 'float8e4m3fn', bits: 8 },
  18: { type: 'float8e4m3fnuz', bits: 8 },
  19: { type: 'float8e5m2', bits: 8 },
  20: { type: 'float8e5m2fnuz', bits: 8 },
  21: { type: 'uint4', bits: 4 },
  22: { type: 'int4', bits: 4 },
  23: { type: 'float4e2m1', bits: 4 },
};

/** How many values a tensor of these dims holds. */
export function elementsOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** Bytes of a tensor's values as raw data; undefined for strings and types that are not known. */
export function bytesOf({ dims, dataType }: { dims: readonly number[]; dataType: number }): number | undefined {
  const type = TYPES[dataType];
  return type && Math.ceil((elementsOf(dims) * type.bits) / 8);
}

const TENSOR_RAW = 9;

/**
 * Checks that a tensor holds as many values as its dims claim, before anything reserves memory for them.
 *
 * @throws InvalidInputError if it does not
 */
export function checkSize(tensor: Tensor): void {
  const { name, dims, bytes, external } = tensor;
  if (external) return;
  const elements = elementsOf(dims);
  const claimed = bytesOf(tensor);
  const raw = lastOf(readFields(bytes, 'ONNX tensor'), TENSOR_RAW)?.payload.length;
  const fits =
    dims.every((dim) => dim >= 0) &&
    (raw !== undefined && claimed !== undefined ? raw === claimed : elements <= bytes.length);
  if (fits) return;
  throw new InvalidInputError(
    `a tensor ${name} of [${dims}] in ${raw ?? bytes.length} bytes; expected ${claimed ?? `at least ${elements}`}`,
  );
}
