/** Listing a bucket, page by page. */
import { checkPrefix, isKey, type ListOptions, type ObjectInfo } from '../store.ts';
import type { S3Bucket } from './bucket.ts';
import { inSeconds } from './times.ts';

/** Objects in the order of their keys' UTF-8 bytes, which is the server's own. */
export async function* list(
  bucket: S3Bucket,
  prefix: string,
  { after, signal }: ListOptions = {},
): AsyncGenerator<ObjectInfo, void> {
  checkPrefix(prefix);
  const { s3, name, base } = bucket;
  const scope = { Bucket: name, Prefix: base + prefix, StartAfter: after && base + after };
  let token: string | undefined;
  do {
    const page = await bucket.trying(`listing ${prefix}*`, signal, () =>
      s3.listObjectsV2({ ...scope, ContinuationToken: token }, { abortSignal: signal }),
    );
    for (const { Key = '', Size = 0, ETag = '', LastModified = new Date(0) } of page.Contents ?? []) {
      signal?.throwIfAborted();
      const key = Key.slice(base.length);
      if (isKey(key)) yield { key, size: Size, etag: ETag, modified: inSeconds(LastModified) };
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}
