/** The names of files that are made from an image. */
import { asSeen } from './spelling.ts';

/** `sub/x` for `sub/x.jpg`; a name that merely starts with a dot has no extension. */
export const withoutExtension = (name: string): string => name.replace(/(?<=[^/])\.[^./]*$/, '');

/** `.jpg` of `sub/x.jpg`: what `withoutExtension` takes away. */
export const endingOf = (name: string): string => name.slice(withoutExtension(name).length);

/** A set of names: a `Set`, or something smaller. */
export interface Names {
  has(name: string): boolean;
  add(name: string): unknown;
}

/**
 * The unique stems of images, whatever their order: a name without its extension, or the whole name if another image has that
 * stem or is named like it (`x.jpg` and `x.png`).
 */
export class Stems {
  readonly #names: Names;
  readonly #once: Names;
  readonly #shared: Names;

  constructor(makeNames: () => Names = () => new Set<string>()) {
    [this.#names, this.#once, this.#shared] = [makeNames(), makeNames(), makeNames()];
  }

  /** Call it with every image before asking for any stem. */
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
