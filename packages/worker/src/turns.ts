/** A queue of one: urgent work first, and newer work on a topic answers for the older. */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface Turn {
  /** Lower is sooner. */
  rank: number;
  /** Of waiting work on one topic only the newest, the one with the highest n, is done; its answer goes to all. */
  topic?: string;
  n?: number;
}

interface Waiting {
  turn: Turn;
  work: () => Promise<unknown>;
  begin: () => void;
  result: Promise<unknown>;
}

export class Turns {
  readonly #waiting: Waiting[] = [];
  #busy = false;

  /** Does work in its turn. All work on a topic answers alike. @returns its answer, or that of newer work on the topic */
  take<T>(given: () => Promise<T>, turn: Turn): Promise<T> {
    const within = AsyncLocalStorage.snapshot();
    // In the place of older work it remains a step of its own request.
    const work = () => within(given);
    const { topic, n = 0 } = turn;
    const other = this.#waiting.find((waiting) => topic !== undefined && waiting.turn.topic === topic);
    if (other) {
      // In the place of the older.
      if (n >= (other.turn.n ?? 0)) Object.assign(other, { turn, work });
      return other.result as Promise<T>;
    }
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const waiting: Waiting = { turn, work, begin, result: begun.then(() => waiting.work()) };
    // No failure of one is a failure of those after it.
    const ended = () => {
      this.#busy = false;
      this.#next();
    };
    waiting.result.then(ended, ended);
    this.#waiting.push(waiting);
    this.#next();
    return waiting.result as Promise<T>;
  }

  #next(): void {
    if (this.#busy || this.#waiting.length === 0) return;
    this.#busy = true;
    const first = this.#waiting.reduce((best, waiting) => (waiting.turn.rank < best.turn.rank ? waiting : best));
    this.#waiting.splice(this.#waiting.indexOf(first), 1);
    first.begin();
  }
}
