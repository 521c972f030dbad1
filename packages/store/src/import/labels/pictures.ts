/** Finds the picture that a label file means, by whatever path it gives. */
import { posix } from 'node:path';
import { asSeen } from '@saltworks/core/formats/spelling';
import { leftByName } from '../picture-names.ts';

/** Pictures below a folder: by name, and by how their names end. */
export class Pictures {
  readonly #names = new Set<string>();
  readonly #byBase = new Map<string, string[]>();

  constructor(names: Iterable<string>) {
    for (const name of names) {
      if (leftByName(name) !== undefined) continue;
      const seen = asSeen(name);
      this.#names.add(seen);
      const base = posix.basename(seen);
      const same = this.#byBase.get(base);
      if (same) same.push(seen);
      else this.#byBase.set(base, [seen]);
    }
  }

  /**
   * The picture below the root of this very path, or the only one whose path ends like it. No path leads out: it is compared,
   * never opened.
   *
   * @param path as a label file has it: relative, absolute, an address, with `/` or `\`
   * @param beside the folder of the label file, below the root
   */
  find(path: string, beside = ''): string | undefined {
    const plain = asSeen(path).replaceAll('\\', '/');
    for (const near of [posix.join(beside, plain), posix.normalize(plain)]) {
      if (this.#names.has(near)) return near;
    }
    const parts = plain.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
    let left = this.#byBase.get(parts.at(-1) ?? '') ?? [];
    // Longer endings tell pictures of one name in several folders apart.
    for (let k = 2; left.length > 1 && k <= parts.length; k++) {
      const ending = `/${parts.slice(-k).join('/')}`;
      left = left.filter((name) => `/${name}`.endsWith(ending));
    }
    return left.length === 1 ? left[0] : undefined;
  }
}
