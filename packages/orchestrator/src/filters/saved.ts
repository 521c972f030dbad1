/** Filters under names, of a dataset or a campaign. */
import type { ImageFilter, SavedFilter } from '@saltworks/contract/api/filters';
import type { Subject } from '@saltworks/contract/documents/builds';
import type { Kysely } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { askedOf } from '../db/json.ts';
import type { Schema } from '../db/schema.ts';
import { NotFoundError } from '../errors.ts';
import { topicText } from '../notices/topics.ts';

export async function listFilters(db: Kysely<Schema>, { kind, name }: Subject): Promise<SavedFilter[]> {
  const rows = await db
    .selectFrom('image_filter')
    .leftJoin('user', 'user.id', 'image_filter.made_by')
    .select(['image_filter.filter', 'image_filter.asked', 'image_filter.made', 'user.name as by'])
    .where('image_filter.kind', '=', kind)
    .where('image_filter.name', '=', name)
    .orderBy('image_filter.filter')
    .execute();
  return rows.map(({ filter, asked, made, by }) => ({
    ...{ name: filter, filter: askedOf(asked), by, made: made.toISOString() },
  }));
}

/** @throws NotFoundError */
export async function findFilter(db: Kysely<Schema>, { kind, name }: Subject, filter: string): Promise<ImageFilter> {
  const row = await db
    .selectFrom('image_filter')
    .select('asked')
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('filter', '=', filter)
    .executeTakeFirst();
  if (!row) throw new NotFoundError(`no filter ${filter} of ${kind} ${name}`);
  return askedOf(row.asked);
}

/** One of the same name is replaced. */
export async function saveFilter(
  db: Kysely<Schema>,
  { kind, name }: Subject,
  { filter, asked, actor }: { filter: string; asked: ImageFilter; actor: string },
): Promise<void> {
  const row = { asked: JSON.stringify(asked), made_by: actor, made: new Date() };
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('image_filter')
      .values({ kind, name, filter, ...row })
      .onConflict((conflict) => conflict.columns(['kind', 'name', 'filter']).doUpdateSet(row))
      .execute();
    await audit(tx, { actor, action: 'filter.save', object: topicText({ kind, name }), detail: { filter, asked } });
  });
}

/** What was made of it stays. @throws NotFoundError */
export async function removeFilter(
  db: Kysely<Schema>,
  { kind, name }: Subject,
  { filter, actor }: { filter: string; actor: string },
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { numDeletedRows } = await tx
      .deleteFrom('image_filter')
      .where('kind', '=', kind)
      .where('name', '=', name)
      .where('filter', '=', filter)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw new NotFoundError(`no filter ${filter} of ${kind} ${name}`);
    await audit(tx, { actor, action: 'filter.remove', object: topicText({ kind, name }), detail: { filter } });
  });
}
