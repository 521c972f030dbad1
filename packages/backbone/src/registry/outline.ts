/** Whether a file can be an ONNX model at all: walks over its outermost fields, and reads nothing of what is in them. */
import { type FileHandle, open } from 'node:fs/promises';
import { InvalidInputError } from '@saltworks/contract/errors';

/** Fields of a ModelProto that hold a number, and that hold bytes; the graph is 7. Others are of later versions. */
const NUMBERS = new Set([1, 5]);
const BLOCKS = new Set([2, 3, 4, 6, 7, 8, 14, 20, 25, 26]);
const GRAPH = 7;
/** A model has a few of them for each operator set and each line of metadata. */
const MAX_FIELDS = 10_000;

/**
 * @param name for the message
 * @throws InvalidInputError if the file is a page of HTML, a pointer to a file, cut off, or anything else but a model
 */
export async function expectModel(path: string, name: string): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    let graphs = 0;
    let at = 0;
    for (let fields = 0; at < size; fields++) {
      const field = fields < MAX_FIELDS ? await fieldAt(file, at) : undefined;
      if (!field) throw new InvalidInputError(`${name} is no ONNX model (${await start(file)})`);
      if (field.number === GRAPH) graphs++;
      at = field.end;
    }
    if (at > size) throw new InvalidInputError(`${name} is cut off at ${size} bytes; expected ${at} at least`);
    if (graphs !== 1) throw new InvalidInputError(`${name} holds ${graphs} graphs; expected an ONNX model`);
  } finally {
    await file.close();
  }
}

/** The field that begins here, and where it ends; undefined if a model has no such field. */
async function fieldAt(file: FileHandle, at: number): Promise<{ number: number; end: number } | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(20), 0, 20, at);
  const bytes = buffer.subarray(0, bytesRead);
  const tag = varint(bytes, 0);
  if (!tag) return undefined;
  const number = tag.value >>> 3;
  const type = tag.value & 7;
  if (NUMBERS.has(number) ? type !== 0 : BLOCKS.has(number) && type !== 2) return undefined;
  const from = at + tag.length;
  if (type === 1) return { number, end: from + 8 };
  if (type === 5) return { number, end: from + 4 };
  const value = type === 0 || type === 2 ? varint(bytes, tag.length) : undefined;
  if (!value || number === 0) return undefined;
  return { number, end: from + value.length + (type === 2 ? value.value : 0) };
}

function varint(bytes: Uint8Array, from: number): { value: number; length: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10 && from + i < bytes.length; i++) {
    value += (bytes[from + i] & 127) * 2 ** (7 * i);
    if (bytes[from + i] < 128) return { value, length: i + 1 };
  }
  return undefined;
}

/** How the file begins, in one line. */
async function start(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(24), 0, 24, 0);
  const text = buffer
    .subarray(0, bytesRead)
    .toString('latin1')
    .replace(/[^ -~]/g, '·');
  return bytesRead === 0 ? 'it is empty' : `it begins with ${JSON.stringify(text)}`;
}
