/** Schedules: the database says what they are, Temporal keeps their time. */

import { mayOverlap, type NewSchedule, type ScheduleInfo, type ScheduleWork } from '@saltworks/contract/api/schedules';
import { cadenceOf, checkTimeZone } from '@saltworks/contract/cadence';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Client } from '@temporalio/client';
import type { Kysely, Selectable } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { workOf } from '../db/json.ts';
import type { ScheduleTable, Schema } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { topicText } from '../notices/topics.ts';
import { pauseClock, readClock, startClock, stopClock, type Timed, triggerClock } from './clock.ts';
import { describeFiring } from './firings.ts';

export interface ScheduleDeps {
  db: Kysely<Schema>;
  client: Client;
}

type Row = Selectable<ScheduleTable>;

/** A schedule as it is stored. */
export interface Schedule extends Timed {
  work: ScheduleWork;
  campaign: string | null;
}

/** The campaign that work is on, whose managers may schedule it; null: only administrators may. */
export function campaignOfWork(work: ScheduleWork): string | null {
  if (work.kind === 'consensus') return work.campaign;
  if (work.kind !== 'relabel' && work.kind !== 'export') return null;
  return work.subject.startsWith('campaign:') ? work.subject.slice('campaign:'.length) : null;
}

/** @throws ConflictError if the id is taken, InvalidInputError of times and of an overlap that cannot be */
export async function createSchedule(
  { db, client }: ScheduleDeps,
  { id, work, when, timezone, overlap, catchUp, note, paused }: NewSchedule,
  actor: string,
): Promise<void> {
  if (overlap === 'allow' && !mayOverlap(work.kind)) {
    throw new InvalidInputError(`overlap allow of ${work.kind}; expected skip, buffer or cancel`);
  }
  cadenceOf(when);
  checkTimeZone(timezone);
  const row = {
    ...{ id, work: JSON.stringify(work), campaign: campaignOfWork(work), cadence: when, timezone, overlap },
    ...{ catch_up: catchUp, note, paused, created_by: actor },
  };
  await db.transaction().execute(async (tx) => {
    const { numInsertedOrUpdatedRows: inserted } = await tx
      .insertInto('schedule')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    if (!inserted) throw new ConflictError(`schedule ${id} is there already; expected an id that is free`);
    const detail = { work, when, timezone, overlap, catchUp };
    await audit(tx, { actor, action: 'schedule.create', object: id, detail });
  });
  try {
    await startClock(client, { id, cadence: when, timezone, overlap, catchUp, paused });
  } catch (error) {
    await db.deleteFrom('schedule').where('id', '=', id).execute();
    throw error;
  }
}

/** @throws NotFoundError */
export async function findSchedule(db: Kysely<Schema>, id: string): Promise<Schedule> {
  const row = await db.selectFrom('schedule').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new NotFoundError(`no schedule ${id}; expected one of: saltworks schedule ls`);
  return scheduleOf(row);
}

const scheduleOf = ({ id, work, campaign, cadence, timezone, overlap, catch_up: catchUp, paused }: Row): Schedule => ({
  ...{ id, work: workOf(work), campaign, cadence, timezone, overlap, catchUp, paused },
});

/** In the order of their ids. @param may whether the caller may see those of a campaign; null: of none */
export async function listSchedules(
  deps: ScheduleDeps,
  { campaign, may }: { campaign?: string; may(campaign: string | null): Promise<boolean> },
): Promise<ScheduleInfo[]> {
  let query = deps.db.selectFrom('schedule').selectAll().orderBy('id');
  if (campaign !== undefined) query = query.where('campaign', '=', campaign);
  const shown: Row[] = [];
  for (const row of await query.execute()) if (await may(row.campaign)) shown.push(row);
  return Promise.all(shown.map((row) => describe(deps, row)));
}

/** @throws NotFoundError */
export async function describeSchedule(deps: ScheduleDeps, id: string): Promise<ScheduleInfo> {
  const row = await deps.db.selectFrom('schedule').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new NotFoundError(`no schedule ${id}`);
  return describe(deps, row);
}

/** Times to come that are told. */
const shownTimes = 5;

async function describe({ db, client }: ScheduleDeps, row: Row): Promise<ScheduleInfo> {
  const { id, work, campaign, timezone, overlap, paused } = scheduleOf(row);
  const maker = await db.selectFrom('user').select('email').where('id', '=', row.created_by).executeTakeFirst();
  const last = await db
    .selectFrom('firing')
    .selectAll()
    .where('schedule', '=', id)
    .orderBy('n', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { next = [], missed = 0, dropped = 0 } = (await readClock(client, id)) ?? {};
  return {
    ...{ id, work, when: row.cadence, timezone, overlap, catchUp: row.catch_up, note: row.note, paused, campaign },
    by: maker?.email ?? row.created_by,
    created: row.created.toISOString(),
    next: paused ? [] : next.slice(0, shownTimes).map((time) => time.toISOString()),
    ...{ missed, dropped },
    last: last ? describeFiring(last) : null,
  };
}

export async function changeSchedule(
  { db, client }: ScheduleDeps,
  id: string,
  changes: { paused?: boolean; note?: string },
  actor: string,
): Promise<void> {
  if (changes.paused === undefined && changes.note === undefined) return;
  await db.transaction().execute(async (tx) => {
    await tx.updateTable('schedule').set(changes).where('id', '=', id).execute();
    await audit(tx, { actor, action: 'schedule.change', object: id, detail: changes });
  });
  if (changes.paused !== undefined) await pauseClock(client, id, changes.paused);
}

/** Removes a schedule and its history. A firing that is under way goes on to its end. */
export async function removeSchedule({ db, client }: ScheduleDeps, id: string, actor: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom('schedule').where('id', '=', id).execute();
    // Another schedule of this id may be somebody else's.
    await tx
      .deleteFrom('webhook')
      .where('topic', '=', topicText({ kind: 'schedule', name: id }))
      .execute();
    await audit(tx, { actor, action: 'schedule.remove', object: id });
  });
  // If Temporal is away, the next firing finds no schedule and stops the clock.
  await stopClock(client, id).catch(() => {});
}

export async function triggerSchedule({ db, client }: ScheduleDeps, id: string, actor: string): Promise<void> {
  await triggerClock(client, await findSchedule(db, id));
  await db.transaction().execute((tx) => audit(tx, { actor, action: 'schedule.trigger', object: id }));
}

/** Gives Temporal the schedules that it does not know: it lost them, or the server ended while it made one. */
export async function restoreClocks({ db, client }: ScheduleDeps): Promise<void> {
  for (const row of await db.selectFrom('schedule').selectAll().execute()) {
    const known = await readClock(client, row.id);
    if (!known) await startClock(client, scheduleOf(row));
    else if (known.paused !== row.paused) await pauseClock(client, row.id, row.paused);
  }
}
