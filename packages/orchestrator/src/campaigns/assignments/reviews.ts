/** Reviews: a submitted mask is accepted, or sent back. */
import type { Review } from '@saltworks/contract/api/reviews';
import type { Kysely } from 'kysely';
import { audit } from '../../accounts/audit.ts';
import type { Schema, Verdict } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import { newId } from '../../ids.ts';
import { settleTasks } from '../tasks/count.ts';
import { addEvent } from './events.ts';
import { lockAssignment } from './lock.ts';
import { shownMaskOf } from './shown-mask.ts';

export interface NewReview {
  verdict: Verdict;
  note?: string;
  /** The place of the note, pixels of the upright image. */
  at?: { x: number; y: number };
}

/** The state of an assignment after a verdict. */
const stateAfter = { accept: 'accepted', send_back: 'sent_back' } as const;

/** @throws ConflictError unless the assignment was submitted or accepted */
export async function reviewAssignment(
  db: Kysely<Schema>,
  id: string,
  { verdict, note, at }: NewReview,
  reviewer: string,
  now = new Date(),
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const row = await lockAssignment(tx, id);
    if (row.state !== 'submitted' && row.state !== 'accepted') {
      throw new ConflictError(`assignment ${id} is ${row.state}; expected it submitted`, { state: row.state });
    }
    const state = stateAfter[verdict];
    await tx
      .insertInto('review')
      .values({
        id: newId(),
        assignment: id,
        user_id: reviewer,
        verdict,
        note: note ?? null,
        x: at?.x,
        y: at?.y,
        mask: await shownMaskOf(tx, row),
        created: now,
      })
      .execute();
    await tx.updateTable('assignment').set({ state, updated: now }).where('id', '=', id).execute();
    await settleTasks(tx, row);
    await addEvent(tx, id, 'state', { state, note, at });
    await audit(tx, { actor: reviewer, action: `review.${verdict}`, object: id, detail: { note, at } });
  });
}

export async function readReviews(db: Kysely<Schema>, assignment: string): Promise<Review[]> {
  const rows = await db
    .selectFrom('review')
    .selectAll()
    .where('assignment', '=', assignment)
    .orderBy('created')
    .execute();
  return rows.map(({ id, user_id, verdict, note, x, y, mask, created }) => ({
    id,
    reviewer: user_id,
    verdict,
    note,
    at: x !== null && y !== null ? { x, y } : null,
    mask,
    created: created.toISOString(),
  }));
}
