/** Files below a folder by their names, however their letters are composed. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asSeen } from '@saltworks/core/formats/spelling';
import { LRUCache } from 'lru-cache';

/** Folders whose entries are remembered. */
const remembered = 16;

export class Folder {
  readonly root: string;
  /** Of folders: names with letters outside ASCII, as they are seen and as they are written. */
  readonly #entries = new LRUCache<string, Promise<Map<string, string>>>({ max: remembered });

  constructor(root: string) {
    this.root = root;
  }

  /**
   * Where a file is. One that has the very name comes first.
   *
   * @param name path below the folder, joined by `/`
   */
  async find(name: string): Promise<string | undefined> {
    const exact = join(this.root, name);
    if ((await kindOf(exact)) === 'file') return exact;
    if (isAscii(name)) return undefined;
    let path = this.root;
    for (const part of name.split('/')) {
      const next = join(path, part);
      const found = (await kindOf(next)) ? part : (await this.#of(path)).get(asSeen(part));
      if (found === undefined) return undefined;
      path = join(path, found);
    }
    return (await kindOf(path)) === 'file' ? path : undefined;
  }

  #of(folder: string): Promise<Map<string, string>> {
    const known = this.#entries.get(folder) ?? list(folder);
    this.#entries.set(folder, known);
    return known;
  }
}

async function list(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => !isAscii(name));
  return new Map(names.map((name) => [asSeen(name), name]));
}

const isAscii = (name: string) => /^[\x20-\x7e]*$/.test(name);

async function kindOf(path: string): Promise<'file' | 'other' | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && (found.isFile() ? 'file' : 'other');
}
