/** Firings of schedules: each begins once, ends once, and says what came of it. */
import type { Page } from '@saltworks/contract/api/fields';
import type { Firing } from '@saltworks/contract/api/schedules';
import { type FiringEnd, type FiringMade, scheduled } from '@saltworks/contract/messages/schedules';
import { firings } from '@saltworks/telemetry/metrics';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Kysely, Selectable, Transaction } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { madeOf, workOf } from '../db/json.ts';
import type { FiringTable, Schema } from '../db/schema.ts';
import { notify } from '../notices/notify.ts';
import { findWorkflow } from '../temporal/workflows.ts';
import { firingWorkflowId } from './clock.ts';
import { subjectOfWork } from './subject.ts';

type Row = Selectable<FiringTable>;
type Of = Pick<Row, 'schedule' | 'id'>;

/** So many firings of a schedule are remembered. */
const remembered = 10_000;

/**
 * Notes that a firing begins. What a firing before it has done is never done again.
 *
 * @param run Temporal's id of the execution
 * @param began when Temporal started it
 * @param away why nothing is done over its dataset, if that is put away
 * @returns whether there is something to do
 */
export async function beginFiring(
  { db, client }: { db: Kysely<Schema>; client: Client },
  { schedule, id, run, at }: Of & { run: string; at: Date },
  { began, overlap, catchUp, away }: { began: Date; overlap: string; catchUp: number | null; away?: string },
): Promise<boolean> {
  const { own, isNew, before } = await db.transaction().execute(async (tx) => {
    // One at a time: of two that come at once, the later one sees the earlier one.
    await tx.selectFrom('schedule').select('id').where('id', '=', schedule).forUpdate().execute();
    const { numInsertedOrUpdatedRows: inserted } = await tx
      .insertInto('firing')
      .values({ schedule, id, run, at })
      .onConflict((conflict) => conflict.columns(['schedule', 'id']).doNothing())
      .executeTakeFirst();
    const own = await rowOf(tx, { schedule, id });
    const before = await tx
      .selectFrom('firing')
      .selectAll()
      .where('schedule', '=', schedule)
      .where('outcome', 'is', null)
      .where('n', '<', own.n)
      .execute();
    // Another execution of the same firing takes over from one that was ended from outside.
    if (own.outcome === null && own.run !== run) {
      await tx.updateTable('firing').set({ run }).where('schedule', '=', schedule).where('id', '=', id).execute();
    }
    return { own, isNew: Boolean(inserted), before };
  });
  if (own.outcome !== null) return false;
  const skip = async (reason: string) => {
    await endFiring(db, { schedule, id }, { outcome: 'skipped', reason, made: {} });
    return false;
  };
  const shelved = (await shelvedBehind(db, schedule)) ?? away;
  if (isNew && shelved !== undefined) return skip(shelved);
  const late = (Date.now() - began.getTime()) / 1_000;
  if (isNew && late > Math.max(catchUp ?? 0, graceSeconds)) {
    return skip(`missed: no server ran for ${Math.round(late)} s`);
  }
  for (const other of before) {
    if (!(await isUnderWay(client, other))) {
      await endFiring(db, other, { outcome: 'failed', reason: 'it was ended from outside', made: {} });
    } else if (overlap === 'skip') return skip(`the firing of ${other.at.toISOString()} is under way`);
  }
  return true;
}

/** Why nothing is done for a campaign that is in the archive or was deleted; undefined for any other work. */
async function shelvedBehind(db: Kysely<Schema>, schedule: string): Promise<string | undefined> {
  const found = await db
    .selectFrom('schedule')
    .innerJoin('campaign', 'campaign.id', 'schedule.campaign')
    .select(['campaign.id', 'campaign.archived', 'campaign.deleted'])
    .where('schedule.id', '=', schedule)
    .executeTakeFirst();
  if (found?.deleted) return `campaign ${found.id} was deleted`;
  return found?.archived ? `campaign ${found.id} is archived` : undefined;
}

