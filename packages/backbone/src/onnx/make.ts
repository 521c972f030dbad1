/** Makes ONNX messages: writes bytes and reads them back, so the objects equal those of a file. */
import {
  ATTRIBUTE,
  DIM,
  INT64,
  NODE,
  type Node,
  readNode,
  readTensor,
  readValueInfo,
  TENSOR,
  TENSOR_TYPE,
  type Tensor,
  VALUE_INFO,
  type ValueInfo,
} from './model.ts';
import { blockPart, floatPart, intPart, type Part, stringPart, writeFields } from './protobuf.ts';

const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, tensor: 4, ints: 7 };

/**
 * Makes a node.
 *
 * @param attributes whole numbers become INT, lists INTS, strings STRING, tensors TENSOR, `{ float }` FLOAT
 * @param domain default ONNX itself
 */
export function makeNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Record<string, number | number[] | string | Tensor | { float: number }> = {},
  domain = '',
): Node {
  const parts = [
    ...inputs.map((name) => stringPart(NODE.input, name)),
    ...outputs.map((name) => stringPart(NODE.output, name)),
    stringPart(NODE.opType, opType),
    ...(domain === '' ? [] : [stringPart(NODE.domain, domain)]),
  ];
  for (const [name, value] of Object.entries(attributes)) {
    const typed = (type: number, ...values: Part[]) =>
      parts.push(
        blockPart(NODE.attribute, [stringPart(ATTRIBUTE.name, name), ...values, intPart(ATTRIBUTE.type, type)]),
      );
    if (typeof value === 'number') typed(ATTRIBUTE_TYPE.int, intPart(ATTRIBUTE.i, value));
    else if (typeof value === 'string') typed(ATTRIBUTE_TYPE.string, stringPart(ATTRIBUTE.s, value));
    else if (Array.isArray(value)) typed(ATTRIBUTE_TYPE.ints, ...value.map((i) => intPart(ATTRIBUTE.ints, i)));
    else if ('float' in value) typed(ATTRIBUTE_TYPE.float, floatPart(ATTRIBUTE.f, value.float));
    else typed(ATTRIBUTE_TYPE.tensor, blockPart(ATTRIBUTE.t, value.bytes));
  }
  return readNode(writeFields(parts));
}

/** Makes a tensor. @param raw its values, row-major and little-endian */
export function makeTensor(name: string, dataType: number, dims: readonly number[], raw: Uint8Array): Tensor {
  return readTensor(
    writeFields([
      ...dims.map((dim) => intPart(TENSOR.dims, dim)),
      intPart(TENSOR.dataType, dataType),
      stringPart(TENSOR.name, name),
      blockPart(TENSOR.rawData, raw),
    ]),
  );
}

/** Makes an int64 tensor `[values.length]`. */
export function makeInts(name: string, values: readonly number[]): Tensor {
  return makeTensor(name, INT64, [values.length], new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
}

/** Makes a tensor type with its shape; a dim with a name may have any size. @param dims null for an unknown rank */
export function makeValueInfo(name: string, elemType: number, dims: readonly (number | string)[] | null): ValueInfo {
  const shape = dims?.map((dim) =>
    blockPart(1, [typeof dim === 'number' ? intPart(DIM.value, dim) : stringPart(DIM.param, dim)]),
  );
  const type = blockPart(1, [
    intPart(TENSOR_TYPE.elemType, elemType),
    ...(shape ? [blockPart(TENSOR_TYPE.shape, shape)] : []),
  ]);
  return readValueInfo(writeFields([stringPart(VALUE_INFO.name, name), blockPart(VALUE_INFO.type, [type])]));
}
