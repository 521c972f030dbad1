/** The end of an assignment without a mask: returned, or skipped. */
import type { AssignmentState } from '@saltworks/contract/api/states';
import type { Kysely, Selectable, Transaction } from 'kysely';
import { audit } from '../../accounts/audit.ts';
import type { AssignmentTable, Schema } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import { count, settleTasks } from '../tasks/count.ts';
import { addEvent } from './events.ts';
import { lockHeld, lockIfThere } from './lock.ts';
import { noteUncertainty } from './submit.ts';

/** Ends an assignment without a mask, and frees its place on the task; a correction goes back to where it came from. */
export async function leave(
  tx: Transaction<Schema>,
  row: Selectable<AssignmentTable>,
  state: 'returned' | 'skipped',
  { now, reason = null }: { now: Date; reason?: string | null },
): Promise<void> {
  if (row.corrector !== null) return endCorrection(tx, row, now);
  const { id, task } = row;
  await tx.updateTable('assignment').set({ state, reason, updated: now }).where('id', '=', id).execute();
  await count(tx, task, -1);
  await addEvent(tx, id, 'state', { state, reason });
}

/**
 * Ends a correction that was not handed in: what is drawn is submitted with its mask, or goes to the annotator if there is no mask
 * of all of it.
 */
async function endCorrection(tx: Transaction<Schema>, row: Selectable<AssignmentTable>, now: Date): Promise<void> {
  const whole = row.mask !== null && row.refined >= row.n;
  const state = whole ? 'submitted' : 'sent_back';
  await tx.updateTable('assignment').set({ state, corrector: null, updated: now }).where('id', '=', row.id).execute();
  await settleTasks(tx, row);
  await noteUncertainty(tx, row.task);
  await addEvent(tx, row.id, 'state', { state, ...(whole && { mask: row.mask ?? undefined }) });
}

export async function skipAssignment(db: Kysely<Schema>, id: string, reason: string, now = new Date()): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const row = await lockHeld(tx, id, now);
    if (row.corrector !== null) throw new ConflictError('a reviewer corrects it; expected its annotator to skip it');
    await leave(tx, row, 'skipped', { now, reason });
    await audit(tx, { actor: row.user_id, action: 'assignment.skip', object: id, detail: { reason } });
  });
}

/**
 * Skips an image that cannot be opened, on its annotator's behalf: it does not come back to them, and is listed with the
 * reason. An image with a drawing is kept: it could be opened before.
 *
 * @returns whether it was skipped
 */
export async function leaveUnusable(
  db: Kysely<Schema>,
  id: string,
  reason: string,
  now = new Date(),
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const row = await lockIfThere(tx, id);
    if (row?.state !== 'leased' || row.n > 0) return false;
    const why = `it cannot be opened: ${reason}`;
    await leave(tx, row, 'skipped', { now, reason: why });
    await audit(tx, { actor: null, action: 'assignment.skip', object: id, detail: { reason: why } });
    return true;
  });
}

/** Offers an image again to all annotators who skipped it. @returns how many did */
export async function offerAgain(db: Kysely<Schema>, task: string, actor: string, now = new Date()): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const skipped = await tx
      .updateTable('assignment')
      .set({ state: 'returned', reason: null, updated: now })
      .where('task', '=', task)
      .where('state', '=', 'skipped')
      .returning('id')
      .execute();
    for (const { id } of skipped) {
      await addEvent(tx, id, 'state', { state: 'returned', reason: null });
      await audit(tx, { actor, action: 'assignment.offer', object: id, detail: { task } });
    }
    return skipped.length;
  });
}

/** Returns a task to all annotators, its own included. */
export async function returnAssignment(db: Kysely<Schema>, id: string, now = new Date()): Promise<void> {
  await db.transaction().execute(async (tx) => leave(tx, await lockHeld(tx, id, now), 'returned', { now }));
}

/** Returns assignments that are held or were sent back: of a user everywhere or in one campaign, or of everybody in it. @returns their ids */
export async function returnAssignments(
  db: Kysely<Schema>,
  {
    user,
    campaign,
    states = ['leased', 'sent_back'],
  }: { user?: string; campaign?: string; states?: readonly AssignmentState[] },
  now = new Date(),
): Promise<string[]> {
  let query = db.selectFrom('assignment').select('id').where('state', 'in', states);
  if (campaign !== undefined) query = query.where('campaign', '=', campaign);
  if (user !== undefined)
    query = query.where((eb) =>
      eb.or([eb.and([eb('user_id', '=', user), eb('corrector', 'is', null)]), eb('corrector', '=', user)]),
    );
  const held = (await query.execute()).map(({ id }) => id);
  for (const id of held) {
    // One transaction each: none then waits for two rows at once.
    await db.transaction().execute(async (tx) => {
      const row = await lockIfThere(tx, id);
      if (row && states.includes(row.state)) await leave(tx, row, 'returned', { now });
    });
  }
  return held;
}
