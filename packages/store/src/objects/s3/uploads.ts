/** Uploads in parts that nobody finished: their parts take room, and no listing shows them. */
import type { ListMultipartUploadsCommandInput, ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import type { CallOptions } from '../store.ts';
import type { S3Bucket } from './bucket.ts';
import { statusOf } from './failures.ts';

/** Gives up uploads below the store's prefix that began before this time. @returns how many */
export async function abandonUploads(bucket: S3Bucket, before: Date, { signal }: CallOptions = {}): Promise<number> {
  const { s3, name, base } = bucket;
  let removed = 0;
  let from: Pick<ListMultipartUploadsCommandInput, 'KeyMarker' | 'UploadIdMarker'> | undefined = {};
  while (from) {
    const asked: ListMultipartUploadsCommandInput = { Bucket: name, Prefix: base, ...from };
    const page: ListMultipartUploadsCommandOutput = await bucket.trying('listing uploads', signal, () =>
      s3.listMultipartUploads(asked, { abortSignal: signal }),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (!Key || !UploadId || !Initiated || Initiated >= before) continue;
      await bucket.trying(`giving up ${Key}`, signal, () =>
        s3.abortMultipartUpload({ Bucket: name, Key, UploadId }, { abortSignal: signal }).catch((error) => {
          // Its writer has finished it, or another caller has given it up.
          if (statusOf(error) !== 404) throw error;
        }),
      );
      removed++;
    }
    from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
  }
  return removed;
}
