/** One thing at a time: while one is under way, of those that come only the newest is kept. */
export class Newest<T> {
  readonly #start: (one: T) => void;
  #busy = false;
  #waiting: T | undefined;

  /** @param start whoever calls {@link done} later */
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

  /** What was started is through. */
  done(): void {
    const next = this.#waiting;
    this.#waiting = undefined;
    this.#busy = false;
    if (next !== undefined) this.offer(next);
  }

  /** Forgets what waits, and what is under way. */
  clear(): void {
    this.#busy = false;
    this.#waiting = undefined;
  }
}
