/** Files read and written by commands: a file appears under its name whole or not at all. */
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InvalidInputError } from '@saltworks/core/errors';
import { makeFolders } from '@saltworks/store/room';

/** @throws InvalidInputError if there is no such file, or it is a folder */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
}

/** @throws InvalidInputError if the path is taken by something that is no folder */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') throw new InvalidInputError(`${path} is a file; expected a folder`);
    throw error;
  }
}

/** Writes a file from bytes, or from chunks in constant memory. */
export async function writeWhole(
  path: string,
  content: Uint8Array | string | AsyncIterable<Uint8Array>,
  { mode }: { mode?: number } = {},
): Promise<void> {
  // Beside the target, then renamed: readers and later runs never see half a file.
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  try {
    await writeFile(partial, content, { mode });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

function unreadable(path: string, error: NodeJS.ErrnoException): Error {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return new InvalidInputError(`${path}: no such file`);
  if (error.code === 'EISDIR') return new InvalidInputError(`${path} is a folder; expected a file`);
  if (error.code === 'EACCES') return new InvalidInputError(`${path}: permission denied`);
  return error;
}
