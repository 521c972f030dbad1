/** The next task of an annotator. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import { newId } from '../../ids.ts';
import { hold } from '../assignments/leases.ts';
import { count } from './count.ts';
import { isFor } from './people.ts';

/**
 * Gives a user an assignment: the one they hold, one that was sent back to them, one that they lost with its lease, or a new
 * one, in this order; of new ones first those that are reserved for them. No task is held by more annotators than it wants.
 *
 * @param chance 0 … 1; below the campaign's rate, the user gets a known image, if one is left
 * @returns the assignment's id; undefined if no task is left
 * @throws ConflictError unless the campaign is open
 */
export async function takeTask(
  db: Kysely<Schema>,
  campaign: Campaign,
  user: string,
  { now = new Date(), chance = Math.random() } = {},
): Promise<string | undefined> {
  expectOpen(campaign, now);
  const until = new Date(now.getTime() + 1000 * campaign.leaseSeconds);
  return db.transaction().execute(async (tx) => {
    // Two windows of one user take turns here.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${campaign.id}/${user}`}, 0))`.execute(tx);
    const own = await ownAssignment(tx, campaign, user);
    if (own) {
      if (own.state === 'returned') await count(tx, own.task, 1);
      await hold(tx, own, until, now);
      if (own.state !== 'leased') await takeAnew(tx, campaign.id, own.id);
      return own.id;
    }
    const honeypot = chance < campaign.honeypotRate ? await lockFree(tx, campaign, user, true) : undefined;
    // Tasks that others are just taking are skipped at first, though they may want further annotators.
    const task =
      (await lockFree(tx, campaign, user, false, { reserved: true })) ??
      honeypot ??
      (await lockFree(tx, campaign, user, false)) ??
      (await lockFree(tx, campaign, user, false, { wait: true }));
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

/** @throws ConflictError unless annotators are given images of the campaign */
export function expectOpen({ id, state, deadline }: Campaign, now: Date): void {
  if (state !== 'open') throw new ConflictError(`campaign ${id} is ${state}; expected it open`);
  if (deadline && new Date(deadline) <= now) throw new ConflictError(`campaign ${id} ended at ${deadline}`);
}

/** From here on, an assignment has its campaign's settings: answers that were given with others are given anew. */
export async function takeAnew(tx: Transaction<Schema>, campaign: string, assignment: string): Promise<void> {
  await tx
    .updateTable('assignment')
    .set({ pinned: null, answered: 0, refined: 0 })
    .where('id', '=', assignment)
    .where(({ or, eb, exists, selectFrom }) =>
      or([
        eb('pinned', 'is not', null),
        exists(selectFrom('campaign').select('id').where('id', '=', campaign).where('corpus_switched', '=', true)),
        exists(selectFrom('promotion').select('n').where('kind', '=', 'campaign').where('name', '=', campaign)),
      ]),
    )
    .execute();
}

async function ownAssignment(tx: Transaction<Schema>, { id, annotators }: Campaign, user: string) {
  return tx
    .selectFrom('assignment')
    .innerJoin('task', 'task.id', 'assignment.task')
    .select(['assignment.id', 'assignment.state', 'assignment.task'])
    .where('assignment.campaign', '=', id)
    .where('assignment.user_id', '=', user)
    .where('assignment.corrector', 'is', null)
    .where((eb) =>
      eb.or([
        eb('assignment.state', 'in', ['leased', 'sent_back']),
        eb.and([
          eb('assignment.state', '=', 'returned'),
          eb('task.former', '=', false),
          isFor(user),
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

/** Tasks that a user may get and has not had, in the order in which they are given out. */
function freeTasks(
  db: Kysely<Schema> | Transaction<Schema>,
  { id, annotators }: Campaign,
  user: string,
  honeypot: boolean,
  reserved = false,
) {
  return db
    .selectFrom('task')
    .where('campaign', '=', id)
    .where('honeypot', '=', honeypot)
    .where('former', '=', false)
    .where('state', '=', 'open')
    .where(isFor(user))
    .$if(reserved, (query) =>
      query.where('id', 'in', (eb) => eb.selectFrom('task_person').select('task').where('user_id', '=', user)),
    )
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

/** Locks the first of them. @param reserved for the user alone @param wait for rows that others have locked, instead of skipping them */
async function lockFree(
  tx: Transaction<Schema>,
  campaign: Campaign,
  user: string,
  honeypot: boolean,
  { reserved = false, wait = false } = {},
): Promise<string | undefined> {
  const found = await freeTasks(tx, campaign, user, honeypot, reserved)
    .select('id')
    .limit(1)
    .forUpdate()
    .$if(!wait, (query) => query.skipLocked())
    .executeTakeFirst();
  return found?.id;
}

/** Images that a user is likely to get next. */
export async function comingTasks(db: Kysely<Schema>, campaign: Campaign, user: string, limit: number) {
  const read = (reserved: boolean) =>
    freeTasks(db, campaign, user, false, reserved).select(['id', 'sha256', 'name', 'object']).limit(limit).execute();
  const reserved = await read(true);
  if (reserved.length >= limit) return reserved;
  const rest = (await read(false)).filter(({ id }) => reserved.every((one) => one.id !== id));
  return [...reserved, ...rest].slice(0, limit);
}
