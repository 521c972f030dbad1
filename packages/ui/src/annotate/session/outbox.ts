/**
 * Interactions that the server has not acknowledged yet: kept in IndexedDB first, sent in order, deleted once acknowledged.
 * They survive reloads, crashes, hours offline and an expired session.
 */

import type { Interaction } from '@saltworks/contract/api/interactions';
import { postAssignmentInteractions } from '@saltworks/contract/api/open-assignments';
import * as z from '@saltworks/contract/zod';
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { ApiError, askAs } from '../../api.ts';
import type { Step } from '../../traces.ts';

const pending = z.object({
  assignment: z.string(),
  /** The window that made it, and its number in that window, from 1. */
  client: z.string(),
  seq: z.int(),
  /** The server checks it: the annotator may drop one that it refuses. */
  interaction: z.custom<Interaction>((given) => typeof given === 'object' && given !== null),
});
export type Pending = z.infer<typeof pending>;

interface Schema extends DBSchema {
  outbox: { key: [string, string, number]; value: unknown; indexes: { assignment: string } };
}

export type Saving =
  | { state: 'saved' }
  | { state: 'saving'; pending: number }
  | { state: 'offline'; pending: number }
  /** The server has no room now. */
  | { state: 'full'; pending: number; reason: string }
  | { state: 'signed out'; pending: number }
  /** @property one the refused entry, if dropping it lets the others through */
  | { state: 'refused'; pending: number; reason: string; one?: Pending };

/** The most interactions in one request, and the most bytes of more than one. */
const batch = { count: 100, bytes: 100_000 };
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
  /** Writes to IndexedDB under way. */
  #adding = 0;
  #sending: Promise<void> | undefined;
  #again = false;
  #wait = 500;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  /** The traces of entries of this window, by their numbers. */
  readonly #steps = new Map<number, Step>();

  /** @param told called with every change of state, and with interactions that the server refused */
  constructor(assignment: string, told: (saving: Saving, error?: unknown) => void) {
    this.#assignment = assignment;
    this.#told = told;
    addEventListener('online', this.#online);
  }

  readonly #online = () => this.flush();

  /** Interactions that earlier windows left unsent, in order. */
  async pending(): Promise<Pending[]> {
    const found = await (await database()).getAllFromIndex('outbox', 'assignment', this.#assignment);
    return z.parse(z.array(pending), found);
  }

  /** Stores an interaction, then sends it. Resolves once it would survive a crash of the page. */
  async add(interaction: Interaction, deed?: Step): Promise<Pending> {
    const keeping = deed?.step('keep');
    const entry = { assignment: this.#assignment, client: this.#client, seq: ++this.#seq, interaction };
    if (deed) this.#steps.set(entry.seq, deed);
    this.#adding++;
    try {
      await (await database()).put('outbox', entry);
    } finally {
      this.#adding--;
      keeping?.end();
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

  /** Waits until the server has everything, or cannot take it for now. */
  async settled(): Promise<void> {
    this.flush();
    while (this.#sending) await this.#sending;
  }

  /** Drops an entry that the server refuses for good: its segment may have been deleted in another window. */
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
    // One window at a time sends for all of them.
    await navigator.locks.request(lockOf(this.#assignment), async () => {
      for (let most = batch.count; ; ) {
        const pending = await this.pending();
        if (pending.length === 0) {
          if (this.#adding === 0) this.#told({ state: 'saved' });
          return;
        }
        this.#told({ state: 'saving', pending: pending.length });
        const { client } = pending[0];
        const entries = fitting(pending.filter((entry) => entry.client === client).slice(0, most));
        const sending = this.#sendingOf(entries);
        try {
          const interactions = entries.map(({ seq, interaction }) => ({ seq, interaction }));
          const params = { assignment: this.#assignment };
          await askAs(sending.at(-1), postAssignmentInteractions, { params, body: { client, interactions } });
          const db = await database();
          const tx = db.transaction('outbox', 'readwrite');
          for (const entry of entries) void tx.store.delete([entry.assignment, entry.client, entry.seq]);
          await tx.done;
          this.#wait = 500;
          for (const { seq } of entries) this.#steps.delete(seq);
          for (const step of sending) step.end();
        } catch (error) {
          for (const step of sending) step.end(true);
          const expected = error instanceof ApiError ? error.detail.expected : undefined;
          if (expected !== undefined && expected < entries[0].seq) {
            await closeGap(pending, client, expected);
          } else if (isRefusal(error) && entries.length > 1) {
            // One of the batch is at fault: send them singly to find it.
            most = 1;
          } else return this.#later(error, pending.length, entries[0]);
        }
      }
    });
  }

  /** A step of each entry's trace; the server's steps stand under that of the last. */
  #sendingOf(entries: readonly Pending[]): Step[] {
    const own = entries.filter(({ client }) => client === this.#client);
    return own.flatMap(({ seq }) => this.#steps.get(seq)?.step('send') ?? []);
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

/** The first entries that fit a request together, at least one. */
function fitting(entries: readonly Pending[]): Pending[] {
  let bytes = 0;
  return entries.filter(({ interaction }, i) => {
    bytes += JSON.stringify(interaction).length;
    return i === 0 || bytes <= batch.bytes;
  });
}

const lockOf = (assignment: string) => `outbox ${assignment}`;

/** Whether a retry would get the same answer. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status } = error;
  return status >= 400 && status < 500 && status !== 401 && status !== 429;
}

/** Whether the entry itself is at fault, not the assignment's state. */
function isAtFault(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status === 400 || (error.status === 409 && error.detail.state === undefined);
}

/** Renumbers a window's pending entries to follow the server's last one, after an entry between them was dropped. */
async function closeGap(pending: readonly Pending[], client: string, expected: number): Promise<void> {
  const tx = (await database()).transaction('outbox', 'readwrite');
  const own = pending.filter((entry) => entry.client === client);
  for (const entry of own) void tx.store.delete([entry.assignment, entry.client, entry.seq]);
  own.forEach((entry, i) => {
    void tx.store.put({ ...entry, seq: expected + i });
  });
  await tx.done;
}
