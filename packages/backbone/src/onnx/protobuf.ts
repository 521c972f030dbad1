/**
 * The protobuf wire format: a message is the list of its fields, in file order. Payloads are views into the bytes that they
 * were read from, so nothing large is copied, and unknown fields survive unchanged.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
import { InvalidInputError } from '@saltworks/contract/errors';

const VARINT = 0;
const LENGTH = 2;
/** Payload bytes by wire type of fixed size: 64 and 32 bits. */
const FIXED: Record<number, number | undefined> = { 1: 8, 5: 4 };
/** More fields than any ONNX message has; a file of nothing but fields would fill the memory. */
const MAX_FIELDS = 4_000_000;
/** Most bytes of integers to decode one by one: shapes and axes, not weights. */
const MAX_INTS = 1_000_000;

/** A field. The payload has no tag and no length: it is the bytes of a varint, a fixed value, or a block. */
export interface Field {
  number: number;
  wire: number;
  payload: Uint8Array;
}

/** A field to write; a list of parts becomes an embedded message. */
export interface Part {
  number: number;
  wire: number;
  payload: Uint8Array | readonly Part[];
}

/**
 * Splits a message into its fields.
 *
 * @param what names the message in errors
 * @throws InvalidInputError if the bytes are not a protobuf message, or end too early
 */
export function readFields(bytes: Uint8Array, what: string): Field[] {
  const fields: Field[] = [];
  let at = 0;
  while (at < bytes.length) {
    const start = at;
    const afterTag = varintEnd(bytes, at, what);
    const tag = unsigned(bytes, at, afterTag);
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    at = afterTag;
    let length = FIXED[wire];
    if (wire === VARINT) length = varintEnd(bytes, at, what) - at;
    if (wire === LENGTH) {
      const afterLength = varintEnd(bytes, at, what);
      length = unsigned(bytes, at, afterLength);
      at = afterLength;
    }
    if (length === undefined || number === 0 || number > 0x1fffffff) {
      throw new InvalidInputError(`${what}: tag ${tag} at byte ${start}; expected a protobuf field`);
    }
    if (length > bytes.length - at) {
      throw new InvalidInputError(
        `${what}: ${bytes.length - at} bytes after byte ${at}; expected ${length} (cut short?)`,
      );
    }
    if (fields.length === MAX_FIELDS) throw new InvalidInputError(`${what}: expected at most ${MAX_FIELDS} fields`);
    fields.push({ number, wire, payload: bytes.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

function varintEnd(bytes: Uint8Array, at: number, what: string): number {
  let end = at;
  while (end < bytes.length && end < at + 10) if (bytes[end++] < 0x80) return end;
  throw new InvalidInputError(`${what}: no number ends at byte ${end}; expected a protobuf varint of 1 to 10 bytes`);
}

/** Reads a varint: exact below 2⁵³; beyond, certain only to be too large. */
function unsigned(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = to - 1; i >= from; i--) value = value * 128 + (bytes[i] & 0x7f);
  return value;
}

/** Writes fields in the given order, into one allocation. */
export function writeFields(parts: readonly Part[]): Uint8Array {
  const out = new Uint8Array(sizeOf(parts));
  const end = writeInto(out, 0, parts);
  if (end !== out.length) throw new Error(`wrote ${end} bytes; expected ${out.length}`);
  return out;
}

function sizeOf(parts: readonly Part[]): number {
  let size = 0;
  for (const part of parts) {
    const length = payloadSize(part);
    size += varintSize(part.number * 8) + length + (part.wire === LENGTH ? varintSize(length) : 0);
  }
  return size;
}

function payloadSize({ payload }: Part): number {
  return payload instanceof Uint8Array ? payload.length : sizeOf(payload);
}

function writeInto(out: Uint8Array, at: number, parts: readonly Part[]): number {
  for (const part of parts) {
    at = writeVarint(out, at, part.number * 8 + part.wire);
    if (part.wire === LENGTH) at = writeVarint(out, at, payloadSize(part));
    if (part.payload instanceof Uint8Array) {
      out.set(part.payload, at);
      at += part.payload.length;
    } else {
      at = writeInto(out, at, part.payload);
    }
  }
  return at;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

function writeVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out[at++] = (rest % 128) + 128;
  out[at++] = rest;
  return at;
}

/** Reads an int64 field; beyond ±2⁵³ as the nearest double. */
export function intOf({ payload }: Field): number {
  return ints(payload)[0] ?? 0;
}

/** Reads a float field. */
export function floatOf({ payload }: Field): number {
  if (payload.length !== 4) throw new InvalidInputError(`${payload.length} bytes of a float; expected 4`);
  return new DataView(payload.buffer, payload.byteOffset).getFloat32(0, true);
}

/** Reads all values of a repeated int64, packed or not. */
export function intsOf(fields: readonly Field[], number: number): number[] {
  return fields.filter((field) => field.number === number).flatMap(({ payload }) => ints(payload));
}

function ints(payload: Uint8Array): number[] {
  if (payload.length > MAX_INTS)
    throw new InvalidInputError(`${payload.length} bytes of integers; expected ≤ ${MAX_INTS}`);
  const out: number[] = [];
  for (let at = 0; at < payload.length; ) {
    const end = varintEnd(payload, at, 'integers');
    let value = 0n;
    for (let i = end - 1; i >= at; i--) value = (value << 7n) | BigInt(payload[i] & 0x7f);
    out.push(Number(BigInt.asIntN(64, value)));
    at = end;
  }
  return out;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** Names go into messages of one line. */
const CONTROL = /\p{Cc}/u;
const MAX_STRING = 4096;

/** Reads a name, or another short string. */
export function stringOf({ payload }: Field): string {
  const refusal = () =>
    new InvalidInputError(
      `a string of ${payload.length} bytes; expected up to ${MAX_STRING} of UTF-8, all on one line`,
    );
  if (payload.length > MAX_STRING) throw refusal();
  try {
    const text = utf8.decode(payload);
    if (!CONTROL.test(text)) return text;
  } catch {
    // Not UTF-8.
  }
  throw refusal();
}

/** The last field of a number: protobuf's rule for a field that may occur once. */
export function lastOf(fields: readonly Field[], number: number): Field | undefined {
  return fields.findLast((field) => field.number === number);
}

/** Writes an int64 as a field. */
export function intPart(number: number, value: number): Part {
  const payload: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) payload.push(Number(rest & 0x7fn) | 0x80);
  payload.push(Number(rest));
  return { number, wire: VARINT, payload: Uint8Array.from(payload) };
}

export function floatPart(number: number, value: number): Part {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setFloat32(0, value, true);
  return { number, wire: 5, payload };
}

export function stringPart(number: number, value: string): Part {
  return { number, wire: LENGTH, payload: new TextEncoder().encode(value) };
}

/** Writes bytes, or an embedded message, as a field. */
export function blockPart(number: number, payload: Uint8Array | readonly Part[]): Part {
  return { number, wire: LENGTH, payload };
}
