/** Objects that are text or JSON, where there may be none. */
import { type CallOptions, ObjectMissingError, type ObjectStore } from './store.ts';

/** An object as text, or undefined where there is none. */
export async function readText(store: ObjectStore, key: string, options?: CallOptions): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await store.get(key, options));
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    throw error;
  }
}

/** A JSON object, or undefined where there is none. */
export async function readJson<T>(store: ObjectStore, key: string, options?: CallOptions): Promise<T | undefined> {
  const text = await readText(store, key, options);
  return text === undefined ? undefined : JSON.parse(text);
}
