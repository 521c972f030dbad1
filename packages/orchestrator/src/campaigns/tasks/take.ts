/** Tasks: every image of a campaign's dataset, and who works on which. */
import { createHash } from 'node:crypto';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { AssignmentState } from '@saltworks/contract/api/states';
import type { DatasetImage } from '@saltworks/contract/documents/dataset';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import { newId } from '../../ids.ts';
import { addEvent } from '../assignments/events.ts';

/**
 * Makes the images of a campaign's next shard its tasks.
 *
 * @param images those of the shard that have keys
 * @param known of them, whose true masks are known: they serve as honeypots if the campaign wants such
 */
export async function fillShard(
  db: Kysely<Schema>,
  { id, ordering, honeypotRate }: Pick<Campaign, 'id' | 'ordering' | 'honeypotRate'>,
  shard: number,
  images: readonly DatasetImage[],
  known: ReadonlySet<string>,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('campaign')
      .set({ filled: shard + 1 })
      .where('id', '=', id)
      .where('filled', '=', shard)
      .executeTakeFirst();
    // Another server was faster.
    if (numUpdatedRows === 0n || images.length === 0) return;
    await tx
      .insertInto('task')
      .values(
        images.map(({ id: image, sha256, name, object }) => ({
          campaign: id,
          image_id: image,
          sha256,
          name,
          object,
          rank: ordering === 'random' ? randomRank(id, sha256) : image,
          honeypot: honeypotRate > 0 && known.has(sha256),
        })),
      )
      .onConflict((conflict) => conflict.columns(['campaign', 'sha256']).doNothing())
      .execute();
  });
}

/** The same at every try, and another one in every campaign. */
const randomRank = (campaign: string, sha256: string): number =>
  createHash('sha256').update(`${campaign}/${sha256}`).digest().readUInt32LE();

/**
 * Gives a user an image to work on: the one they hold, one that was sent back to them, one whose lease ran out on them, or
 * a new one, in this order. No task is ever held by more users than it wants.
 *
 * @param chance 0 … 1: below the campaign's rate a honeypot is given, if one is left
 * @returns the assignment's id, or nothing if nothing is left to do
 * @throws ConflictError if the campaign takes no more work
 */
export async function takeTask(
  db: Kysely<Schema>,
  campaign: Campaign,
  user: string,
  { now = new Date(), chance = Math.random() } = {},
): Promise<string | undefined> {
  if (campaign.state !== 'open')
    throw new ConflictError(`campaign ${campaign.id} is ${campaign.state}; expected it open`);
  if (campaign.deadline && new Date(campaign.deadline) <= now) {
    throw new ConflictError(`campaign ${campaign.id} ended at ${campaign.deadline}`);
  }
  const until = new Date(now.getTime() + 1000 * campaign.leaseSeconds);
  return db.transaction().execute(async (tx) => {
    // Two windows of one user wait for each other here.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${campaign.id}/${user}`}, 0))`.execute(tx);
    const own = await ownAssignment(tx, campaign, user);
    if (own) {
      if (own.state === 'returned') await count(tx, own.task, 1);
      await hold(tx, own, until, now);
      return own.id;
    }
    const honeypot = chance < campaign.honeypotRate ? await lockFree(tx, campaign, user, true) : undefined;
    // What others are just taking is passed over at first; it may still want more annotators than they are.
    const task =
      honeypot ?? (await lockFree(tx, campaign, user, false)) ?? (await lockFree(tx, campaign, user, false, true));
    if (task === undefined) return undefined;
    await count(tx, task, 1);
    const id = newId();
    await tx
      .insertInto('assignment')
      .values({ id, task, campaign: campaign.id, user_id: user, state: 'leased', lease_until: until })
      .execute();
    return id;
  });
}

