/** Files below a folder by their names, however accents are encoded. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asSeen } from '@saltworks/core/formats/spelling';
import { LRUCache } from 'lru-cache';

/** Folders whose entries are remembered. */
const remembered = 16;

export class Folder {
  readonly root: string;
  /** By folder: its names outside ASCII, by their look. */
  readonly #entries = new LRUCache<string, Promise<Map<string, string>>>({ max: remembered });

  constructor(root: string) {
    this.root = root;
  }

  /**
   * The path of the file with this very name, or else of one whose name looks the same.
   *
   * @param name path below the folder, joined by `/`
   */
  async find(name: string): Promise<string | undefined> {
    return (await this.exact(name)) ?? this.lookalike(name);
  }

  /** The path of the file with this very name. */
  async exact(name: string): Promise<string | undefined> {
    const path = join(this.root, name);
    return (await kindOf(path)) === 'file' ? path : undefined;
  }

  /** The path of a file whose name looks the same: it may encode each accent apart from its letter or with it. */
  async lookalike(name: string): Promise<string | undefined> {
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

/** Sorted, so that of several lookalikes always the same one is taken: the last. */
async function list(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => !isAscii(name)).sort();
  return new Map(names.map((name) => [asSeen(name), name]));
}

const isAscii = (name: string) => /^[\x20-\x7e]*$/.test(name);

async function kindOf(path: string): Promise<'file' | 'other' | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && (found.isFile() ? 'file' : 'other');
}
