/** What a process needs to answer, asked cheaply: for its probes. */
import { identityKey } from '@saltworks/contract/layout';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Check } from '@saltworks/telemetry/probes';
import type { ConnectionLike } from '@temporalio/client';
import { sql } from 'kysely';
import type { Database } from './db/database.ts';

/** Temporal answers, and knows the namespace. */
export const temporalCheck =
  (connection: ConnectionLike, namespace: string): Check =>
  (signal) =>
    connection.withAbortSignal(signal, () => connection.workflowService.describeNamespace({ namespace }));

/** The store has its identity: a folder that is not mounted has none. */
export const storeCheck =
  (store: ObjectStore): Check =>
  async (signal) => {
    if (!(await store.head(identityKey, { signal }))) throw new Error(`no ${identityKey}; expected a store in use`);
  };

export const databaseCheck =
  ({ db }: Database): Check =>
  () =>
    sql`select 1`.execute(db);
