/**
 * Objects as the files of a folder.
 *
 * A file is written under `.partial/`, flushed, and then linked (create) or renamed (replace) to its name: the kernel
 * lets one of many links win, and nobody sees half a file, whenever the writer dies. After a power loss the last objects
 * may be missing, but none is torn.
 */
import { randomUUID } from 'node:crypto';
import { constants, lstatSync, readdirSync, rmSync, statSync } from 'node:fs';
import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  unlink,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import { makeFolders, unwritable } from '../room.ts';
import { untilAborted } from '../signal.ts';
import {
  type CallOptions,
  checkKey,
  checkPrefix,
  checkRange,
  checkSeconds,
  type GetOptions,
  isKey,
  type ListOptions,
  type ObjectInfo,
  ObjectMissingError,
  type ObjectStore,
  PARTIAL,
  StoreRefusedError,
} from '../store.ts';

/** A file that nobody has written to for so long was left behind by a process that died. */
const LEFTOVER_MS = 3600_000;
const CHUNK_BYTES = 256 * 1024;
/** A whole read looks at its signal after so many bytes. */
const READ_BYTES = 16 * 1024 * 1024;
/** Files that a listing looks at side by side. */
const STATS_AT_ONCE = 64;
/** A folder may be removed with its last object between our making it and our putting a file there. */
const PLACE_TRIES = 100;

/**
 * A store in a folder, made with the first object. Symbolic links below it are not followed: they are not listed, and
 * a key that passes through one is refused. What writers that died have left there is removed now.
 *
 * @throws InvalidInputError when something else than a folder has its name
 */
export function fileStore(root: string): ObjectStore {
  const folder = resolve(root);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new InvalidInputError(`${folder} is a file; expected a folder of objects, or nothing yet`);
  }
  sweep(join(folder, PARTIAL));

  /** The root without symbolic links, once it is there. */
  let real: string | undefined;
  const realRoot = async () => {
    real ??= await realpath(folder);
    return real;
  };

  /** Where the object's file is, if it is there. */
  async function locate(key: string): Promise<string> {
    checkKey(key);
    const path = join(await realRoot(), key);
    await refuseLinks(dirname(path), key);
    return path;
  }

  /** @throws InvalidInputError when the way to the folder passes a link; ENOENT when there is no such folder */
  async function refuseLinks(path: string, key: string): Promise<void> {
    if ((await realpath(path)) !== path) throw linkError(key, folder);
  }

  /** Makes the folder, step by step, so that none is made behind a symbolic link. */
  async function makeInside(path: string, key: string): Promise<void> {
    try {
      await refuseLinks(path, key);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      await makeInside(dirname(path), key);
      await mkdir(path).catch(unless('EEXIST'));
      if ((await lstat(path)).isSymbolicLink()) throw linkError(key, folder);
    }
  }

  async function openObject(key: string): Promise<{ file: FileHandle; size: number }> {
    let file: FileHandle;
    try {
      // Not blocking: a pipe would wait for its writer.
      file = await open(await locate(key), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (isAbsent(error)) throw new ObjectMissingError(key);
      throw explain(error, key, folder);
    }
    const stats = await file.stat();
    if (stats.isFile()) return { file, size: stats.size };
    await file.close();
    throw new ObjectMissingError(key);
  }

  /** Writes a file aside and puts it in its place; nothing remains if either fails. */
  async function write(
    key: string,
    content: (file: FileHandle) => Promise<void>,
    place: (partial: string, path: string) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    checkKey(key);
    signal?.throwIfAborted();
    let partial: string | undefined;
    try {
      await makeFolders(folder);
      const aside = join(await realRoot(), PARTIAL);
      await makeInside(aside, key);
      partial = join(aside, randomUUID());
      const file = await open(partial, 'wx');
      try {
        await content(file);
        await file.datasync();
      } finally {
        await file.close();
      }
      const path = join(await realRoot(), key);
      for (let tries = 1; ; tries++) {
        signal?.throwIfAborted();
        try {
          await makeInside(dirname(path), key);
          await place(partial, path);
          return;
        } catch (error) {
          if (codeOf(error) !== 'ENOENT' || tries === PLACE_TRIES) throw error;
        }
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw (await unwritable(error, folder)) ?? explain(error, key, folder);
    } finally {
      // It may be read-only since.
      if (partial) await rm(partial, { force: true }).catch(() => {});
    }
  }

  /** @returns undefined unless a file is there */
  async function infoOf(key: string, path: string): Promise<ObjectInfo | undefined> {
    const stats = await lstat(path, { bigint: true }).catch(ifAbsent(undefined));
    if (stats?.isSymbolicLink()) throw linkError(key, folder);
    if (!stats?.isFile()) return undefined;
    // Every write makes a new file.
    const etag = [stats.ino, stats.size, stats.mtimeNs].map((part) => part.toString(36)).join('-');
    return { key, size: Number(stats.size), etag, modified: stats.mtime };
  }

  /** The objects of one folder: its files, and its folders as deep as they go, each sorted as its keys are. */
  async function* walk(
    path: string,
    prefix: string,
    rest: string,
    { after = '', signal }: ListOptions,
  ): AsyncGenerator<ObjectInfo, void> {
    signal?.throwIfAborted();
    const entries = (await readdir(path, { withFileTypes: true }).catch(ifAbsent([])))
      .filter((entry) => entry.name.startsWith(rest) && isKey(prefix + entry.name))
      .map((entry) => ({ entry, order: prefix + entry.name + (entry.isDirectory() ? '/' : '') }))
      // A folder whose keys all sort before `after` is one of which `after` is not a part.
      .filter(({ entry, order }) => compareBytes(order, after) > 0 || (entry.isDirectory() && after.startsWith(order)))
      .sort((a, b) => compareBytes(a.order, b.order));
    for (let i = 0; i < entries.length; ) {
      const { entry, order } = entries[i];
      if (entry.isDirectory()) {
        yield* walk(join(path, entry.name), order, '', { after, signal });
        i++;
        continue;
      }
      const batch: Promise<ObjectInfo | undefined>[] = [];
      for (; i < entries.length && batch.length < STATS_AT_ONCE && !entries[i].entry.isDirectory(); i++) {
        if (entries[i].entry.isFile()) batch.push(infoOf(entries[i].order, join(path, entries[i].entry.name)));
      }
      for (const info of await Promise.all(batch)) {
        signal?.throwIfAborted();
        if (info) yield info;
      }
    }
  }

  /** Removes the folders that a delete left empty: they would stand in the way of an object of their name. */
  async function prune(path: string): Promise<void> {
    const top = await realRoot();
    try {
      for (let empty = path; empty !== top; empty = dirname(empty)) await rmdir(empty);
    } catch {
      // Not empty.
    }
  }

  return {
    async get(key, { range, signal } = {}) {
      if (range) checkRange(range);
      signal?.throwIfAborted();
      const { file, size } = await openObject(key);
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
      const { file, size } = await openObject(key);
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

    async put(key, bytes, { signal } = {}) {
      await write(key, (file) => file.writeFile(bytes, { signal }), rename, signal);
    },

    async putStream(key, chunks, { signal }: CallOptions = {}) {
      const content = async (file: FileHandle) => {
        for await (const chunk of untilAborted(chunks, signal)) await writeAll(file, chunk);
      };
      await write(key, content, rename, signal);
    },

    async putIfAbsent(key, bytes, { signal } = {}) {
      let created = true;
      const place = (partial: string, path: string) =>
        link(partial, path).catch(async (error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST' || (await lstat(path)).isDirectory()) throw error;
          created = false;
        });
      await write(key, (file) => file.writeFile(bytes, { signal }), place, signal);
      return created;
    },

    async head(key, { signal } = {}) {
      signal?.throwIfAborted();
      try {
        return await infoOf(key, await locate(key));
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw explain(error, key, folder);
      }
    },

    async *list(prefix, options: ListOptions = {}) {
      checkPrefix(prefix);
      options.signal?.throwIfAborted();
      const base = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      try {
        const path = join(await realRoot(), base);
        if (base) await refuseLinks(path.slice(0, -1), base);
        yield* walk(path, base, prefix.slice(base.length), options);
      } catch (error) {
        if (!isAbsent(error)) throw explain(error, prefix, folder);
      }
    },

    async delete(key, { signal } = {}) {
      signal?.throwIfAborted();
      try {
        const path = await locate(key);
        if ((await lstat(path)).isDirectory()) return;
        await unlink(path);
        await prune(dirname(path));
      } catch (error) {
        if (!isAbsent(error)) throw (await unwritable(error, folder)) ?? explain(error, key, folder);
      }
    },

    async presign(key, seconds) {
      checkKey(key);
      checkSeconds(seconds);
      return pathToFileURL(join(folder, key)).href;
    },
  };
}

/** Removes what writers left behind; those that live write at least once an hour. */
function sweep(aside: string): void {
  try {
    if (!lstatSync(aside).isDirectory()) return;
    const before = Date.now() - LEFTOVER_MS;
    for (const name of readdirSync(aside)) {
      const path = join(aside, name);
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats?.isFile() && stats.mtimeMs < before) rmSync(path, { force: true });
    }
  } catch {
    // Not there, or not ours to remove: a leftover disturbs nobody.
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await file.write(chunk, done, chunk.length - done)).bytesWritten;
  }
}

