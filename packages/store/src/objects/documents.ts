/** Objects, text and documents, where there may be none. */
import { parseDocument } from '@saltworks/contract/documents/document';
import type { Schema } from '@saltworks/contract/zod';
import { type CallOptions, ObjectMissingError, type ObjectStore } from './store.ts';

/** An object's bytes, or undefined where there is none. */
export async function readBytes(
  store: ObjectStore,
  key: string,
  options?: CallOptions,
): Promise<Uint8Array | undefined> {
  try {
    return await store.get(key, options);
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    throw error;
  }
}

/** The same as text. */
export async function readText(store: ObjectStore, key: string, options?: CallOptions): Promise<string | undefined> {
  const bytes = await readBytes(store, key, options);
  return bytes && new TextDecoder().decode(bytes);
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
