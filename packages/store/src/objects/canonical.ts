/** JSON whose bytes depend on the content alone. */
import { createHash } from 'node:crypto';

/** JSON with the fields of every object in order: databases and callers do not keep theirs. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Names a document by its content: the first 16 digits of the hash of its canonical JSON. */
export const contentId = (content: unknown): string => sha256Of(canonical(content)).slice(0, 16);

/** Hex. */
export const sha256Of = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
