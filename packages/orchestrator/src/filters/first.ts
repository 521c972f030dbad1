/** Images that a filter finds, given out before all others of a campaign. */
import { type Kysely, sql } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { type TaskFilter, whereOf } from '../campaigns/tasks/list.ts';
import type { Schema } from '../db/schema.ts';

/**
 * Moves the ranks of the tasks that fit below all others, in the order that they have among themselves. Copies of a task's rank,
 * by which lists are read, follow.
 *
 * @returns how many there are
 */
export async function giveFirst(
  db: Kysely<Schema>,
  campaign: string,
  { name, filter, actor }: { name: string; filter: TaskFilter; actor: string },
): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ images: string }>`
      with span as (select max(rank) - min(rank) + 1 as ranks from task where campaign = ${campaign}),
      moved as (update task set rank = rank - span.ranks from span where ${whereOf(campaign, filter)}
        returning task.id, task.rank),
      works as (update assignment set rank = moved.rank from moved where assignment.task = moved.id),
      drawn as (update task_category set rank = moved.rank from moved where task_category.task = moved.id)
      select count(*) as images from moved`.execute(tx);
    const images = Number(rows[0].images);
    await audit(tx, { actor, action: 'campaign.first', object: campaign, detail: { filter: name, images } });
    return images;
  });
}
