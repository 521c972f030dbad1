/** Writing files, and deleting them. */
import { type FileHandle, link, lstat, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unwritable } from '../room.ts';
import { untilAborted } from '../signal.ts';
import type { CallOptions, ObjectStore } from '../store.ts';
import { codeOf, explain, isAbsent } from './failures.ts';
import { write } from './partial.ts';
import type { Root } from './root.ts';

export function writes(root: Root): Pick<ObjectStore, 'put' | 'putStream' | 'putIfAbsent' | 'delete'> {
  return {
    async put(key, bytes, { signal } = {}) {
      await write(root, key, (file) => file.writeFile(bytes, { signal }), rename, signal);
    },

    async putStream(key, chunks, { signal }: CallOptions = {}) {
      const content = async (file: FileHandle) => {
        for await (const chunk of untilAborted(chunks, signal)) await writeAll(file, chunk);
      };
      await write(root, key, content, rename, signal);
    },

    async putIfAbsent(key, bytes, { signal } = {}) {
      let created = true;
      const place = (partial: string, path: string) =>
        link(partial, path).catch(async (error: unknown) => {
          if (codeOf(error) !== 'EEXIST' || (await lstat(path)).isDirectory()) throw error;
          created = false;
        });
      await write(root, key, (file) => file.writeFile(bytes, { signal }), place, signal);
      return created;
    },

    async delete(key, { signal } = {}) {
      signal?.throwIfAborted();
      try {
        const path = await root.locate(key);
        if ((await lstat(path)).isDirectory()) return;
        await unlink(path);
        await prune(dirname(path), await root.real());
      } catch (error) {
        if (!isAbsent(error)) throw (await unwritable(error, root.folder)) ?? explain(error, key, root.folder);
      }
    },
  };
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await file.write(chunk, done, chunk.length - done)).bytesWritten;
  }
}

/** Removes the folders below `top` that a delete left empty: they would stand in the way of an object of their name. */
async function prune(path: string, top: string): Promise<void> {
  try {
    for (let empty = path; empty !== top; empty = dirname(empty)) await rmdir(empty);
  } catch {
    // Not empty.
  }
}
