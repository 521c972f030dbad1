/**
 * safetensors: an 8-byte little-endian length, a JSON header, raw little-endian tensors. Every length, offset, shape and
 * dtype is checked before a byte is used.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import { fromHalf, toHalf } from './float16.ts';

export interface Tensor {
  dtype: keyof typeof itemSize;
  shape: number[];
  /** Row-major, little-endian, at any alignment. */
  bytes: Uint8Array;
}

export interface SafeTensors {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

const itemSize = { F64: 8, F32: 4, F16: 2, I8: 1, I32: 4, I64: 8, U8: 1, U16: 2 };

export function encodeSafeTensors({ tensors, metadata }: SafeTensors): Uint8Array {
  const header: Record<string, unknown> = Object.keys(metadata).length ? { __metadata__: metadata } : {};
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // The format wants tensors aligned to 8 bytes: the header is padded with spaces.
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(start + end);
  new DataView(out.buffer).setBigUint64(0, BigInt(start - 8), true);
  out.fill(0x20, 8, start).set(json, 8);
  let at = start;
  for (const { bytes } of tensors.values()) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

/** @throws InvalidInputError for anything but a well-formed file of known dtypes; the tensors are views into `file` */
export function decodeSafeTensors(file: Uint8Array): SafeTensors {
  if (file.length < 8) throw malformed(`${file.length} bytes; expected at least 8`);
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const start = 8 + length;
  if (start > file.length) throw malformed(`header of ${length} bytes in a file of ${file.length}`);
  const header = parseHeader(file.subarray(8, start));

  const metadata: Record<string, string> = {};
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, value] of Object.entries(entry ?? {})) metadata[key] = String(value);
      continue;
    }
    const { dtype, shape, data_offsets: span } = (entry ?? {}) as Record<string, unknown>;
    if (!isDtype(dtype))
      throw malformed(`dtype ${dtype} of ${name}; expected one of ${Object.keys(itemSize).join(', ')}`);
    if (!isCounts(shape)) throw malformed(`no shape for ${name}`);
    if (!isCounts(span) || span.length !== 2) throw malformed(`no data_offsets for ${name}`);
    const [from, to] = span;
    const expected = shape.reduce((product, side) => product * side, itemSize[dtype]);
    if (to - from !== expected) throw malformed(`${to - from} bytes for ${name}; expected ${expected}`);
    if (start + to > file.length) throw malformed(`${name} ends at byte ${start + to} of ${file.length}`);
    tensors.set(name, { dtype, shape, bytes: file.subarray(start + from, start + to) });
  }
  return { tensors, metadata };
}

/** The same of one format and version, as metadata name them. @throws InvalidInputError if it is of another */
export function decodeFormat(file: Uint8Array, format: string, version: string): SafeTensors {
  const decoded = decodeSafeTensors(file);
  const { metadata } = decoded;
  if (metadata.format === format && metadata.version === version) return decoded;
  throw new InvalidInputError(
    `a file of ${metadata.format ?? 'no format'}, version ${metadata.version}; expected ${format}, version ${version}`,
  );
}

/** The number of every half: keys hold half a million. */
let halves: Float32Array | undefined;

/** The values of an F32 or F16 tensor, copied. */
export function readFloats({ dtype, bytes }: Tensor): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(bytes.length / itemSize[dtype]);
  if (dtype === 'F32') for (let i = 0; i < out.length; i++) out[i] = view.getFloat32(4 * i, true);
  else if (dtype === 'F16') {
    halves ??= Float32Array.from({ length: 0x10000 }, (_, bits) => fromHalf(bits));
    for (let i = 0; i < out.length; i++) out[i] = halves[view.getUint16(2 * i, true)];
  } else throw malformed(`dtype ${dtype}; expected F32 or F16`);
  return out;
}

/** The values of an F64 tensor, copied. */
export function readDoubles({ dtype, bytes }: Tensor): Float64Array {
  if (dtype !== 'F64') throw malformed(`dtype ${dtype}; expected F64`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(8 * i, true));
}

/** Numbers as an F64 tensor. */
export function doubleTensor(values: Float64Array, shape: number[]): Tensor {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setFloat64(8 * i, values[i], true);
  return { dtype: 'F64', shape, bytes };
}

/** Numbers as an F32 tensor. */
export function floatTensor(values: Float32Array, shape: number[]): Tensor {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i], true);
  return { dtype: 'F32', shape, bytes };
}

/** Numbers as an F16 tensor, each rounded to the nearest half. */
export function halfTensor(values: Float32Array, shape: number[]): Tensor {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setUint16(2 * i, toHalf(values[i]), true);
  return { dtype: 'F16', shape, bytes };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw malformed('header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw malformed('header is not an object');
  return header as Record<string, unknown>;
}

function malformed(what: string): InvalidInputError {
  return new InvalidInputError(`not a usable safetensors file: ${what}`);
}

function isDtype(value: unknown): value is Tensor['dtype'] {
  return typeof value === 'string' && Object.hasOwn(itemSize, value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
