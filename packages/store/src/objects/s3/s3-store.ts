/**
 * Objects in an S3 bucket, Amazon's or anybody's that creates conditionally (`If-None-Match: *`).
 *
 * One loop tries again, around the SDK, whose own retry is off: its would not see a download that breaks off after the
 * headers, and it stops for all calls at once when a few dozen have failed.
 */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, S3 } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { InvalidInputError, UnwritableError } from '@saltworks/contract/errors';
import { orAborted, untilAborted } from '../signal.ts';
import {
  checkKey,
  checkPrefix,
  checkRange,
  checkSeconds,
  type GetOptions,
  isKey,
  type ListOptions,
  MAX_KEY_BYTES,
  ObjectMissingError,
  type ObjectStore,
  StoreRefusedError,
} from '../store.ts';

export interface S3Options {
  bucket: string;
  /** The store's objects are those under `prefix/`; itself a key. */
  prefix?: string;
  /** Where the server is, as http(s)://host[:port]; Amazon's without it. */
  endpoint?: string;
  /** The SDK's own search without it; with an endpoint `us-east-1`, which servers at home take for theirs. */
  region?: string;
  /** The SDK's own search without them: environment, profile, container, instance. */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Whether the bucket is named in the path and not in the host; true by default where there is an endpoint. */
  forcePathStyle?: boolean;
  /** Tries of one request, or of one part of a stream, before the call fails. */
  attempts?: number;
  /** Milliseconds to connect. */
  connectTimeout?: number;
  /** Milliseconds between two signs of life of a connection. */
  idleTimeout?: number;
}

/** A stream is sent in parts of so many bytes, one on its way while the next one fills. S3 takes 10,000 parts. */
const PART_BYTES = 16 * 1024 * 1024;
const MAX_PARTS = 10_000;
/** The pause before the next try: anything up to 0.1 s · 2^n (full jitter), ten times that when the server asks to slow down. */
const PAUSE_MS = 100;
const PAUSE_SLOW_MS = 1000;
const MAX_PAUSE_MS = 10_000;
const ABORT_UPLOAD_MS = 30_000;
/** Metadata that tells a write that succeeded without our hearing of it from somebody else's. */
const WRITE_ID = 'saltworks-write';

/**
 * A store in a bucket, which has to be there already. Nothing is asked of the server yet.
 *
 * Calls try again after 500, 502, 503, 504, 429, 409 of a write that another one crossed, connections that fail or break
 * off, and silence; never after 403, 404, 412 or 507. Credentials that are refused and a bucket that is missing are
 * StoreRefusedErrors.
 *
 * @throws InvalidInputError when an option is unusable
 */
