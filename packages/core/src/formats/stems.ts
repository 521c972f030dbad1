/** What files that are made of an image are called after it. */
import { asSeen } from './spelling.ts';

/** `sub/x` of `sub/x.jpg`; a name that only begins with a dot has no extension. */
export const withoutExtension = (name: string): string => name.replace(/(?<=[^/])\.[^./]*$/, '');

/** Which names there are: a `Set`, or something that takes less room. */
export interface Names {
  has(name: string): boolean;
  add(name: string): unknown;
}

/**
 * Stems of images, each its own and the same in whatever order the images came: a name without its extension, unless
 * another image has that stem or that name (`x.jpg` and `x.png`): then the whole name.
 */
export class Stems {
  readonly #names: Names;
  readonly #once: Names;
  readonly #shared: Names;

  constructor(makeNames: () => Names = () => new Set<string>()) {
    [this.#names, this.#once, this.#shared] = [makeNames(), makeNames(), makeNames()];
  }

  /** To be called with every image before any stem is asked for. */
  add(name: string): void {
    const seen = asSeen(name);
    if (this.#names.has(seen)) return;
    this.#names.add(seen);
    const stem = withoutExtension(seen);
    if (this.#once.has(stem)) this.#shared.add(stem);
    else this.#once.add(stem);
  }

  of(name: string): string {
    const stem = withoutExtension(name);
    return this.#shared.has(asSeen(stem)) || this.#names.has(asSeen(stem)) ? name : stem;
  }
}
