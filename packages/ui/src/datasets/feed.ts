/** A long list, fetched page by page as the reader scrolls; pages far away are dropped and fetched again. */
import type { Page } from '@saltworks/contract/api/fields';

interface Part<T> {
  /** The cursor that it was fetched by. */
  after: string | null;
  first: number;
  length: number;
  items?: readonly T[];
  asked?: boolean;
}

export interface FeedState {
  /** The number of items known so far. */
  count: number;
  /** Whether the list is known to its end. */
  complete: boolean;
  error?: Error;
}

/** Parts kept on either side of the visible ones. */
const kept = 10;

export class Feed<T> {
  readonly #read: (after: string | null) => Promise<Page<T>>;
  readonly #parts: Part<T>[] = [];
  readonly #listeners = new Set<() => void>();
  #next: string | null = null;
  #reading = false;
  #closed = false;
  /** Items are wanted up to this index. */
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

  /** The item at an index; undefined until loaded. */
  at(index: number): T | undefined {
    const part = this.#parts[this.#partOf(index)];
    return part?.items?.[index - part.first];
  }

  /** Reports the visible items: from `first` up to, not including, `last`. */
  look(first: number, last: number): void {
    this.#wanted = last;
    const [from, to] = [this.#partOf(first), this.#partOf(last - 1)];
    this.#parts.forEach((part, i) => {
      if (i < from - kept || i > to + kept) part.items = undefined;
      else if (i >= from && i <= to && !part.items && !part.asked) void this.#readAgain(part);
    });
    void this.#readOn();
  }

  /** Retries after an error. */
  again(): void {
    this.#set({ error: undefined });
    void this.#readOn();
  }

  close(): void {
    this.#closed = true;
  }

  /** The index of the part that holds an item; the last part for items beyond. */
  #partOf(index: number): number {
    let [low, high] = [0, this.#parts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#parts[middle].first <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Fetches parts until the wanted items are there; a part may be empty. */
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
      // The list may have grown since; later items have parts of their own.
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
