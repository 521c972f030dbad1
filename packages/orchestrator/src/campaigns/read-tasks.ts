/** Tasks as the API shows them. */
import type { Task } from '@saltworks/core/contract/api';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { chooseMask } from './chosen-mask.ts';

/** @returns in the order of the ids */
export async function readTasks(db: Kysely<Schema>, campaign: string, ids: readonly string[]): Promise<Task[]> {
  if (ids.length === 0) return [];
  const tasks = await db
    .selectFrom('task')
    .innerJoin('campaign', 'campaign.id', 'task.campaign')
    .leftJoin('consensus', 'consensus.task', 'task.id')
    .selectAll('task')
    .select(['campaign.annotators', 'consensus.mask as together', 'consensus.made'])
    .where('task.campaign', '=', campaign)
    .where('task.id', 'in', ids)
    .execute();
  const handed = groupByTask(
    await db
      .selectFrom('assignment')
      .select(['task', 'state', 'mask', 'submitted'])
      .where('task', 'in', ids)
      .where('state', 'in', ['submitted', 'accepted'])
      .execute(),
  );
  const categories = groupByTask(
    await db
      .selectFrom('task_category')
      .select(['task', 'category'])
      .where('task', 'in', ids)
      .orderBy('category')
      .execute(),
  );
  const found = new Map(tasks.map((task) => [task.id, task]));
  return ids.flatMap((id) => {
    const row = found.get(id);
    if (!row) return [];
    const masks = handed.get(id) ?? [];
    const { together, made, uncertainty, state, honeypot, taken } = row;
    return {
      id,
      image: { id: row.image_id, name: row.name, sha256: row.sha256, width: row.width, height: row.height },
      ...{ state, honeypot, taken, uncertainty },
      wanted: row.wanted ?? row.annotators,
      handed: masks.length,
      accepted: masks.filter((each) => each.state === 'accepted').length,
      categories: (categories.get(id) ?? []).map(({ category }) => category),
      ...chooseMask(masks, together !== null && made !== null ? { mask: together, made } : undefined),
    };
  });
}

function groupByTask<Row extends { task: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.task, [...(groups.get(row.task) ?? []), row]);
  return groups;
}
