/** The events of an assignment, in order, readable from any number on. */
import type { AssignmentEventBody, AssignmentEventKind } from '@saltworks/contract/api/events';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from '../../db/schema.ts';

export interface AssignmentEvent {
  /** From 1, without a gap. */
  n: number;
  kind: string;
  body: unknown;
}

/** Adds an event. The assignment's row stays locked until the transaction ends, so numbers follow the order of commits. */
export async function addEvent<Kind extends AssignmentEventKind>(
  tx: Transaction<Schema>,
  assignment: string,
  kind: Kind,
  body: AssignmentEventBody<Kind>,
): Promise<number> {
  const { event } = await tx
    .updateTable('assignment')
    .set({ event: sql`event + 1` })
    .where('id', '=', assignment)
    .returning('event')
    .executeTakeFirstOrThrow();
  await tx
    .insertInto('event')
    .values({ assignment, n: event, kind, body: JSON.stringify(body) })
    .execute();
  return event;
}

/** @param after the number of the last known event */
export async function eventsAfter(
  db: Kysely<Schema>,
  assignment: string,
  after: number,
  limit = 100,
): Promise<AssignmentEvent[]> {
  return db
    .selectFrom('event')
    .select(['n', 'kind', 'body'])
    .where('assignment', '=', assignment)
    .where('n', '>', after)
    .orderBy('n')
    .limit(limit)
    .execute();
}
