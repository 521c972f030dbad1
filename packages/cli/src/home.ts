/** The home: the folder that holds everything kept between runs. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InvalidInputError } from '@saltworks/core/errors';

/**
 * Makes the home where there is none, for its owner alone.
 *
 * @throws InvalidInputError that says why it cannot be made
 */
export async function makeHome(home: string): Promise<void> {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const [where, isFolder] = await nearest(home);
    const reason = isFolder ? `no folder can be made in ${where} (${code})` : `${where} is not a folder`;
    throw new InvalidInputError(`SALTWORKS_HOME=${home}: ${reason}; expected a folder, or a place for one`);
  }
}

/** What is there of a path, and whether it is a folder. */
async function nearest(path: string): Promise<[where: string, isFolder: boolean]> {
  for (let where = resolve(path); ; where = dirname(where)) {
    const found = await stat(where).catch(() => undefined);
    if (found || where === dirname(where)) return [where, found?.isDirectory() ?? false];
  }
}
