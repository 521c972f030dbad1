/** PGlite as a pool with one connection. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expectRoom, unwritable } from '@saltworks/store/objects/room';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { roomToWrite } from './room.ts';
import type { Thread } from './thread.ts';

const WRITES = /^(begin|insert|update|delete|with\b.*\b(insert|update|delete))\b/is;

/** A caller that waits longer for the connection waits for a transaction of its own. */
const CONNECT_MS = 30_000;

/** Callers take turns with the one connection, so that transactions do not mix. */
export function poolOfOne({ query }: Thread, folder: string): PostgresPool {
  let last: Promise<void> = Promise.resolve();
  return {
    async connect() {
      let release = () => {};
      const before = last;
      const mine = new Promise<void>((resolve) => {
        release = resolve;
      });
      last = before.then(() => mine);
      const timeout = new AbortController();
      const late = sleep(CONNECT_MS, 'late', { signal: timeout.signal }).catch(() => undefined);
      const won = await Promise.race([before, late]);
      timeout.abort();
      if (won === 'late') {
        release();
        throw new Error(`the database was busy for ${CONNECT_MS / 1000} s`);
      }
      const client = {
        async query(text: string, parameters: readonly unknown[]) {
          if (WRITES.test(text)) await expectRoom(folder, roomToWrite);
          const { rows, affected } = await query(text, parameters).catch(async (error) => {
            throw (await unwritable(error, folder)) ?? error;
          });
          // Kysely counts rows for commands that change them; for other commands the count is 0.
          return { command: 'UPDATE', rowCount: affected, rows };
        },
        release,
      };
      return client as PostgresPoolClient;
    },
    end: async () => {},
  };
}
