/** Runs one item at a time; of the items that arrive meanwhile, only the newest is kept. */
export class Newest<T> {
  readonly #start: (one: T) => void;
  #busy = false;
  #waiting: T | undefined;

  /** @param start starts an item; its end is reported by {@link done} */
  constructor(start: (one: T) => void) {
    this.#start = start;
  }

  offer(one: T): void {
    if (this.#busy) {
      this.#waiting = one;
      return;
    }
    this.#busy = true;
    this.#start(one);
  }

  /** The running item has ended. */
  done(): void {
    const next = this.#waiting;
    this.#waiting = undefined;
    this.#busy = false;
    if (next !== undefined) this.offer(next);
  }

  /** Forgets the waiting item and the running one. */
  clear(): void {
    this.#busy = false;
    this.#waiting = undefined;
  }
}
