/**
 * What was drawn and is not yet safe on the server: kept in IndexedDB first, sent in order, taken out once acknowledged.
 * Survives reloads, crashes, hours without a network and a session that ran out.
 */
import type { Interaction } from '@saltworks/contract/api/interactions';
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { ApiError, api } from '../../api.ts';

export interface Pending {
  assignment: string;
  /** The window that it was done in, and its number there, from 1. */
  client: string;
  seq: number;
  interaction: Interaction;
}

interface Schema extends DBSchema {
  outbox: { key: [string, string, number]; value: Pending; indexes: { assignment: string } };
}

export type Saving =
  | { state: 'saved' }
  | { state: 'saving'; pending: number }
  | { state: 'offline'; pending: number }
  /** The server has no room for it now. */
  | { state: 'full'; pending: number; reason: string }
  | { state: 'signed out'; pending: number }
  /** @property one the entry that stands in the way, where leaving it out lets the others go on */
  | { state: 'refused'; pending: number; reason: string; one?: Pending };

/** Interactions in one request at most. */
const batch = 100;
const patienceMs = 30_000;

let opening: Promise<IDBPDatabase<Schema>> | undefined;
const database = () => {
  opening ??= openDB<Schema>('saltworks', 1, {
    upgrade(db) {
      db.createObjectStore('outbox', { keyPath: ['assignment', 'client', 'seq'] }).createIndex(
        'assignment',
        'assignment',
      );
    },
  });
  return opening;
};

export class Outbox {
  readonly #assignment: string;
  readonly #client = crypto.randomUUID();
  readonly #told: (saving: Saving, error?: unknown) => void;
  #seq = 0;
  /** Interactions that are being written down: nothing is known of them yet. */
  #adding = 0;
  #sending: Promise<void> | undefined;
  #again = false;
  #wait = 500;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** @param told how things stand, whenever that changes, and what the server refused */
  constructor(assignment: string, told: (saving: Saving, error?: unknown) => void) {
    this.#assignment = assignment;
    this.#told = told;
    addEventListener('online', this.#online);
  }

  readonly #online = () => this.flush();

  /** What earlier windows left, and this one has not sent yet, in order. */
  async pending(): Promise<Pending[]> {
    return (await database()).getAllFromIndex('outbox', 'assignment', this.#assignment);
  }

  /** Keeps it, then sends it. @returns once it would survive a crash of the page */
  async add(interaction: Interaction): Promise<Pending> {
    const entry = { assignment: this.#assignment, client: this.#client, seq: ++this.#seq, interaction };
    this.#adding++;
    try {
      await (await database()).put('outbox', entry);
    } finally {
      this.#adding--;
    }
    this.flush();
    return entry;
  }

  flush(): void {
    clearTimeout(this.#timer);
    if (this.#sending) {
      this.#again = true;
      return;
    }
    this.#sending = this.#send().finally(() => {
      this.#sending = undefined;
      if (this.#again && !this.#closed) {
        this.#again = false;
        this.flush();
      }
    });
  }

  /** Waits until all is on the server, or cannot be for now. */
  async settled(): Promise<void> {
    this.flush();
    while (this.#sending) await this.#sending;
  }

  /** Drops what the server refuses for good: another window, say, has deleted the segment that it draws. */
  async leaveOut({ assignment, client, seq }: Pending): Promise<void> {
    await navigator.locks.request(lockOf(this.#assignment), async () => {
      await (await database()).delete('outbox', [assignment, client, seq]);
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    removeEventListener('online', this.#online);
  }

  async #send(): Promise<void> {
    // One window at a time sends what all have left.
    await navigator.locks.request(lockOf(this.#assignment), async () => {
      for (let most = batch; ; ) {
        const pending = await this.pending();
        if (pending.length === 0) {
          if (this.#adding === 0) this.#told({ state: 'saved' });
          return;
        }
        this.#told({ state: 'saving', pending: pending.length });
        const { client } = pending[0];
        const entries = pending.filter((entry) => entry.client === client).slice(0, most);
        try {
          await api('POST', `/api/assignments/${this.#assignment}/interactions`, {
            client,
            interactions: entries.map(({ seq, interaction }) => ({ seq, interaction })),
          });
          const db = await database();
          const tx = db.transaction('outbox', 'readwrite');
          for (const entry of entries) void tx.store.delete([entry.assignment, entry.client, entry.seq]);
          await tx.done;
          this.#wait = 500;
        } catch (error) {
          const expected = error instanceof ApiError ? error.detail?.expected : undefined;
          if (typeof expected === 'number' && expected < entries[0].seq) {
            await closeGap(pending, client, expected);
          } else if (isRefusal(error) && entries.length > 1) {
            // One of them is to blame: alone it shows.
            most = 1;
          } else return this.#later(error, pending.length, entries[0]);
        }
      }
    });
  }

  #later(error: unknown, pending: number, first: Pending): void {
    const status = error instanceof ApiError ? error.status : 0;
    const refused = isRefusal(error);
    const reason = (error as Error).message;
    if (status === 401) this.#told({ state: 'signed out', pending });
    else if (refused)
      this.#told({ state: 'refused', pending, reason, ...(isAtFault(error) ? { one: first } : {}) }, error);
    else if (status === 507) this.#told({ state: 'full', pending, reason });
    else this.#told({ state: 'offline', pending });
    if (this.#closed || refused || status === 401) return;
    this.#timer = setTimeout(() => this.flush(), this.#wait);
    this.#wait = Math.min(2 * this.#wait, patienceMs);
  }
}

const lockOf = (assignment: string) => `outbox ${assignment}`;

/** Whether asking again would bring the same answer. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status } = error;
  return status >= 400 && status < 500 && status !== 401 && status !== 429;
}

/** Whether what was sent is to blame, and not whose image it is now. */
function isAtFault(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status === 400 || (error.status === 409 && error.detail?.state === undefined);
}

/** Renumbers what a window has pending, so that it follows what the server has: something between was left out. */
async function closeGap(pending: readonly Pending[], client: string, expected: number): Promise<void> {
  const tx = (await database()).transaction('outbox', 'readwrite');
  const own = pending.filter((entry) => entry.client === client);
  for (const entry of own) void tx.store.delete([entry.assignment, entry.client, entry.seq]);
  own.forEach((entry, i) => {
    void tx.store.put({ ...entry, seq: expected + i });
  });
  await tx.done;
}
