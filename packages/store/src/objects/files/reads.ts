/** Reading files. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { checkRange, type GetOptions, ObjectMissingError, type ObjectStore } from '../store.ts';
import { explain, isAbsent } from './failures.ts';
import type { Root } from './root.ts';

const CHUNK_BYTES = 256 * 1024;
/** A whole read looks at its signal after so many bytes. */
const READ_BYTES = 16 * 1024 * 1024;

export function reads(root: Root): Pick<ObjectStore, 'get' | 'stream' | 'head'> {
  return {
    async get(key, { range, signal } = {}) {
      if (range) checkRange(range);
      signal?.throwIfAborted();
      const { file, size } = await openObject(root, key);
      try {
        const start = range?.start ?? 0;
        const bytes = new Uint8Array(Math.max(0, Math.min(range?.end ?? size, size) - start));
        for (let done = 0; done < bytes.length; ) {
          signal?.throwIfAborted();
          const { bytesRead } = await file.read(bytes, done, Math.min(READ_BYTES, bytes.length - done), start + done);
          if (bytesRead === 0) throw new Error(`object ${key} ended at byte ${start + done}; expected ${size} bytes`);
          done += bytesRead;
        }
        return bytes;
      } finally {
        await file.close();
      }
    },

    async *stream(key, { range, signal }: GetOptions = {}) {
      if (range) checkRange(range);
      signal?.throwIfAborted();
      const { file, size } = await openObject(root, key);
      try {
        const end = Math.min(range?.end ?? size, size);
        for (let at = range?.start ?? 0; at < end; ) {
          const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - at));
          const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
          if (bytesRead === 0) throw new Error(`object ${key} ended at byte ${at}; expected ${size} bytes`);
          signal?.throwIfAborted();
          yield chunk.subarray(0, bytesRead);
          signal?.throwIfAborted();
          at += bytesRead;
        }
      } finally {
        await file.close();
      }
    },

    async head(key, { signal } = {}) {
      signal?.throwIfAborted();
      try {
        return await root.infoOf(key, await root.locate(key));
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw explain(error, key, root.folder);
      }
    },
  };
}

/** @throws ObjectMissingError */
async function openObject(root: Root, key: string): Promise<{ file: FileHandle; size: number }> {
  let file: FileHandle;
  try {
    // Not blocking: a pipe would wait for its writer.
    file = await open(await root.locate(key), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isAbsent(error)) throw new ObjectMissingError(key);
    throw explain(error, key, root.folder);
  }
  const stats = await file.stat();
  if (stats.isFile()) return { file, size: stats.size };
  await file.close();
  throw new ObjectMissingError(key);
}
