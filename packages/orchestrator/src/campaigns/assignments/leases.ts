/** Leases: how long an assignment holds its image without a sign of life. */

import type { AssignmentState } from '@saltworks/contract/api/states';
import type { Kysely, Transaction } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import { takeAgain } from '../tasks/count.ts';
import { addEvent } from './events.ts';
import { leave } from './leave.ts';
import { lockAssignment, lockHeld, lockIfThere } from './lock.ts';

/**
 * Locks an assignment for new interactions. They are accepted even after the lease has run out, and even if other annotators
 * have the task now; if it still wants annotators, the assignment holds it again.
 *
 * @param until the new end of the lease
 * @throws NotFoundError, ConflictError once it was submitted or skipped
 */
export async function lockDrawable(tx: Transaction<Schema>, id: string, until: Date, now: Date) {
  const row = await lockAssignment(tx, id);
  const { state } = row;
  if (state === 'submitted' || state === 'accepted' || state === 'skipped') {
    throw new ConflictError(`assignment ${id} is ${state}; expected it to be worked on`, { state });
  }
  const held = state !== 'returned' || (await takeAgain(tx, row.task));
  if (held) await hold(tx, row, until, now);
  return row;
}

/** @returns the new end of the lease */
export async function renewLease(db: Kysely<Schema>, id: string, seconds: number, now = new Date()): Promise<Date> {
  return db.transaction().execute(async (tx) => {
    await lockHeld(tx, id, now);
    const until = new Date(now.getTime() + 1000 * seconds);
    await tx.updateTable('assignment').set({ lease_until: until, updated: now }).where('id', '=', id).execute();
    return until;
  });
}

/**
 * Returns an assignment whose lease has run out: the task is free for others, the drawing stays.
 *
 * @returns the end of the lease, if it is still to come
 */
export async function expireLease(db: Kysely<Schema>, id: string, now = new Date()): Promise<Date | undefined> {
  return db.transaction().execute(async (tx) => {
    const row = await lockIfThere(tx, id);
    if (row?.state !== 'leased') return undefined;
    if (row.lease_until > now) return row.lease_until;
    await leave(tx, row, 'returned', { now });
    return undefined;
  });
}

/** Assignments whose leases ran out unnoticed. */
export async function expiredLeases(db: Kysely<Schema>, now = new Date()): Promise<string[]> {
  const rows = await db
    .selectFrom('assignment')
    .select('id')
    .where('state', '=', 'leased')
    .where('lease_until', '<=', now)
    .limit(1000)
    .execute();
  return rows.map(({ id }) => id);
}

/** Gives an assignment a lease, with an event unless it had one. */
export async function hold(
  tx: Transaction<Schema>,
  { id, state }: { id: string; state: AssignmentState },
  until: Date,
  now: Date,
): Promise<void> {
  await tx
    .updateTable('assignment')
    .set({ state: 'leased', lease_until: until, updated: now })
    .where('id', '=', id)
    .execute();
  if (state !== 'leased') await addEvent(tx, id, 'state', { state: 'leased' });
}
