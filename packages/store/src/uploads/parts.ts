/** The bytes of uploaded files: written part by part, read as one stream. */
import { partBytes } from '@saltworks/contract/api/uploads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { uploadPartKey } from '@saltworks/contract/layout';
import type { CallOptions, ObjectStore } from '../objects/store.ts';
import { checkedHead, kindByName } from './kinds.ts';

export interface UploadedFile {
  upload: string;
  file: number;
  name: string;
  bytes: number;
}

/** Bytes of the part that begins at a place of a file. */
export const partLength = (bytes: number, at: number): number => Math.min(partBytes, bytes - at);

/**
 * Stores the part of a file that begins at `at`, as it arrives. Nothing appears unless all of it came.
 *
 * @throws InvalidInputError if it has another length, or the file begins as no file of its name does
 */
export async function putPart(
  store: ObjectStore,
  { upload, file, name, bytes }: UploadedFile,
  at: number,
  chunks: AsyncIterable<Uint8Array>,
  options?: CallOptions,
): Promise<void> {
  const whole = exactly(chunks, partLength(bytes, at));
  const checked = at === 0 ? checkedHead(kindByName(name), whole) : whole;
  await store.putStream(uploadPartKey(upload, file, at / partBytes), checked, options);
}

async function* exactly(chunks: AsyncIterable<Uint8Array>, expected: number): AsyncGenerator<Uint8Array> {
  let received = 0;
  for await (const chunk of chunks) {
    received += chunk.length;
    if (received > expected) throw new PartLengthError(`a part of more than ${expected} bytes; expected ${expected}`);
    yield chunk;
  }
  if (received < expected) throw new PartLengthError(`a part of ${received} bytes; expected ${expected}`);
}

/** A part broke off, or is too long: the file itself may be fine. */
export class PartLengthError extends InvalidInputError {
  override name = 'PartLengthError';
}

/** A file as it was sent, however many parts it came in. */
export async function* readParts(
  store: ObjectStore,
  { upload, file, bytes }: Omit<UploadedFile, 'name'>,
  options?: CallOptions,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += partBytes) {
    yield* store.stream(uploadPartKey(upload, file, at / partBytes), options);
  }
}
