/** A store in memory, as much of one as the registry needs. */
import { createHash } from 'node:crypto';
import type { Store } from '../../src/registry/added.ts';

export function memoryStore(objects = new Map<string, Uint8Array>()): Store & { objects: Map<string, Uint8Array> } {
  const bytesOf = (content: Uint8Array | string) => new Uint8Array(Buffer.from(content));
  const found = (key: string) => {
    const bytes = objects.get(key);
    if (!bytes) throw new Error(`no object ${key}`);
    return bytes;
  };
  return {
    objects,
    async head(key) {
      const bytes = objects.get(key);
      return bytes && { size: bytes.length, etag: createHash('sha256').update(bytes).digest('hex') };
    },
    get: async (key) => found(key),
    async *stream(key, { range } = {}) {
      yield found(key).subarray(range?.start, range?.end === Number.POSITIVE_INFINITY ? undefined : range?.end);
    },
    async put(key, content) {
      objects.set(key, bytesOf(content));
    },
    async putStream(key, chunks) {
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(chunk);
      objects.set(key, bytesOf(Buffer.concat(parts)));
    },
    async putIfAbsent(key, content) {
      if (objects.has(key)) return false;
      objects.set(key, bytesOf(content));
      return true;
    },
    async delete(key) {
      objects.delete(key);
    },
    async *list(prefix) {
      for (const key of [...objects.keys()].sort()) if (key.startsWith(prefix)) yield { key };
    },
  };
}
