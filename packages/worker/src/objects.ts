/** Images of a dataset, wherever they are. */
import { openStore } from '@saltworks/store/open';
import type { ObjectStore } from '@saltworks/store/store';

/** Reads what a dataset calls an `object`: one of the store, or an `s3://` URL of another. */
export function objectReader(store: ObjectStore): (object: string, signal: AbortSignal) => Promise<Uint8Array> {
  const others = new Map<string, ObjectStore>();
  return async (object, signal) => {
    const url = /^(s3:\/\/[^/]+)\/(.+)$/.exec(object);
    if (!url) return store.get(object, { signal });
    const [, bucket, key] = url;
    let other = others.get(bucket);
    if (!other) {
      other = openStore(bucket);
      others.set(bucket, other);
    }
    return other.get(key, { signal });
  };
}
