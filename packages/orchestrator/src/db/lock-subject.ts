import type { Subject } from '@saltworks/contract/documents/builds';
import { sql, type Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** One promotion of a campaign or dataset at a time, and one change of whether a dataset is in use. */
export const lockSubject = (tx: Transaction<Schema>, { kind, name }: Subject) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`${kind}:${name}`}, 0))`.execute(tx);
