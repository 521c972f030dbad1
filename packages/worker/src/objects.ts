/** Small objects, read as what they are. */
import { openStore } from '@saltworks/store/open';
import { ObjectMissingError, type ObjectStore } from '@saltworks/store/store';

/** A JSON object, or undefined where there is none. */
export async function readJson<T>(store: ObjectStore, key: string, signal: AbortSignal): Promise<T | undefined> {
  try {
    return JSON.parse(new TextDecoder().decode(await store.get(key, { signal })));
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    throw error;
  }
}

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
