/** How many annotators have a task, and whether they are enough. */
import { sql, type Transaction } from 'kysely';
import type { Schema } from '../../db/schema.ts';

/** Changes the number of annotators who have a task. */
export async function count(tx: Transaction<Schema>, task: string, by: 1 | -1): Promise<void> {
  await tx
    .updateTable('task')
    .set((eb) => ({ taken: eb('taken', '+', by) }))
    .where('id', '=', task)
    .execute();
}

/** Counts a returned assignment again. @returns whether the task wants another annotator */
export async function takeAgain(tx: Transaction<Schema>, task: string): Promise<boolean> {
  const { rows } = await sql`
    update task set taken = taken + 1 from campaign c
    where c.id = task.campaign and task.id = ${task} and (task.honeypot or task.taken < coalesce(task.wanted, c.annotators))
    returning task.id`.execute(tx);
  return rows.length > 0;
}

/**
 * Sets a task, or all of a campaign's, to done if enough annotators have submitted, else to open. Locks the campaign and the
 * tasks first.
 */
export async function settleTasks(
  tx: Transaction<Schema>,
  { campaign, task }: { campaign: string; task?: string },
): Promise<void> {
  const which = task === undefined ? sql`task.campaign = ${campaign}` : sql`task.id = ${task}`;
  await sql`select from campaign where id = ${campaign} for share`.execute(tx);
  await sql`select from task where ${which} order by rank, id for update`.execute(tx);
  // A statement sees only commits before its start, so it must start after the locks are held.
  await sql`
    update task set state = now.state from (
      select task.id, case when coalesce(task.wanted, c.annotators) <= (
          select count(*) from assignment a where a.task = task.id and a.state in ('submitted', 'accepted')
        ) then 'done' else 'open' end as state
      from task join campaign c on c.id = task.campaign
      where ${which} and not task.honeypot
    ) now where now.id = task.id and now.state <> task.state`.execute(tx);
}
