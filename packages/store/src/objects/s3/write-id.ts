/** Ids of writes: a write that succeeded, but whose answer was lost, knows its object by them. */
import type { S3Bucket } from './bucket.ts';
import { statusOf } from './failures.ts';

/** Metadata of an object that holds the id of the write that made it. */
export const WRITE_ID = 'saltworks-write';

/** Whether this write made the object that is there now. */
export async function wrote(bucket: S3Bucket, key: string, id: string, signal?: AbortSignal): Promise<boolean> {
  const found = await bucket.trying(`looking for ${key}`, signal, () =>
    bucket.s3.headObject(bucket.nameOf(key), { abortSignal: signal }).catch((error) => {
      if (statusOf(error) !== 404) throw error;
      return undefined;
    }),
  );
  return found?.Metadata?.[WRITE_ID] === id;
}
