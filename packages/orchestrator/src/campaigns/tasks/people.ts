/** Images that are reserved: given members get them first, and nobody else does. */
import type { Task } from '@saltworks/contract/api/tasks';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { audit } from '../../accounts/audit.ts';
import type { Schema } from '../../db/schema.ts';
import { ConflictError, NotFoundError } from '../../errors.ts';
import { nameOf } from '../assignments/author.ts';

/** Of a row of `task`: whether a user may be given it, as far as reservations go. */
export const isFor = (user: string): RawBuilder<boolean> => sql<boolean>`(
  not exists (select from task_person where task_person.task = task.id)
  or exists (select from task_person where task_person.task = task.id and task_person.user_id = ${user}))`;

/**
 * Reserves an image for people, or frees it for all. Whoever has it goes on.
 *
 * @param people accounts of members; none: everybody
 * @throws NotFoundError; ConflictError if one of them is no member
 */
export async function reserveTask(
  db: Kysely<Schema>,
  task: string,
  people: readonly string[],
  actor: string,
): Promise<void> {
  const wanted = [...new Set(people)];
  await db.transaction().execute(async (tx) => {
    const row = await tx.selectFrom('task').select('campaign').where('id', '=', task).executeTakeFirst();
    if (!row) throw new NotFoundError(`no task ${task}`);
    const members = await tx.selectFrom('member').select('user_id').where('campaign', '=', row.campaign).execute();
    const known = new Set(members.map(({ user_id }) => user_id));
    const stranger = wanted.find((user) => !known.has(user));
    if (stranger !== undefined) throw new ConflictError(`account ${stranger}; expected a member of ${row.campaign}`);
    await tx.deleteFrom('task_person').where('task', '=', task).execute();
    if (wanted.length > 0) {
      const rows = wanted.map((user_id) => ({ task, user_id }));
      await tx.insertInto('task_person').values(rows).execute();
    }
    await audit(tx, { actor, action: 'task.reserve', object: task, detail: { people: wanted } });
  });
}

/** Whom images are reserved for, by task. */
export async function peopleOf(
  db: Kysely<Schema>,
  tasks: readonly string[],
): Promise<Map<string, NonNullable<Task['people']>>> {
  const rows = await db
    .selectFrom('task_person')
    .select(['task', 'user_id', nameOf('task_person.user_id').as('name')])
    .where('task', 'in', tasks)
    .orderBy('user_id')
    .execute();
  const found = new Map<string, NonNullable<Task['people']>>();
  for (const { task, user_id: user, name } of rows) found.set(task, [...(found.get(task) ?? []), { user, name }]);
  return found;
}
