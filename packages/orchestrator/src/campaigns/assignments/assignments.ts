/** Assignments: one annotator's work on one image, from its lease to its review. */
import type { ImageInfo, Assignment as Shown } from '@saltworks/contract/api/assignments';
import type { AssignmentState } from '@saltworks/contract/api/states';
import type { Kysely, Transaction } from 'kysely';
import { audit } from '../../accounts/audit.ts';
import type { Schema } from '../../db/schema.ts';
import { ConflictError, NotFoundError } from '../../errors.ts';
import { count, hold, settleTasks, takeAgain } from '../tasks/take.ts';
import { author } from './author.ts';
import { addEvent } from './events.ts';

/** What the API gives of it, and what is nobody's business outside. */
export interface Assignment extends Shown {
  /** Of its mask, 0 … 1. */
  uncertainty: number | null;
  image: ImageInfo & { object: string };
}

const joined = (db: Kysely<Schema> | Transaction<Schema>) =>
  db
    .selectFrom('assignment')
    .innerJoin('task', 'task.id', 'assignment.task')
    .selectAll('assignment')
    .select(author)
    .select(['task.image_id', 'task.name', 'task.sha256', 'task.object', 'task.width', 'task.height', 'task.former']);

type Joined = Awaited<ReturnType<ReturnType<typeof joined>['executeTakeFirstOrThrow']>>;

const assignmentOf = (row: Joined): Assignment => ({
  id: row.id,
  task: row.task,
  campaign: row.campaign,
  user: row.user_id,
  author: row.author,
  state: row.state,
  leaseUntil: row.lease_until.toISOString(),
  n: row.n,
  answered: row.answered,
  refined: row.refined,
  event: row.event,
  mask: row.mask,
  uncertainty: row.uncertainty,
  reason: row.reason,
  created: row.created.toISOString(),
  submitted: row.submitted?.toISOString() ?? null,
  updated: row.updated.toISOString(),
  image: { ...imageOf(row), object: row.object },
});

/** A task's image as the API shows it. */
export const imageOf = (
  task: Pick<Joined, 'image_id' | 'name' | 'sha256' | 'width' | 'height' | 'former'>,
): ImageInfo => ({
  ...{ id: task.image_id, name: task.name, sha256: task.sha256, width: task.width, height: task.height },
  ...(task.former && { former: true }),
});

/** @throws NotFoundError */
export async function findAssignment(db: Kysely<Schema>, id: string): Promise<Assignment> {
  const row = await joined(db).where('assignment.id', '=', id).executeTakeFirst();
  if (!row) throw new NotFoundError(`no assignment ${id}`);
  return assignmentOf(row);
}

/** A page of a campaign's assignments, the newest first. @param before the last one of the page before */
export async function listAssignments(
  db: Kysely<Schema>,
  campaign: string,
  {
    state,
    user,
    task,
    before,
    limit = 50,
  }: { state?: AssignmentState; user?: string; task?: string; before?: string; limit?: number },
): Promise<Assignment[]> {
  let query = joined(db).where('assignment.campaign', '=', campaign);
  if (state) query = query.where('assignment.state', '=', state);
  if (user) query = query.where('assignment.user_id', '=', user);
  if (task) query = query.where('assignment.task', '=', task);
  if (before) {
    query = query.where((eb) =>
      eb(
        eb.refTuple('assignment.created', 'assignment.id'),
        '<',
        eb
          .selectFrom('assignment as last')
          .select(['last.created', 'last.id'])
          .where('last.id', '=', before)
          .$asTuple('created', 'id'),
      ),
    );
  }
  const rows = await query
    .orderBy('assignment.created', 'desc')
    .orderBy('assignment.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(assignmentOf);
}

/** Those whose strokes have no answer yet, of those that somebody works on. */
export async function unanswered(db: Kysely<Schema>): Promise<string[]> {
  const rows = await db
    .selectFrom('assignment')
    .select('id')
    .where('state', '=', 'leased')
    .where((eb) => eb.or([eb('answered', '<', eb.ref('n')), eb('refined', '<', eb.ref('n'))]))
    .execute();
  return rows.map(({ id }) => id);
}

const lockIfThere = (tx: Transaction<Schema>, id: string) =>
  tx.selectFrom('assignment').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();

/** Nobody else changes it until the transaction ends. @throws NotFoundError */
export async function lockAssignment(tx: Transaction<Schema>, id: string) {
  const row = await lockIfThere(tx, id);
  if (!row) throw new NotFoundError(`no assignment ${id}`);
  return row;
}

/** Locks an assignment. @throws NotFoundError, ConflictError unless it is held by its user */
export async function lockHeld(tx: Transaction<Schema>, id: string, now: Date) {
  const row = await lockAssignment(tx, id);
  if (row.state !== 'leased') {
    throw new ConflictError(`assignment ${id} is ${row.state}; expected it leased`, { state: row.state });
  }
  if (row.lease_until <= now) {
    throw new ConflictError(`the lease of assignment ${id} ended; expected the image to be taken again`, {
      state: 'returned',
    });
  }
  return row;
}

/**
 * Locks an assignment to be drawn in. What somebody drew is taken even after their lease has run out, and though others may
 * have the image by now; where nobody has, it is theirs again.
 *
 * @param until when its lease ends from now on
 * @throws NotFoundError, ConflictError once it was handed in or skipped
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

/** @returns when the lease ends now */
export async function renewLease(db: Kysely<Schema>, id: string, seconds: number, now = new Date()): Promise<Date> {
  return db.transaction().execute(async (tx) => {
    await lockHeld(tx, id, now);
    const until = new Date(now.getTime() + 1000 * seconds);
    await tx.updateTable('assignment').set({ lease_until: until, updated: now }).where('id', '=', id).execute();
    return until;
  });
}

/**
 * Gives an assignment back whose lease has run out: the image is free for others, what was drawn stays.
 *
 * @returns when the lease ends, if that is still to come
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

/** Those whose leases have run out without anybody noticing. */
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

/** Ends a user's work on an image; it is no longer theirs. */
async function leave(
  tx: Transaction<Schema>,
  { id, task }: { id: string; task: string },
  state: 'returned' | 'skipped',
  { now, reason = null }: { now: Date; reason?: string | null },
): Promise<void> {
  await tx.updateTable('assignment').set({ state, reason, updated: now }).where('id', '=', id).execute();
  await count(tx, task, -1);
  await addEvent(tx, id, 'state', { state, reason });
}

export async function skipAssignment(db: Kysely<Schema>, id: string, reason: string, now = new Date()): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const row = await lockHeld(tx, id, now);
    await leave(tx, row, 'skipped', { now, reason });
    await audit(tx, { actor: row.user_id, action: 'assignment.skip', object: id, detail: { reason } });
  });
}

