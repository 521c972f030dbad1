/** Tasks as the API shows them. */

import type { Task } from '@saltworks/contract/api/tasks';
import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { tagsOf } from '../../filters/tags.ts';
import { author } from '../assignments/author.ts';
import { imageOf } from '../assignments/read.ts';
import { builtMasks } from './built-masks.ts';
import { chooseMask, shownMask } from './chosen-mask.ts';
import { peopleOf } from './people.ts';
import { togetherOf } from './together.ts';

/** From the database alone; the mask's segments are in the store. */
export type ListedTask = Omit<Task, 'segments'>;

/** @returns in the order of the ids */
export async function readTasks(db: Kysely<Schema>, campaign: string, ids: readonly string[]): Promise<ListedTask[]> {
  if (ids.length === 0) return [];
  const tasks = await db
    .selectFrom('task')
    .innerJoin('campaign', 'campaign.id', 'task.campaign')
    .leftJoin('consensus', 'consensus.task', 'task.id')
    .selectAll('task')
    .select([
      'campaign.annotators',
      'campaign.dataset',
      'consensus.mask as together',
      'consensus.made',
      'consensus.weights',
    ])
    .where('task.campaign', '=', campaign)
    .where('task.id', 'in', ids)
    .execute();
  const works = groupByTask(
    await db
      .selectFrom('assignment')
      .select(['id', 'user_id', 'task', 'n', 'state', 'mask', 'submitted', 'reason', 'updated'])
      .select(author)
      .where('task', 'in', ids)
      .orderBy('created')
      .orderBy('id')
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
  const people = await peopleOf(db, ids);
  const built = await builtMasks(db, campaign, ids);
  const tags =
    tasks.length === 0
      ? new Map<number, string[]>()
      : await tagsOf(
          db,
          tasks[0].dataset,
          tasks.map(({ image_id }) => image_id),
        );
  const found = new Map(tasks.map((task) => [task.id, task]));
  return ids.flatMap((id) => {
    const row = found.get(id);
    if (!row) return [];
    const own = works.get(id) ?? [];
    const masks = own.filter((each) => each.state === 'submitted' || each.state === 'accepted');
    const { uncertainty, state, honeypot, taken } = row;
    const together = togetherOf(row);
    const chosen = chooseMask(masks, together);
    return {
      id,
      image: imageOf(row),
      ...{ state, honeypot, taken, uncertainty },
      ...(tags.has(row.image_id) && { tags: tags.get(row.image_id) }),
      wanted: row.wanted ?? row.annotators,
      ...(people.has(id) && { people: people.get(id) }),
      handed: masks.length,
      accepted: masks.filter((each) => each.state === 'accepted').length,
      categories: (categories.get(id) ?? []).map(({ category }) => category),
      mask: shownMask(chosen, together, built.get(id)),
      consensus: chosen.consensus,
      works: own.map(({ id, user_id, author, state, reason, updated }) => ({
        ...{ id, user: user_id, author, state, reason },
        updated: updated.toISOString(),
      })),
    };
  });
}

function groupByTask<Row extends { task: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.task, [...(groups.get(row.task) ?? []), row]);
  return groups;
}

/** A task's campaign and image. */
export const findTask = (db: Kysely<Schema>, id: string) =>
  db.selectFrom('task').select(['campaign', 'sha256', 'object']).where('id', '=', id).executeTakeFirstOrThrow();
