/** Values that the page keeps in the browser's storage. They are parsed here and nowhere else. */
import * as z from '@saltworks/contract/zod';

/**
 * Reads a stored value; its schema says by `catch` what stands in for parts that are missing or no longer valid.
 *
 * @param text JSON; null where nothing was stored yet
 */
export function readStored<T>(text: string | null, schema: z.core.$ZodType<T>): T {
  let found: unknown;
  try {
    found = JSON.parse(text ?? '{}');
  } catch {
    found = {};
  }
  return z.parse(schema, found);
}
