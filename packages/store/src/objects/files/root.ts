/** A store's folder: paths of objects in it, none of which passes a symbolic link. */
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkKey, type ObjectInfo } from '../store.ts';
import { codeOf, ifAbsent, linkError, unless } from './failures.ts';

export class Root {
  /** Absolute, as it was given: it may be a link itself. */
  readonly folder: string;
  #real: string | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The folder without symbolic links. @throws ENOENT until it is there */
  async real(): Promise<string> {
    this.#real ??= await realpath(this.folder);
    return this.#real;
  }

  /** Where the object's file is, if it is there. @throws InvalidInputError, or ENOENT where its folder is missing */
  async locate(key: string): Promise<string> {
    checkKey(key);
    const path = join(await this.real(), key);
    await this.refuseLinks(dirname(path), key);
    return path;
  }

  /** @throws InvalidInputError when the way to the folder passes a link; ENOENT when there is no such folder */
  async refuseLinks(path: string, key: string): Promise<void> {
    if ((await realpath(path)) !== path) throw linkError(key, this.folder);
  }

  /** Makes the folder, step by step, so that none is made behind a symbolic link. */
  async makeInside(path: string, key: string): Promise<void> {
    try {
      await this.refuseLinks(path, key);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      await this.makeInside(dirname(path), key);
      await mkdir(path).catch(unless('EEXIST'));
      if ((await lstat(path)).isSymbolicLink()) throw linkError(key, this.folder);
    }
  }

  /** @returns undefined unless a file is there @throws InvalidInputError for a symbolic link */
  async infoOf(key: string, path: string): Promise<ObjectInfo | undefined> {
    const stats = await lstat(path, { bigint: true }).catch(ifAbsent(undefined));
    if (stats?.isSymbolicLink()) throw linkError(key, this.folder);
    if (!stats?.isFile()) return undefined;
    // Every write makes a new file.
    const etag = [stats.ino, stats.size, stats.mtimeNs].map((part) => part.toString(36)).join('-');
    return { key, size: Number(stats.size), etag, modified: stats.mtime };
  }
}
