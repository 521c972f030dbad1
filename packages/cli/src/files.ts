/** Files of commands: a file appears under its name whole, or not at all. */
import { lstat, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { writeWholeFile } from '@saltworks/backbone/files/whole-file';
import { InvalidInputError } from '@saltworks/contract/errors';
import { makeFolders } from '@saltworks/store/objects/room';

/** @throws InvalidInputError if the file is missing or a folder */
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

/** @throws InvalidInputError if the path exists and is not a folder */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') throw new InvalidInputError(`${path} is a file; expected a folder`);
    throw code === 'ENAMETOOLONG' ? tooLong(path) : error;
  }
}

/** @throws InvalidInputError if the name is too long for the file system */
export async function expectName(path: string): Promise<void> {
  await lstat(path).catch((error) => {
    if (error.code === 'ENAMETOOLONG') throw tooLong(path);
  });
}

/** Writes a file from bytes, or from chunks in constant memory. @throws InvalidInputError if its name is too long */
export async function writeWhole(
  path: string,
  content: Uint8Array | string | AsyncIterable<Uint8Array>,
  options: { mode?: number } = {},
): Promise<void> {
  await expectName(path);
  await writeWholeFile(path, content, options);
}

function unreadable(path: string, error: NodeJS.ErrnoException): Error {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return new InvalidInputError(`${path}: no such file`);
  if (error.code === 'EISDIR') return new InvalidInputError(`${path} is a folder; expected a file`);
  if (error.code === 'EACCES') return new InvalidInputError(`${path}: permission denied`);
  return error.code === 'ENAMETOOLONG' ? tooLong(path) : error;
}

function tooLong(path: string): InvalidInputError {
  const name = basename(path);
  return new InvalidInputError(
    `the file name ${name.slice(0, 40)}… has ${Buffer.byteLength(name)} bytes; expected no more than the file system takes, 255 mostly`,
  );
}
