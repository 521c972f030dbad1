/** Objects in an S3 bucket, of Amazon or of any server that creates conditionally (`If-None-Match: *`). */
import type { ObjectStore } from '../store.ts';
import { S3Bucket } from './bucket.ts';
import { list } from './list.ts';
import { reads } from './reads.ts';
import type { S3Options } from './settings.ts';
import { abandonUploads } from './uploads.ts';
import { writes } from './writes.ts';

/**
 * A store in a bucket that is there already. Opening it sends no request.
 *
 * Calls try again after 500, 502, 503, 504, 429, 409 of a write that another one crossed, connections that fail or break
 * off, and silence; never after 403, 404, 412 or 507. Credentials that are refused and a bucket that is missing are
 * StoreRefusedErrors.
 *
 * @throws InvalidInputError when an option is unusable
 */
export function s3Store(options: S3Options): ObjectStore {
  const bucket = new S3Bucket(options);
  return {
    ...reads(bucket),
    ...writes(bucket),
    list: (prefix, options) => list(bucket, prefix, options),
    disk: async () => undefined,
    sweep: (before, options) => abandonUploads(bucket, before, options),
  };
}
