/** Files of a run: each appears under its name whole, or not at all. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeWholeFile } from '@saltworks/backbone/files/whole-file';

/** Makes the file's folder, too. Content in chunks takes constant memory. */
export async function writeWhole(path: string, content: string | Uint8Array | AsyncIterable<string>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeWholeFile(path, content);
}

/** The file's text; undefined if there is none. */
export const readIfThere = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
