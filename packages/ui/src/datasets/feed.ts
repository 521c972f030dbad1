/** A long list read part by part, as far as somebody has scrolled; what lies far behind is let go and read again. */
import type { Page } from '@saltworks/contract/api/answers';

interface Part<T> {
  /** The cursor it was asked for by. */
  after: string | null;
  first: number;
  length: number;
  items?: readonly T[];
  asked?: boolean;
}

export interface FeedState {
  /** Items known of so far. */
  count: number;
  /** Whether that is all. */
  complete: boolean;
  error?: Error;
}

/** Parts kept on either side of what is looked at. */
const kept = 10;

export class Feed<T> {
  readonly #read: (after: string | null) => Promise<Page<T>>;
  readonly #parts: Part<T>[] = [];
  readonly #listeners = new Set<() => void>();
  #next: string | null = null;
  #reading = false;
  #closed = false;
  /** Up to which item it is wanted. */
  #wanted = 0;
  #state: FeedState = { count: 0, complete: false };

  constructor(read: (after: string | null) => Promise<Page<T>>) {
    this.#read = read;
  }

  get state(): FeedState {
    return this.#state;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Undefined while it is not there. */
  at(index: number): T | undefined {
    const part = this.#parts[this.#partOf(index)];
    return part?.items?.[index - part.first];
  }

  /** Says what is looked at: items from the first to before the last. */
  look(first: number, last: number): void {
    this.#wanted = last;
    const [from, to] = [this.#partOf(first), this.#partOf(last - 1)];
    this.#parts.forEach((part, i) => {
      if (i < from - kept || i > to + kept) part.items = undefined;
      else if (i >= from && i <= to && !part.items && !part.asked) void this.#readAgain(part);
    });
    void this.#readOn();
  }

  /** Tries again after an error. */
  again(): void {
    this.#set({ error: undefined });
    void this.#readOn();
  }

  close(): void {
    this.#closed = true;
  }

  /** Place of the part that holds an item; that of the last one for items beyond. */
  #partOf(index: number): number {
    let [low, high] = [0, this.#parts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#parts[middle].first <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Reads parts until what is wanted is there; parts may be empty. */
  async #readOn(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    while (!this.#closed && !this.#state.complete && !this.#state.error && this.#wanted >= this.#state.count) {
      const after = this.#next;
      try {
        const { items, next } = await this.#read(after);
        const first = this.#state.count;
        if (items.length > 0) this.#parts.push({ after, first, length: items.length, items });
        this.#next = next;
        this.#set({ count: first + items.length, complete: next === null });
      } catch (error) {
        this.#set({ error: error as Error });
      }
    }
    this.#reading = false;
  }

  async #readAgain(part: Part<T>): Promise<void> {
    part.asked = true;
    try {
      const { items } = await this.#read(part.after);
      // It may have grown since: what comes after it has its own part.
      part.items = items.slice(0, part.length);
      this.#set({});
    } catch (error) {
      this.#set({ error: error as Error });
    }
    part.asked = false;
  }

  #set(changes: Partial<FeedState>): void {
    if (this.#closed) return;
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}
