/** Reading from a bucket. */
import type { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { untilAborted } from '../signal.ts';
import { checkRange, checkSeconds, type GetOptions, ObjectMissingError, type ObjectStore } from '../store.ts';
import type { S3Bucket } from './bucket.ts';
import { brokenOff, isPassing, statusOf } from './failures.ts';
import { inSeconds } from './times.ts';

const WHOLE = { start: 0, end: Number.POSITIVE_INFINITY };

export function reads(bucket: S3Bucket): Pick<ObjectStore, 'get' | 'stream' | 'head' | 'presign'> {
  const head: ObjectStore['head'] = async (key, { signal } = {}) => {
    const name = bucket.nameOf(key);
    try {
      const { ContentLength, ETag, LastModified } = await bucket.trying(`looking for ${key}`, signal, () =>
        bucket.s3.headObject(name, { abortSignal: signal }).catch((error) => bucket.ifMissing(error, key, signal)),
      );
      return { key, size: ContentLength!, etag: ETag!, modified: inSeconds(LastModified!) };
    } catch (error) {
      if (error instanceof ObjectMissingError) return undefined;
      throw error;
    }
  };

  /** A range of no bytes, which S3 cannot express. @throws ObjectMissingError all the same */
  async function readNothing(key: string, signal?: AbortSignal): Promise<void> {
    if (!(await head(key, { signal }))) throw new ObjectMissingError(key);
  }

  return {
    async get(key, { range, signal } = {}) {
      bucket.nameOf(key);
      if (range) checkRange(range);
      const { start, end } = range ?? WHOLE;
      if (start === end) {
        await readNothing(key, signal);
        return new Uint8Array(0);
      }
      return bucket.trying(`reading ${key}`, signal, async () => {
        try {
          const { chunks, length } = await openObject(bucket, key, start, end, undefined, signal);
          const bytes = new Uint8Array(length);
          let done = 0;
          for await (const chunk of chunks) {
            bytes.set(chunk, done);
            done += chunk.length;
          }
          if (done < length) throw brokenOff(done, length);
          return bytes;
        } catch (error) {
          if (range && statusOf(error) === 416) return new Uint8Array(0);
          throw error;
        }
      });
    },

    async *stream(key, { range, signal }: GetOptions = {}) {
      bucket.nameOf(key);
      if (range) checkRange(range);
      let { start: at, end } = range ?? WHOLE;
      if (at === end) return readNothing(key, signal);
      const doing = `reading ${key}`;
      let version: string | undefined;
      for (let failed = 0; ; ) {
        const opened = await bucket.trying(doing, signal, () =>
          openObject(bucket, key, at, end, version, signal).catch((error) => {
            if (range && version === undefined && statusOf(error) === 416) return undefined;
            throw error;
          }),
        );
        if (!opened) return;
        version = opened.etag;
        end = at + opened.length;
        try {
          for await (const chunk of untilAborted(opened.chunks, signal)) {
            at += chunk.length;
            failed = 0;
            yield chunk;
          }
          if (at === end) return;
          throw brokenOff(at, end);
        } catch (error) {
          signal?.throwIfAborted();
          if (isPassing(error)) failed++;
          await bucket.beforeNextTry(error, doing, Math.max(failed, 1), signal);
        }
      }
    },

    head,

    async presign(key, seconds) {
      const name = bucket.nameOf(key);
      checkSeconds(seconds);
      return bucket.trying(`signing a URL of ${key}`, undefined, () =>
        getSignedUrl(bucket.s3, new GetObjectCommand(name), { expiresIn: seconds }),
      );
    },
  };
}

/** Opens bytes `start` to `end` of an object, of the version with this etag if one is given. */
async function openObject(
  bucket: S3Bucket,
  key: string,
  start: number,
  end: number,
  etag: string | undefined,
  signal: AbortSignal | undefined,
): Promise<{ chunks: Readable; length: number; etag?: string }> {
  const last = end === Number.POSITIVE_INFINITY ? '' : end - 1;
  const Range = start === 0 && last === '' ? undefined : `bytes=${start}-${last}`;
  const { Body, ContentLength, ContentRange, ETag } = await bucket.s3
    .getObject({ ...bucket.nameOf(key), Range, IfMatch: etag }, { abortSignal: signal })
    .catch((error) => bucket.ifMissing(error, key, signal));
  if (!Body || ContentLength === undefined || (Range && !ContentRange?.startsWith(`bytes ${start}-`))) {
    (Body as Readable | undefined)?.destroy();
    throw new Error(
      `answered with ${ContentRange ?? `${ContentLength} bytes`}; expected ${Range ?? 'all with their length'}`,
    );
  }
  return { chunks: Body as Readable, length: ContentLength, etag: ETag };
}