/**
 * Leaves an image that cannot be opened, as if its user had skipped it: it does not come back to them, and is listed with the
 * reason. What is drawn on is kept: it could be opened once.
 *
 * @returns whether it is left
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

/** Offers an image again to all who skipped it. @returns how many they are */
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

/** Gives the image back, to be taken by others or again. */
export async function returnAssignment(db: Kysely<Schema>, id: string, now = new Date()): Promise<void> {
  await db.transaction().execute(async (tx) => leave(tx, await lockHeld(tx, id, now), 'returned', { now }));
}

/** Gives back all that a user holds or was sent back, everywhere or in one campaign. @returns what that was */
export async function returnAssignments(
  db: Kysely<Schema>,
  { user, campaign }: { user: string; campaign?: string },
  now = new Date(),
): Promise<string[]> {
  let query = db
    .selectFrom('assignment')
    .select('id')
    .where('user_id', '=', user)
    .where('state', 'in', ['leased', 'sent_back']);
  if (campaign !== undefined) query = query.where('campaign', '=', campaign);
  const held = (await query.execute()).map(({ id }) => id);
  for (const id of held) {
    // One at a time: nothing then waits for two of them at once.
    await db.transaction().execute(async (tx) => {
      const row = await lockIfThere(tx, id);
      if (row?.state === 'leased' || row?.state === 'sent_back') await leave(tx, row, 'returned', { now });
    });
  }
  return held;
}

/**
 * @param n interactions that the submission is made of
 * @param mask of them
 * @param uncertainty of the mask; left out, the one that was noted with it
 * @throws ConflictError if something was drawn since
 */
export async function submitAssignment(
  db: Kysely<Schema>,
  id: string,
  { n, mask, uncertainty }: { n: number; mask: string; uncertainty?: number | null },
  now = new Date(),
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const row = await lockHeld(tx, id, now);
    if (row.n !== n) {
      throw new ConflictError(`assignment ${id} has ${row.n} interactions; expected the ${n} that are submitted`, {
        n: row.n,
      });
    }
    await tx
      .updateTable('assignment')
      .set({ state: 'submitted', mask, uncertainty, submitted: now, updated: now })
      .where('id', '=', id)
      .execute();
    await settleTasks(tx, row);
    await noteUncertainty(tx, row.task);
    await addEvent(tx, id, 'state', { state: 'submitted', mask });
    await audit(tx, { actor: row.user_id, action: 'assignment.submit', object: id, detail: { n, mask } });
  });
}

/** How unsure the least sure mask is that was handed in on a task, whose row is locked. */
async function noteUncertainty(tx: Transaction<Schema>, task: string): Promise<void> {
  await tx
    .updateTable('task')
    .set((eb) => ({
      uncertainty: eb
        .selectFrom('assignment')
        .select((each) => each.fn.max('assignment.uncertainty').as('uncertainty'))
        .where('assignment.task', '=', task)
        .where('assignment.state', 'in', ['submitted', 'accepted']),
    }))
    .where('id', '=', task)
    .execute();
}

/** The size of a task's image, once it is known. */
export async function setImageSize(
  db: Kysely<Schema>,
  task: string,
  { width, height }: { width: number; height: number },
): Promise<void> {
  await db.updateTable('task').set({ width, height }).where('id', '=', task).execute();
}
