/** Objects that lie under one of several names. */
import type { CallOptions, ObjectInfo, ObjectStore } from './store.ts';

/** The first object that is there. */
export async function firstOf(
  store: ObjectStore,
  keys: readonly string[],
  options?: CallOptions,
): Promise<ObjectInfo | undefined> {
  for (const key of keys) {
    const found = await store.head(key, options);
    if (found) return found;
  }
  return undefined;
}
