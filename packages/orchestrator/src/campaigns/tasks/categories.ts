/** The categories drawn on a task's image, by which lists of tasks are filtered. */

import type { Drawing, Interaction } from '@saltworks/contract/api/interactions';
import { replay } from '@saltworks/core/drawing/replay';
import { sql, type Transaction } from 'kysely';
import { interactionOf } from '../../db/json.ts';
import type { Schema } from '../../db/schema.ts';

const categoriesOf = ({ segments }: Drawing) => new Set(segments.map(({ category }) => category));

/** Whether an interaction can change the categories of a drawing. */
export const changesCategories = ({ kind }: Interaction): boolean =>
  !['stroke', 'fill', 'erase', 'lock', 'unlock', 'rename', 'value', 'move'].includes(kind);

/** Records the change of an assignment's categories; its row is locked. */
export async function noteCategories(
  tx: Transaction<Schema>,
  { id, task }: { id: string; task: string },
  drawings: { before: Drawing; after: Drawing },
): Promise<void> {
  const [before, after] = [categoriesOf(drawings.before), categoriesOf(drawings.after)];
  const added = [...after].filter((category) => !before.has(category));
  const removed = new Set([...before].filter((category) => !after.has(category)));
  if (added.length === 0 && removed.size === 0) return;
  // Annotators of one task take turns.
  await sql`select from task where id = ${task} for update`.execute(tx);
  if (added.length > 0) {
    await sql`
      insert into task_category (task, category, campaign, rank)
      select id, unnest(${sql.val(added)}::int[]), campaign, rank from task where id = ${task}
      on conflict do nothing`.execute(tx);
  }
  if (removed.size === 0) return;
  for (const other of await othersDrawings(tx, { id, task })) {
    for (const category of categoriesOf(other)) removed.delete(category);
  }
  if (removed.size === 0) return;
  await tx
    .deleteFrom('task_category')
    .where('task', '=', task)
    .where('category', 'in', [...removed])
    .execute();
}

async function othersDrawings(tx: Transaction<Schema>, { id, task }: { id: string; task: string }): Promise<Drawing[]> {
  const rows = await tx
    .selectFrom('interaction')
    .innerJoin('assignment', 'assignment.id', 'interaction.assignment')
    .select(['assignment.id', 'interaction.body'])
    .where('assignment.task', '=', task)
    .where('assignment.id', '!=', id)
    .orderBy('interaction.n')
    .execute();
  const logs = new Map<string, Interaction[]>();
  for (const row of rows) {
    const log = logs.get(row.id) ?? [];
    log.push(interactionOf(row.body));
    logs.set(row.id, log);
  }
  return [...logs.values()].map(replay);
}