async function ownAssignment(tx: Transaction<Schema>, { id, annotators }: Campaign, user: string) {
  return tx
    .selectFrom('assignment')
    .innerJoin('task', 'task.id', 'assignment.task')
    .select(['assignment.id', 'assignment.state', 'assignment.task'])
    .where('assignment.campaign', '=', id)
    .where('assignment.user_id', '=', user)
    .where((eb) =>
      eb.or([
        eb('assignment.state', 'in', ['leased', 'sent_back']),
        eb.and([
          eb('assignment.state', '=', 'returned'),
          eb('task.former', '=', false),
          eb.or([
            eb('task.honeypot', '=', true),
            eb('task.taken', '<', eb.fn.coalesce('task.wanted', eb.val(annotators))),
          ]),
        ]),
      ]),
    )
    .orderBy(sql`case assignment.state when 'leased' then 0 when 'sent_back' then 1 else 2 end`)
    .orderBy('assignment.created')
    .limit(1)
    .forUpdate(['assignment', 'task'])
    .executeTakeFirst();
}

/** Tasks that a user may be given and has not seen, in the order in which they are handed out. */
function freeTasks(
  db: Kysely<Schema> | Transaction<Schema>,
  { id, annotators }: Campaign,
  user: string,
  honeypot: boolean,
) {
  return db
    .selectFrom('task')
    .where('campaign', '=', id)
    .where('honeypot', '=', honeypot)
    .where('former', '=', false)
    .where('state', '=', 'open')
    .$if(!honeypot, (query) => query.where('taken', '<', (eb) => eb.fn.coalesce('wanted', eb.val(annotators))))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('assignment')
            .select('assignment.id')
            .whereRef('assignment.task', '=', 'task.id')
            .where('assignment.user_id', '=', user),
        ),
      ),
    )
    .orderBy('rank')
    .orderBy('id');
}

/** Locks the first of them. @param wait for what others hold, instead of passing it over */
async function lockFree(
  tx: Transaction<Schema>,
  campaign: Campaign,
  user: string,
  honeypot: boolean,
  wait = false,
): Promise<string | undefined> {
  const found = await freeTasks(tx, campaign, user, honeypot)
    .select('id')
    .limit(1)
    .forUpdate()
    .$if(!wait, (query) => query.skipLocked())
    .executeTakeFirst();
  return found?.id;
}

/** Gives a lease to whoever has an assignment; told of unless they held it. */
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

/** Keeps the number of assignments that count. */
export async function count(tx: Transaction<Schema>, task: string, by: 1 | -1): Promise<void> {
  await tx
    .updateTable('task')
    .set((eb) => ({ taken: eb('taken', '+', by) }))
    .where('id', '=', task)
    .execute();
}

/** Counts an assignment again that was given back. @returns whether there was room for it */
export async function takeAgain(tx: Transaction<Schema>, task: string): Promise<boolean> {
  const { rows } = await sql`
    update task set taken = taken + 1 from campaign c
    where c.id = task.campaign and task.id = ${task} and (task.honeypot or task.taken < coalesce(task.wanted, c.annotators))
    returning task.id`.execute(tx);
  return rows.length > 0;
}

/**
 * Whether enough annotators are through with a task, or with any of a campaign's. What is counted holds still: the campaign
 * and its tasks are locked before.
 */
export async function settleTasks(
  tx: Transaction<Schema>,
  { campaign, task }: { campaign: string; task?: string },
): Promise<void> {
  const which = task === undefined ? sql`task.campaign = ${campaign}` : sql`task.id = ${task}`;
  await sql`select from campaign where id = ${campaign} for share`.execute(tx);
  await sql`select from task where ${which} order by rank, id for update`.execute(tx);
  // Statements see what was committed before they began: this one must not be one with the locks.
  await sql`
    update task set state = now.state from (
      select task.id, case when coalesce(task.wanted, c.annotators) <= (
          select count(*) from assignment a where a.task = task.id and a.state in ('submitted', 'accepted')
        ) then 'done' else 'open' end as state
      from task join campaign c on c.id = task.campaign
      where ${which} and not task.honeypot
    ) now where now.id = task.id and now.state <> task.state`.execute(tx);
}

/** A task's image, and whose it is. */
export const findTask = (db: Kysely<Schema>, id: string) =>
  db.selectFrom('task').select(['campaign', 'sha256', 'object']).where('id', '=', id).executeTakeFirstOrThrow();

/** Images that a user is likely to get next: worth opening beforehand. */
export const comingTasks = (db: Kysely<Schema>, campaign: Campaign, user: string, limit: number) =>
  freeTasks(db, campaign, user, false).select(['id', 'sha256', 'name', 'object']).limit(limit).execute();
