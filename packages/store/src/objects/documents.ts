/** Objects that are text or documents, where there may be none. */
import { parseDocument } from '@saltworks/contract/documents/document';
import type { Schema } from '@saltworks/contract/zod';
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

/**
 * A document, or undefined where there is none.
 *
 * @throws UnreadableDocumentError unless it is one of this schema
 */
export async function readDocument<T>(
  store: ObjectStore,
  key: string,
  schema: Schema<T>,
  options?: CallOptions,
): Promise<T | undefined> {
  const text = await readText(store, key, options);
  return text === undefined ? undefined : parseDocument(key, text, schema);
}
