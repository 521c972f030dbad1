/** The values of small constants: shapes, axes, factors. Weights stay bytes. */
import { TENSOR, type Tensor } from './model.ts';
import { floatOf, intsOf, lastOf, readFields } from './protobuf.ts';
import { elementsOf } from './values.ts';

/** Longest constant to read. */
const MAX_NUMBERS = 4096;

const FLOAT_DATA = 4;
const INT32_DATA = 5;

interface Type {
  bytes: number;
  read: (view: DataView, at: number) => number;
  /** The field of values that are not raw bytes. */
  field: number;
}

/** By TensorProto.DataType. */
const TYPES: Record<number, Type | undefined> = {
  1: { bytes: 4, read: (view, at) => view.getFloat32(at, true), field: FLOAT_DATA },
  2: { bytes: 1, read: (view, at) => view.getUint8(at), field: INT32_DATA },
  3: { bytes: 1, read: (view, at) => view.getInt8(at), field: INT32_DATA },
  6: { bytes: 4, read: (view, at) => view.getInt32(at, true), field: INT32_DATA },
  7: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)), field: TENSOR.int64Data },
  9: { bytes: 1, read: (view, at) => view.getUint8(at), field: INT32_DATA },
};

/** @returns undefined for a tensor that is long, kept in another file, damaged or of another type */
export function numbersOf(tensor: Tensor): number[] | undefined {
  const type = TYPES[tensor.dataType];
  const length = elementsOf(tensor.dims);
  if (!type || tensor.external || !(length >= 0 && length <= MAX_NUMBERS)) return undefined;
  const fields = readFields(tensor.bytes, 'ONNX tensor');
  const raw = lastOf(fields, TENSOR.rawData)?.payload;
  if (raw) {
    if (raw.length !== length * type.bytes) return undefined;
    const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
    return Array.from({ length }, (_, i) => type.read(view, i * type.bytes));
  }
  const listed = type.field === FLOAT_DATA ? floats(fields) : intsOf(fields, type.field);
  return listed.length === length ? listed : undefined;

  function floats(all: ReturnType<typeof readFields>): number[] {
    return all
      .filter(({ number }) => number === FLOAT_DATA)
      .flatMap((field) => {
        if (field.wire === 5) return [floatOf(field)];
        const { payload } = field;
        const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
        return Array.from({ length: Math.floor(payload.length / 4) }, (_, i) => view.getFloat32(4 * i, true));
      });
  }
}
