/** The values of float32 weights. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { TENSOR, type Tensor } from './model.ts';
import { lastOf, readFields } from './protobuf.ts';
import { elementsOf } from './values.ts';

/** @throws InvalidInputError if the tensor does not hold as many values as its dims say */
export function floatsOf(tensor: Tensor): Float32Array {
  const fields = readFields(tensor.bytes, 'ONNX tensor');
  const raw = lastOf(fields, TENSOR.rawData)?.payload ?? joined(fields.filter(({ number }) => number === FLOAT_DATA));
  const length = elementsOf(tensor.dims);
  if (raw.length !== 4 * length) {
    throw new InvalidInputError(`${raw.length} bytes of ${tensor.name}; expected ${4 * length} for [${tensor.dims}]`);
  }
  // A view of a file lies anywhere; an array of floats needs its own bytes. (A Buffer's own slice would not copy.)
  return new Float32Array(new Uint8Array(raw).buffer);
}

const FLOAT_DATA = 4;

function joined(fields: readonly { payload: Uint8Array }[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((sum, { payload }) => sum + payload.length, 0));
  let at = 0;
  for (const { payload } of fields) {
    out.set(payload, at);
    at += payload.length;
  }
  return out;
}
