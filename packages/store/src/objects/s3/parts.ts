/** Uploads in parts: one part on its way while the next one fills. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { S3Bucket } from './bucket.ts';
import { statusOf } from './failures.ts';
import { WRITE_ID, wrote } from './write-id.ts';

/** Bytes of a part. S3 takes 10,000 parts. */
const PART_BYTES = 16 * 1024 * 1024;
const MAX_PARTS = 10_000;
const ABORT_UPLOAD_MS = 30_000;

export interface Part {
  bytes: Uint8Array;
  /** From 1. */
  number: number;
  last: boolean;
}

/** Chunks joined into parts, all full but the last. A part's buffer is filled again after the next part was taken. */
export async function* partsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Part, undefined> {
  // Untouched pages of a fresh allocation cost nothing: a short stream takes no more memory than its length.
  let buffer: Buffer = Buffer.allocUnsafeSlow(PART_BYTES);
  let spare: Buffer | undefined;
  let filled = 0;
  let number = 1;
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      if (filled === PART_BYTES) {
        yield { bytes: buffer, number: number++, last: false };
        [buffer, spare] = [spare ?? Buffer.allocUnsafeSlow(PART_BYTES), buffer];
        filled = 0;
      }
      const to = Math.min(chunk.length, from + PART_BYTES - filled);
      buffer.set(chunk.subarray(from, to), filled);
      filled += to - from;
      from = to;
    }
  }
  yield { bytes: buffer.subarray(0, filled), number, last: true };
}

/**
 * Writes an object from parts. An upload that fails is given up, so that the server keeps no parts of it.
 *
 * @param id of this write
 * @throws InvalidInputError for more parts than S3 takes
 */
export async function sendParts(
  bucket: S3Bucket,
  key: string,
  parts: AsyncIterable<Part>,
  id: string,
  signal?: AbortSignal,
): Promise<void> {
  const { s3, place } = bucket;
  const name = bucket.nameOf(key);
  const create = () => s3.createMultipartUpload({ ...name, Metadata: { [WRITE_ID]: id } }, { abortSignal: signal });
  const { UploadId } = await bucket.trying(`starting to write ${key}`, signal, create);
  const upload = { ...name, UploadId };
  const sent: { PartNumber: number; ETag?: string }[] = [];
  /** The part on its way: at most one. */
  let sending: Promise<unknown> = Promise.resolve();
  try {
    for await (const { bytes: Body, number: PartNumber } of parts) {
      await sending;
      if (PartNumber > MAX_PARTS) {
        throw new InvalidInputError(
          `object ${key} of more than ${(MAX_PARTS * PART_BYTES) / 2 ** 30} GiB; expected less`,
        );
      }
      sending = bucket
        .trying(`writing part ${PartNumber} of ${key}`, signal, () =>
          s3.uploadPart({ ...upload, PartNumber, Body }, { abortSignal: signal }),
        )
        .then(({ ETag }) => sent.push({ PartNumber, ETag }));
      sending.catch(() => {}); // Its failure is seen at the next part.
    }
    await sending;
    const finish = { ...upload, MultipartUpload: { Parts: sent } };
    const done = await bucket.trying(`finishing ${key}`, signal, async (repeated) => {
      try {
        await s3.completeMultipartUpload(finish, { abortSignal: signal });
        return true;
      } catch (error) {
        if (repeated && statusOf(error) === 404) return false;
        throw error;
      }
    });
    if (!done && !(await wrote(bucket, key, id, signal))) {
      throw new Error(`writing ${key} failed on ${place}: the upload was given up by somebody else`);
    }
  } catch (error) {
    await sending.catch(() => {});
    const abortSignal = AbortSignal.timeout(ABORT_UPLOAD_MS);
    const abort = () => s3.abortMultipartUpload(upload, { abortSignal });
    await bucket.trying(`giving up ${key}`, abortSignal, abort).catch(() => {});
    throw error;
  }
}
