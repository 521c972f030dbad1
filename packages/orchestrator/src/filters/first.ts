/** Images that a filter finds, or that would teach most, given out before all others of a campaign. */
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

/**
 * The same of images in an order of their own, by their numbers in the dataset; those that the campaign lacks, or that somebody was
 * given, stay where they are.
 *
 * @param order what it is called
 */
export async function giveListFirst(
  db: Kysely<Schema>,
  campaign: string,
  { images, order, actor }: { images: readonly number[]; order: string; actor: string },
): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ images: string }>`
      with least as (select min(rank) as rank from task where campaign = ${campaign}),
      listed as (select * from unnest(${[...images]}::integer[]) with ordinality as one (image_id, place)),
      moved as (update task set rank = least.rank - ${images.length} - 1 + listed.place from least, listed
        where task.campaign = ${campaign} and task.image_id = listed.image_id and task.taken = 0
        returning task.id, task.rank),
      works as (update assignment set rank = moved.rank from moved where assignment.task = moved.id),
      drawn as (update task_category set rank = moved.rank from moved where task_category.task = moved.id)
      select count(*) as images from moved`.execute(tx);
    const count = Number(rows[0].images);
    await audit(tx, { actor, action: 'campaign.first', object: campaign, detail: { order, images: count } });
    return count;
  });
}
