/** Writing to a bucket, and deleting. */
import { randomUUID } from 'node:crypto';
import { untilAborted } from '../signal.ts';
import { ObjectMissingError, type ObjectStore } from '../store.ts';
import type { S3Bucket } from './bucket.ts';
import { statusOf } from './failures.ts';
import { partsOf, sendParts } from './parts.ts';
import { WRITE_ID, wrote } from './write-id.ts';

export function writes(bucket: S3Bucket): Pick<ObjectStore, 'put' | 'putStream' | 'putIfAbsent' | 'delete'> {
  const { s3 } = bucket;

  const put: ObjectStore['put'] = async (key, bytes, { signal } = {}) => {
    const object = { ...bucket.nameOf(key), Body: bytesOf(bytes) };
    await bucket.trying(`writing ${key}`, signal, () => s3.putObject(object, { abortSignal: signal }));
  };

  return {
    put,

    async putStream(key, chunks, { signal } = {}) {
      bucket.nameOf(key);
      signal?.throwIfAborted();
      const parts = partsOf(untilAborted(chunks, signal));
      try {
        const first = await parts.next();
        if (first.done || first.value.last) await put(key, first.value?.bytes ?? new Uint8Array(0), { signal });
        else await sendParts(bucket, key, startingWith(first.value, parts), randomUUID(), signal);
      } finally {
        await parts.return(undefined);
      }
    },

    async putIfAbsent(key, bytes, { signal } = {}) {
      const id = randomUUID();
      const object = { ...bucket.nameOf(key), Body: bytesOf(bytes), IfNoneMatch: '*', Metadata: { [WRITE_ID]: id } };
      const outcome = await bucket.trying(`creating ${key}`, signal, async (repeated) => {
        try {
          await s3.putObject(object, { abortSignal: signal });
          return 'created';
        } catch (error) {
          if (statusOf(error) !== 412) throw error;
          return repeated ? 'there, perhaps by us' : 'there';
        }
      });
      return outcome === 'created' || (outcome === 'there, perhaps by us' && wrote(bucket, key, id, signal));
    },

    async delete(key, { signal } = {}) {
      const name = bucket.nameOf(key);
      const remove = () =>
        s3.deleteObject(name, { abortSignal: signal }).catch((error) => bucket.ifMissing(error, key, signal));
      await bucket.trying(`deleting ${key}`, signal, remove).catch((error) => {
        if (!(error instanceof ObjectMissingError)) throw error;
      });
    },
  };
}

async function* startingWith<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T, void> {
  yield first;
  yield* rest;
}

/** As bytes: the SDK takes an empty string for a stream of unknown length. */
const bytesOf = (bytes: Uint8Array | string) => (typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
