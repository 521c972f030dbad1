/** How far a campaign is. */
import type { CampaignProgress } from '@saltworks/contract/api/campaigns';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';

export async function progressOf(db: Kysely<Schema>, campaign: string): Promise<CampaignProgress> {
  const { filled, shards } = await db
    .selectFrom('campaign')
    .select(['filled', 'shards'])
    .where('id', '=', campaign)
    .executeTakeFirstOrThrow();
  const tasks = await db
    .selectFrom('task')
    .select(['state', (eb) => eb.fn.countAll().as('count')])
    .where('campaign', '=', campaign)
    .where('honeypot', '=', false)
    .where('former', '=', false)
    .groupBy('state')
    .execute();
  const states = await db
    .selectFrom('assignment')
    .select(['state', (eb) => eb.fn.countAll().as('count')])
    .where('campaign', '=', campaign)
    .groupBy('state')
    .execute();
  const former = await formerTasks(db, campaign);
  const count = (state: string) => Number(tasks.find((row) => row.state === state)?.count ?? 0);
  return {
    filled: filled >= shards,
    tasks: count('open') + count('done'),
    done: count('done'),
    ...(former > 0 && { former }),
    ...(await workedOn(db, campaign)),
    assignments: Object.fromEntries(states.map(({ state, count }) => [state, Number(count)])),
  };
}

/** Tasks whose files changed after an annotator began; they count nowhere else. */
export async function formerTasks(db: Kysely<Schema>, campaign: string): Promise<number> {
  const { count } = await db
    .selectFrom('task')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('campaign', '=', campaign)
    .where('former', '=', true)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Accepted tasks, and tasks that were skipped and are still wanted; known images left out. */
async function workedOn(db: Kysely<Schema>, campaign: string): Promise<Pick<CampaignProgress, 'accepted' | 'skipped'>> {
  const { rows } = await sql<{ accepted: string; skipped: string }>`
    select count(*) filter (where task.state = 'done' and work.accepted >= coalesce(task.wanted, c.annotators)) as accepted,
      count(*) filter (where work.skipped > 0 and task.state = 'open' and task.taken < coalesce(task.wanted, c.annotators))
        as skipped
    from (
      select task, count(*) filter (where state = 'accepted') as accepted,
        count(*) filter (where state = 'skipped') as skipped
      from assignment where campaign = ${campaign} and state in ('accepted', 'skipped') group by task
    ) work
    join task on task.id = work.task join campaign c on c.id = task.campaign
    where not task.honeypot and not task.former`.execute(db);
  return { accepted: Number(rows[0].accepted), skipped: Number(rows[0].skipped) };
}
