/** Consensus of every image that lacks one, or was handed in since. */
import type { ScheduleWork } from '@saltworks/contract/api/schedules';
import type { FiringEnd } from '@saltworks/contract/messages/schedules';
import { type Kysely, sql } from 'kysely';
import { findCampaign } from '../../campaigns/campaigns.ts';
import { makeConsensus, weightsOf } from '../../campaigns/measures/consensus.ts';
import type { Schema } from '../../db/schema.ts';
import { orAborted } from '../../temporal/beats.ts';
import type { Doing, WorkDeps } from './doing.ts';

/** Milliseconds to wait for comparisons of masks, which reliability needs. */
const comparingMs = 6 * 3_600_000;

export async function doConsensus(
  deps: WorkDeps,
  { campaign: id, weights }: Extract<ScheduleWork, { kind: 'consensus' }>,
  { signal, made, note }: Doing,
): Promise<FiringEnd> {
  const campaign = await findCampaign(deps.db, id);
  const tasks = await tasksWithoutConsensus(deps.db, id);
  let { images = 0 } = made;
  if (tasks.length === 0 && images === 0) {
    return { outcome: 'skipped', reason: 'every consensus is as new as what was handed in', made: {} };
  }
  const found = await orAborted(weightsOf(deps, campaign, weights, comparingMs), signal);
  let failed = 0;
  let reason: string | null = null;
  for (const task of tasks) {
    try {
      await orAborted(makeConsensus(deps, campaign, task, found), signal);
      images++;
      await note({ made: { images } });
    } catch (error) {
      signal.throwIfAborted();
      failed++;
      reason ??= (error as Error).message;
    }
  }
  return { outcome: images > 0 ? 'done' : 'failed', reason, made: { images, ...(failed > 0 ? { failed } : {}) } };
}

/** Tasks that several annotators handed in, or that have a consensus, where it is missing or older than the last mask. */
async function tasksWithoutConsensus(db: Kysely<Schema>, campaign: string): Promise<string[]> {
  const rows = await db
    .selectFrom('assignment')
    .innerJoin('task', 'task.id', 'assignment.task')
    .leftJoin('consensus', 'consensus.task', 'task.id')
    .select('task.id')
    .where('task.campaign', '=', campaign)
    .where('task.former', '=', false)
    .where('assignment.state', 'in', ['submitted', 'accepted'])
    .where('assignment.mask', 'is not', null)
    .groupBy(['task.id', 'task.rank', 'consensus.made'])
    .having(
      sql<boolean>`case when consensus.made is null then count(*) > 1 else max(assignment.submitted) > consensus.made end`,
    )
    .orderBy('task.rank')
    .orderBy('task.id')
    .execute();
  return rows.map(({ id }) => id);
}
