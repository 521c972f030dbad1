/** Images of a dataset, wherever they are. */
import { openStore, type S3Access } from '@saltworks/store/objects/open';
import type { ObjectStore } from '@saltworks/store/objects/store';

/** Reads what a dataset calls an `object`: one of the store, or an `s3://` URL of another bucket on the server of `s3`. */
export function objectReader(
  store: ObjectStore,
  s3: () => S3Access,
): (object: string, signal: AbortSignal) => Promise<Uint8Array> {
  const others = new Map<string, ObjectStore>();
  return async (object, signal) => {
    const url = /^(s3:\/\/[^/]+)\/(.+)$/.exec(object);
    if (!url) return store.get(object, { signal });
    const [, bucket, key] = url;
    let other = others.get(bucket);
    if (!other) {
      other = openStore(bucket, s3);
      others.set(bucket, other);
    }
    return other.get(key, { signal });
  };
}