/** The order of the UTF-8 bytes. UTF-16, in which strings compare, differs only above the surrogates. */
function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  if (HIGH.test(a) && HIGH.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

const HIGH = /[\ud800-\uffff]/;

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

const isAbsent = (error: unknown) => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';

/** For catch(): another value where there is no such file. */
const ifAbsent =
  <T>(value: T) =>
  (error: unknown): T => {
    if (isAbsent(error)) return value;
    throw error;
  };

/** For catch(): lets one kind of failure pass. */
const unless = (code: string) => (error: unknown) => {
  if (codeOf(error) !== code) throw error;
};

const linkError = (key: string, folder: string) =>
  new InvalidInputError(`object ${key} lies behind a symbolic link in ${folder}; expected folders and files only`);

/** What the failure of a system call means for the object. */
function explain(error: unknown, key: string, folder: string): unknown {
  switch (codeOf(error)) {
    case 'ELOOP':
      return linkError(key, folder);
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EEXIST':
      return new InvalidInputError(
        `object ${key} cannot lie in ${folder} beside an object or folder of the same name; expected keys that are no folders of others`,
      );
    case 'ENAMETOOLONG':
      return new InvalidInputError(`object ${key} has too long a name for ${folder}; expected one that fits`);
    case 'EACCES':
    case 'EROFS':
      return new StoreRefusedError(
        `object ${key}: no access to ${folder} (${codeOf(error)}); expected a folder to work in`,
      );
    case 'EPERM':
    case 'ENOTSUP':
      return new StoreRefusedError(
        `object ${key} cannot be put into ${folder} (${codeOf(error)}); expected a file system with hard links`,
      );
    default:
      return error;
  }
}