/** A server that restarts takes so long. */
const graceSeconds = 60;

const rowOf = (db: Kysely<Schema>, { schedule, id }: Of): Promise<Row> =>
  db.selectFrom('firing').selectAll().where('schedule', '=', schedule).where('id', '=', id).executeTakeFirstOrThrow();

async function isUnderWay(client: Client, { schedule, id, run }: Pick<Row, 'schedule' | 'id' | 'run'>) {
  try {
    const { status } = await findWorkflow(client, scheduled, firingWorkflowId(schedule, id), run).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Notes what came of a firing, once. */
export async function endFiring(db: Kysely<Schema>, { schedule, id }: Of, end: FiringEnd): Promise<void> {
  const { outcome, reason, made } = end;
  await db.transaction().execute(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('firing')
      .set({ outcome, reason, made: JSON.stringify(made), ended: new Date() })
      .where('schedule', '=', schedule)
      .where('id', '=', id)
      .where('outcome', 'is', null)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    firings.inc({ outcome });
    if (outcome === 'failed') await tellOfFailure(tx, { schedule, id }, reason);
    if (outcome !== 'skipped') {
      await audit(tx, { actor: null, action: 'schedule.fire', object: schedule, detail: { firing: id, ...end } });
    }
    const oldest = await tx
      .selectFrom('firing')
      .select('n')
      .where('schedule', '=', schedule)
      .orderBy('n', 'desc')
      .offset(remembered)
      .limit(1)
      .executeTakeFirst();
    if (!oldest) return;
    await tx
      .deleteFrom('firing')
      .where('schedule', '=', schedule)
      .where('n', '<=', oldest.n)
      .where('outcome', 'is not', null)
      .execute();
  });
}

async function tellOfFailure(tx: Transaction<Schema>, { schedule, id }: Of, reason: string | null): Promise<void> {
  const found = await tx.selectFrom('schedule').select('work').where('id', '=', schedule).executeTakeFirst();
  if (!found) return;
  const subject = subjectOfWork(workOf(found.work));
  await notify(tx, { event: 'schedule.failed', subject, schedule, once: id, ...(reason !== null && { why: reason }) });
}

/** Notes what a firing waits for, or what it has made so far: another attempt goes on from there. */
export async function noteFiring(
  db: Kysely<Schema>,
  { schedule, id }: Of,
  { reason, made }: { reason?: string | null; made?: FiringMade },
): Promise<void> {
  await db
    .updateTable('firing')
    .set({
      ...(reason === undefined ? {} : { reason }),
      ...(made === undefined ? {} : { made: JSON.stringify(made) }),
    })
    .where('schedule', '=', schedule)
    .where('id', '=', id)
    .where('outcome', 'is', null)
    .execute();
}

/** What earlier attempts of a firing have made. */
export async function madeSoFar(db: Kysely<Schema>, of: Of): Promise<FiringMade> {
  return madeOf((await rowOf(db, of)).made);
}

/** The newest first. @param after the `next` of the part before */
export async function listFirings(
  db: Kysely<Schema>,
  schedule: string,
  { after, limit }: { after?: string; limit: number },
): Promise<Page<Firing>> {
  let query = db
    .selectFrom('firing')
    .selectAll()
    .where('schedule', '=', schedule)
    .orderBy('n', 'desc')
    .limit(limit + 1);
  if (after !== undefined) query = query.where('n', '<', after);
  const rows = await query.execute();
  const items = rows.slice(0, limit);
  return { items: items.map(describeFiring), next: rows.length > limit ? rows[limit - 1].n : null };
}

export const describeFiring = ({ id, at, started, ended, outcome, reason, made }: Row): Firing => ({
  id,
  at: at.toISOString(),
  started: started.toISOString(),
  ended: ended?.toISOString() ?? null,
  outcome: outcome ?? 'running',
  reason,
  made: madeOf(made),
});
