/** One change at a time of what a campaign or dataset shows, and of whether a dataset is in use. */
import type { Subject } from '@saltworks/contract/documents/builds';
import { sql, type Transaction } from 'kysely';
import type { Schema } from '../db/schema.ts';

/** Holds until the transaction ends. */
export const lockSubject = (tx: Transaction<Schema>, { kind, name }: Subject) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`${kind}:${name}`}, 0))`.execute(tx);