export function s3Store({
  bucket,
  prefix,
  endpoint,
  region,
  credentials,
  forcePathStyle,
  attempts = 6,
  connectTimeout = 5_000,
  idleTimeout = 30_000,
}: S3Options): ObjectStore {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(bucket)) {
    throw new InvalidInputError(`bucket ${JSON.stringify(bucket)}; expected 3 to 63 letters, digits, dots and hyphens`);
  }
  if (prefix !== undefined) checkKey(prefix);
  const server = endpoint === undefined ? undefined : originOf(endpoint);
  for (const [name, value] of Object.entries({ attempts, connectTimeout, idleTimeout })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new InvalidInputError(`${name} ${value}; expected a whole number from 1`);
    }
  }

  // As many connections as there are calls: waiting for one would count as connecting.
  const agent = { maxSockets: Number.POSITIVE_INFINITY };
  const s3 = new S3({
    endpoint: server,
    region: region ?? (server && 'us-east-1'),
    credentials,
    forcePathStyle: forcePathStyle ?? server !== undefined,
    maxAttempts: 1,
    expectContinueHeader: false,
    // Checksum headers that not every server knows; requests are signed with the sha256 of their body as it is.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectTimeout,
      socketTimeout: idleTimeout,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
  const place = `s3://${bucket} at ${server ?? 'Amazon S3'}`;
  const base = prefix === undefined ? '' : `${prefix}/`;

  function nameOf(key: string) {
    checkKey(key);
    const name = base + key;
    if (Buffer.byteLength(name) > MAX_KEY_BYTES) {
      throw new InvalidInputError(
        `object key ${JSON.stringify(key)} makes ${Buffer.byteLength(name)} bytes with prefix ${base}; expected at most ${MAX_KEY_BYTES}`,
      );
    }
    return { Bucket: bucket, Key: name };
  }

  /**
   * @param attempt one try; told whether an earlier one may have succeeded unheard
   * @throws what the signal was aborted with; the last failure, explained
   */
  async function trying<T>(
    doing: string,
    signal: AbortSignal | undefined,
    attempt: (repeated: boolean) => Promise<T>,
  ): Promise<T> {
    let repeated = false;
    for (let tries = 1; ; tries++) {
      signal?.throwIfAborted();
      try {
        return await orAborted(attempt(repeated), signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (!isPassing(error) || tries === attempts) throw explain(error, doing, tries);
        await pause(error, tries, signal);
        repeated ||= statusOf(error) !== 409;
      }
    }
  }

  /** A failure in words: one line, and not the SDK's error as its cause, which holds the signed request, socket and all. */
  function explain(error: unknown, doing: string, tries: number): unknown {
    if ([InvalidInputError, ObjectMissingError, UnwritableError].some((kind) => error instanceof kind)) return error;
    const { name, message } = error as Error;
    const status = statusOf(error);
    const said = status
      ? `${name === 'Unknown' ? '' : `${name} `}(${status})`
      : `${name}: ${message.replace(/\s+/g, ' ').slice(0, 300)}`;
    if (isFull(error)) return new UnwritableError(`no room in ${place} for ${doing}: ${said}; expected more`);
    if (name === 'NoSuchBucket') return new StoreRefusedError(`no bucket ${place}; expected one that is there already`);
    if (name === 'CredentialsProviderError') {
      return new StoreRefusedError(`no credentials for ${place}; expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`);
    }
    if (message === 'Region is missing') {
      return new StoreRefusedError(`no region for ${place}; expected SALTWORKS_S3_REGION or AWS_REGION`);
    }
    if (name !== 'RequestTimeTooSkewed' && (status === 401 || status === 403 || REFUSALS.has(name))) {
      return new StoreRefusedError(`${place} refused ${doing}: ${said}; expected credentials that may do this`);
    }
    if (status === 301 || name === 'AuthorizationHeaderMalformed') {
      return new StoreRefusedError(`${place} is of another region: ${said}; expected SALTWORKS_S3_REGION to name it`);
    }
    if (status === 501)
      return new InvalidInputError(`${place} cannot do ${doing}: ${said}; expected a server that can`);
    if (status === 412) return new Error(`${doing} failed on ${place}: it was replaced meanwhile`);
    const often = tries > 1 ? ` ${tries} times` : '';
    return new Error(`${doing} failed${often} on ${place}: ${said}`);
  }

  /** What "not found" without further words means: HEAD has no body that says whether the bucket is there. */
  let seen: Promise<unknown> | undefined;
  async function bucketIsThere(signal?: AbortSignal): Promise<void> {
    seen ??= trying('looking for the bucket', undefined, () =>
      s3.headBucket({ Bucket: bucket }).catch((error) => {
        if (statusOf(error) === 404) throw Object.assign(new Error(), { name: 'NoSuchBucket' });
        // Whoever may not ask may still work in it.
        if (statusOf(error) !== 403) throw error;
      }),
    );
    await orAborted(seen, signal).catch((error) => {
      if (!signal?.aborted) seen = undefined;
      throw error;
    });
  }

  async function ifMissing(error: unknown, key: string, signal?: AbortSignal): Promise<never> {
    // HEAD is answered without a body, so without a name.
    if (!['NoSuchKey', 'NotFound'].includes((error as Error).name)) throw error;
    await bucketIsThere(signal);
    throw new ObjectMissingError(key);
  }

  /** Whether the object under this name is the one that this write made. */
  async function wrote(key: string, id: string, signal?: AbortSignal): Promise<boolean> {
    const found = await trying(`looking for ${key}`, signal, () =>
      s3.headObject(nameOf(key), { abortSignal: signal }).catch((error) => {
        if (statusOf(error) !== 404) throw error;
        return undefined;
      }),
    );
    return found?.Metadata?.[WRITE_ID] === id;
  }

  /** Opens bytes `start` to `end` of an object, of the version with this etag if one is given. */
  async function openObject(key: string, start: number, end: number, etag: string | undefined, signal?: AbortSignal) {
    const last = end === Number.POSITIVE_INFINITY ? '' : end - 1;
    const Range = start === 0 && last === '' ? undefined : `bytes=${start}-${last}`;
    const { Body, ContentLength, ContentRange, ETag } = await s3
      .getObject({ ...nameOf(key), Range, IfMatch: etag }, { abortSignal: signal })
      .catch((error) => ifMissing(error, key, signal));
    if (!Body || ContentLength === undefined || (Range && !ContentRange?.startsWith(`bytes ${start}-`))) {
      (Body as Readable | undefined)?.destroy();
      throw new Error(
        `answered with ${ContentRange ?? `${ContentLength} bytes`}; expected ${Range ?? 'all with their length'}`,
      );
    }
    return { chunks: Body as Readable, length: ContentLength, etag: ETag };
  }

  /** A range of no bytes: S3 cannot say this. @throws ObjectMissingError all the same */
  async function readNothing(key: string, signal?: AbortSignal): Promise<void> {
    if (!(await store.head(key, { signal }))) throw new ObjectMissingError(key);
  }

  async function sendParts(key: string, parts: AsyncIterable<Part>, id: string, signal?: AbortSignal): Promise<void> {
    const name = nameOf(key);
    const create = () => s3.createMultipartUpload({ ...name, Metadata: { [WRITE_ID]: id } }, { abortSignal: signal });
    const { UploadId } = await trying(`starting to write ${key}`, signal, create);
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
        sending = trying(`writing part ${PartNumber} of ${key}`, signal, () =>
          s3.uploadPart({ ...upload, PartNumber, Body }, { abortSignal: signal }),
        ).then(({ ETag }) => sent.push({ PartNumber, ETag }));
        sending.catch(() => {}); // Its failure is seen at the next part.
      }
      await sending;
      const finish = { ...upload, MultipartUpload: { Parts: sent } };
      const done = await trying(`finishing ${key}`, signal, async (repeated) => {
        try {
          await s3.completeMultipartUpload(finish, { abortSignal: signal });
          return true;
        } catch (error) {
          if (repeated && statusOf(error) === 404) return false;
          throw error;
        }
      });
      if (!done && !(await wrote(key, id, signal))) {
        throw new Error(`writing ${key} failed on ${place}: the upload was given up by somebody else`);
      }
    } catch (error) {
      await sending.catch(() => {});
      const abortSignal = AbortSignal.timeout(ABORT_UPLOAD_MS);
      const abort = () => s3.abortMultipartUpload(upload, { abortSignal });
      await trying(`giving up ${key}`, abortSignal, abort).catch(() => {});
      throw error;
    }
  }

  const store: ObjectStore = {
    async get(key, { range, signal } = {}) {
      nameOf(key);
      if (range) checkRange(range);
      const { start, end } = range ?? { start: 0, end: Number.POSITIVE_INFINITY };
      if (start === end) {
        await readNothing(key, signal);
        return new Uint8Array(0);
      }
      return trying(`reading ${key}`, signal, async () => {
        try {
          const { chunks, length } = await openObject(key, start, end, undefined, signal);
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
      nameOf(key);
      if (range) checkRange(range);
      let { start: at, end } = range ?? { start: 0, end: Number.POSITIVE_INFINITY };
      if (at === end) return readNothing(key, signal);
      const doing = `reading ${key}`;
      let version: string | undefined;
      for (let failed = 0; ; ) {
        const opened = await trying(doing, signal, () =>
          openObject(key, at, end, version, signal).catch((error) => {
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
          if (!isPassing(error) || ++failed === attempts) throw explain(error, doing, Math.max(failed, 1));
          await pause(error, failed, signal);
        }
      }
    },

    async put(key, bytes, { signal } = {}) {
      const object = { ...nameOf(key), Body: bytesOf(bytes) };
      await trying(`writing ${key}`, signal, () => s3.putObject(object, { abortSignal: signal }));
    },

    async putStream(key, chunks, { signal } = {}) {
      nameOf(key);
      signal?.throwIfAborted();
      const parts = partsOf(untilAborted(chunks, signal));
      try {
        const first = await parts.next();
        if (first.done || first.value.last) await store.put(key, first.value?.bytes ?? new Uint8Array(0), { signal });
        else await sendParts(key, startingWith(first.value, parts), randomUUID(), signal);
      } finally {
        await parts.return(undefined);
      }
    },

    async putIfAbsent(key, bytes, { signal } = {}) {
      const id = randomUUID();
      const object = { ...nameOf(key), Body: bytesOf(bytes), IfNoneMatch: '*', Metadata: { [WRITE_ID]: id } };
      const outcome = await trying(`creating ${key}`, signal, async (repeated) => {
        try {
          await s3.putObject(object, { abortSignal: signal });
          return 'created';
        } catch (error) {
          if (statusOf(error) !== 412) throw error;
          return repeated ? 'there, perhaps by us' : 'there';
        }
      });
      return outcome === 'created' || (outcome === 'there, perhaps by us' && wrote(key, id, signal));
    },

    async head(key, { signal } = {}) {
      const name = nameOf(key);
      try {
        const { ContentLength, ETag, LastModified } = await trying(`looking for ${key}`, signal, () =>
          s3.headObject(name, { abortSignal: signal }).catch((error) => ifMissing(error, key, signal)),
        );
        return { key, size: ContentLength!, etag: ETag!, modified: inSeconds(LastModified!) };
      } catch (error) {
        if (error instanceof ObjectMissingError) return undefined;
        throw error;
      }
    },

    async *list(prefix, { after, signal }: ListOptions = {}) {
      checkPrefix(prefix);
      const scope = { Bucket: bucket, Prefix: base + prefix, StartAfter: after && base + after };
      let token: string | undefined;
      do {
        const page = await trying(`listing ${prefix}*`, signal, () =>
          s3.listObjectsV2({ ...scope, ContinuationToken: token }, { abortSignal: signal }),
        );
        for (const { Key = '', Size = 0, ETag = '', LastModified = new Date(0) } of page.Contents ?? []) {
          signal?.throwIfAborted();
          const key = Key.slice(base.length);
          if (isKey(key)) yield { key, size: Size, etag: ETag, modified: inSeconds(LastModified) };
        }
        token = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
    },

    async delete(key, { signal } = {}) {
      const name = nameOf(key);
      const remove = () =>
        s3.deleteObject(name, { abortSignal: signal }).catch((error) => ifMissing(error, key, signal));
      await trying(`deleting ${key}`, signal, remove).catch((error) => {
        if (!(error instanceof ObjectMissingError)) throw error;
      });
    },

    async presign(key, seconds) {
      const name = nameOf(key);
      checkSeconds(seconds);
      return trying(`signing a URL of ${key}`, undefined, () =>
        getSignedUrl(s3, new GetObjectCommand(name), { expiresIn: seconds }),
      );
    },
  };
  return store;
}

interface Part {
  bytes: Uint8Array;
  /** From 1. */
  number: number;
  last: boolean;
}

/** Chunks put together to parts, all full but the last. A part's buffer is filled again after the next one was taken. */
async function* partsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Part, undefined> {
  // Untouched pages of a fresh allocation cost nothing, so a short stream takes no more than it is long.
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

async function* startingWith<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T, void> {
  yield first;
  yield* rest;
}

/** @returns the URL as a server's address @throws InvalidInputError */
function originOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const plain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  // Not repeated: what is there too much may be a secret.
  if (!plain)
    throw new InvalidInputError('unusable S3 endpoint; expected http(s)://host[:port], nothing before or behind');
  return url.href.replace(/\/$/, '');
}

/** As bytes: the SDK takes an empty string for a stream of unknown length. */
const bytesOf = (bytes: Uint8Array | string) => (typeof bytes === 'string' ? Buffer.from(bytes) : bytes);

const statusOf = (error: unknown) => (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;

const brokenOff = (done: number, length: number) =>
  Object.assign(new Error(`the body ended at byte ${done} of ${length}`), { code: 'ECONNRESET' });

const SLOW_DOWN = new Set(['SlowDown', 'Throttling', 'ThrottlingException', 'TooManyRequests', 'RequestLimitExceeded']);
const PASSING = new Set([
  ...SLOW_DOWN,
  ...['InternalError', 'ServiceUnavailable', 'RequestTimeout', 'TimeoutError'],
  ...['ConditionalRequestConflict', 'OperationAborted'],
]);
const PASSING_STATUS = new Set([429, 500, 502, 503, 504]);
const PASSING_CODE = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'ENOTFOUND', 'EAI_AGAIN'],
]);
/** Those of versitygw come with status 404. */
const REFUSALS = new Set([
  ...['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken'],
  'XAdminUserNotFound',
]);

/**
 * Whether the server has no room, or the quota is used up. Ceph and versitygw say QuotaExceeded (403), MinIO
 * XMinioAdminBucketQuotaExceeded (400) and XMinioStorageFull (507).
 */
const isFull = (error: unknown): boolean =>
  statusOf(error) === 507 ||
  /quota_?exceeded|storage(backend)?full|insufficient(storage|capacity)/i.test((error as Error).name);

/** Whether the same request may well succeed a moment later. */
function isPassing(error: unknown): boolean {
  const { name, code, $metadata } = error as {
    name: string;
    code?: string;
    $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean };
  };
  if (isFull(error)) return false;
  return (
    PASSING.has(name) ||
    PASSING_CODE.has(code ?? '') ||
    PASSING_STATUS.has($metadata?.httpStatusCode ?? 0) ||
    $metadata?.clockSkewCorrected === true
  );
}

async function pause(error: unknown, tries: number, signal?: AbortSignal): Promise<void> {
  const slow = SLOW_DOWN.has((error as Error).name) || statusOf(error) === 429;
  const most = Math.min(MAX_PAUSE_MS, (slow ? PAUSE_SLOW_MS : PAUSE_MS) * 2 ** (tries - 1));
  await orAborted(sleep(Math.random() * most, undefined, { signal }), signal);
}

/** Lists tell milliseconds, heads do not: of one object both say the same. */
const inSeconds = (at: Date): Date => new Date(1000 * Math.floor(at.getTime() / 1000));
