/** Objects as the files of a folder. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import { diskOf } from '../room.ts';
import { checkKey, checkSeconds, type ObjectStore } from '../store.ts';
import { list } from './list.ts';
import { LEFTOVER_MS, sweep } from './partial.ts';
import { reads } from './reads.ts';
import { Root } from './root.ts';
import { writes } from './writes.ts';

/**
 * A store in a folder, made with the first object. Symbolic links below it are not followed: they are not listed, and
 * a key that passes through one is refused. Opening the store removes the leftovers of writers that died.
 *
 * @throws InvalidInputError when there is something else than a folder
 */
export function fileStore(path: string): ObjectStore {
  const folder = resolve(path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new InvalidInputError(`${folder} is a file; expected a folder of objects, or nothing yet`);
  }
  sweep(folder, new Date(Date.now() - LEFTOVER_MS));
  const root = new Root(folder);
  return {
    ...reads(root),
    ...writes(root),
    list: (prefix, options) => list(root, prefix, options),
    async presign(key, seconds) {
      checkKey(key);
      checkSeconds(seconds);
      return pathToFileURL(join(folder, key)).href;
    },
    disk: () => diskOf(folder),
    // A living writer's file is younger, whatever a caller says.
    sweep: async (before) => sweep(folder, new Date(Math.min(before.getTime(), Date.now() - LEFTOVER_MS))),
  };
}
