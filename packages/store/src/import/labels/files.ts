/** Reads files of labels. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';

/** The largest file that is read whole: a JavaScript string holds no more. */
const maxBytes = 512e6;

/** @throws InvalidInputError if it is too large, or not there */
export async function readLabelFile(path: string): Promise<Buffer> {
  const name = basename(path);
  try {
    const { size } = await stat(path);
    if (size > maxBytes) {
      throw new InvalidInputError(
        `${name} has ${Math.round(size / 1e6)} MB; expected at most ${maxBytes / 1e6} (export it in parts)`,
      );
    }
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new InvalidInputError(`${name}: ${code === 'ENOENT' ? 'no such file' : (error as Error).message}`);
  }
}

/** Changes with a file. */
export async function versionOf(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return `${size} ${mtimeMs}`;
}
