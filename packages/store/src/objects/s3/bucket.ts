/**
 * A bucket: names of its objects, and calls that are tried again.
 *
 * The SDK's own retry is off: it does not see a download that breaks off after the headers, and it stops for all calls
 * at once when a few dozen have failed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3 } from '@aws-sdk/client-s3';
import { InvalidInputError } from '@saltworks/contract/errors';
import { s3Retries } from '@saltworks/telemetry/metrics';
import { activeSpan } from '@saltworks/telemetry/spans';
import { orAborted } from '../signal.ts';
import { checkKey, MAX_KEY_BYTES, ObjectMissingError } from '../store.ts';
import { explain } from './explain.ts';
import { isPassing, isSlowDown, statusOf } from './failures.ts';
import { openClient, type S3Options } from './settings.ts';

/** The pause before the next try: anything up to 0.1 s · 2^n (full jitter), ten times that when the server asks to slow down. */
const PAUSE_MS = 100;
const PAUSE_SLOW_MS = 1000;
const MAX_PAUSE_MS = 10_000;

/** Not `Bucket`: TypeScript 7.0.2 takes the key of `{ Bucket: … }` inside such a class for the class, and renames it. */
export class S3Bucket {
  readonly s3: S3;
  readonly name: string;
  /** The bucket and its server, for messages. */
  readonly place: string;
  /** Before every key: empty, or ends with `/`. */
  readonly base: string;
  readonly #attempts: number;
  /** Resolves once the bucket is known to be there. */
  #there: Promise<unknown> | undefined;

  /** @throws InvalidInputError when an option is unusable */
  constructor(options: S3Options) {
    const { bucket, prefix } = options;
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(bucket)) {
      throw new InvalidInputError(
        `bucket ${JSON.stringify(bucket)}; expected 3 to 63 letters, digits, dots and hyphens`,
      );
    }
    if (prefix !== undefined) checkKey(prefix);
    const { s3, place, attempts } = openClient(options);
    this.s3 = s3;
    this.name = bucket;
    this.place = place;
    this.base = prefix === undefined ? '' : `${prefix}/`;
    this.#attempts = attempts;
  }

  /** An object as requests name it. @throws InvalidInputError unless a bucket can hold such a key */
  nameOf(key: string): { Bucket: string; Key: string } {
    checkKey(key);
    const name = this.base + key;
    if (Buffer.byteLength(name) > MAX_KEY_BYTES) {
      throw new InvalidInputError(
        `object key ${JSON.stringify(key)} makes ${Buffer.byteLength(name)} bytes with prefix ${this.base}; expected at most ${MAX_KEY_BYTES}`,
      );
    }
    return { Bucket: this.name, Key: name };
  }

  /**
   * Tries until a try succeeds, or fails for good.
   *
   * @param doing the call in words, as `reading KEY`
   * @param attempt one try; `repeated` if an earlier one may have succeeded although its answer was lost
   * @throws the signal's reason, or the last failure, explained
   */
  async trying<T>(
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
        await this.beforeNextTry(error, doing, tries, signal);
        repeated ||= statusOf(error) !== 409;
      }
    }
  }

  /** Pauses after a failure that passes. @throws the failure, explained, if it does not pass or was the last try's */
  async beforeNextTry(error: unknown, doing: string, tries: number, signal?: AbortSignal): Promise<void> {
    if (!isPassing(error) || tries === this.#attempts) throw explain(error, doing, this.place, tries);
    s3Retries.inc();
    const most = Math.min(MAX_PAUSE_MS, (isSlowDown(error) ? PAUSE_SLOW_MS : PAUSE_MS) * 2 ** (tries - 1));
    activeSpan()?.set({ 'saltworks.retries': tries });
    await orAborted(sleep(Math.random() * most, undefined, { signal }), signal);
  }

  /** @throws ObjectMissingError if the failure says that the object is missing from a bucket that is there; else the failure */
  async ifMissing(error: unknown, key: string, signal?: AbortSignal): Promise<never> {
    // HEAD is answered without a body, so without a name.
    if (!['NoSuchKey', 'NotFound'].includes((error as Error).name)) throw error;
    await this.#expectThere(signal);
    throw new ObjectMissingError(key);
  }

  /** HEAD of an object does not tell a missing bucket from a missing object. */
  async #expectThere(signal?: AbortSignal): Promise<void> {
    this.#there ??= this.trying('looking for the bucket', undefined, () =>
      this.s3.headBucket({ Bucket: this.name }).catch((error) => {
        if (statusOf(error) === 404) throw Object.assign(new Error(), { name: 'NoSuchBucket' });
        // A caller that may not ask may still work in it.
        if (statusOf(error) !== 403) throw error;
      }),
    );
    await orAborted(this.#there, signal).catch((error) => {
      if (!signal?.aborted) this.#there = undefined;
      throw error;
    });
  }
}
