/** Tags of a dataset's images: campaigns over it show the same. */
import { type Kysely, sql } from 'kysely';
import { audit, someImages } from '../accounts/audit.ts';
import type { Schema } from '../db/schema.ts';

/** @param campaign counts its images alone */
export async function listTags(
  db: Kysely<Schema>,
  dataset: string,
  campaign?: string,
): Promise<{ tag: string; images: number }[]> {
  const rows = await db
    .selectFrom('image_tag')
    .select(['tag', sql<string>`count(*)`.as('images')])
    .where('dataset', '=', dataset)
    .$if(campaign !== undefined, (query) =>
      query.where(
        sql<boolean>`exists (select from task where task.campaign = ${campaign} and task.image_id = image_tag.image)`,
      ),
    )
    .groupBy('tag')
    .orderBy('tag')
    .execute();
  return rows.map(({ tag, images }) => ({ tag, images: Number(images) }));
}

/** Tags by the numbers of images, of those that have any. */
export async function tagsOf(
  db: Kysely<Schema>,
  dataset: string,
  images: readonly number[],
): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  if (images.length === 0) return found;
  const rows = await db
    .selectFrom('image_tag')
    .select(['image', 'tag'])
    .where('dataset', '=', dataset)
    .where('image', 'in', images)
    .orderBy('tag')
    .execute();
  for (const { image, tag } of rows) found.set(image, [...(found.get(image) ?? []), tag]);
  return found;
}

/** Those of the images that have a tag. */
export async function havingTag<Image extends { id: number }>(
  db: Kysely<Schema>,
  { dataset, tag }: { dataset: string; tag: string },
  images: readonly Image[],
): Promise<Image[]> {
  const rows = await db
    .selectFrom('image_tag')
    .select('image')
    .where('dataset', '=', dataset)
    .where('tag', '=', tag)
    .where(
      'image',
      'in',
      images.map(({ id }) => id),
    )
    .execute();
  const found = new Set(rows.map(({ image }) => image));
  return images.filter(({ id }) => found.has(id));
}

/** Rows of one statement. */
const atOnce = 5_000;

/**
 * Sets a tag of images, or takes it from them.
 *
 * @param images their numbers in the dataset @param object the campaign or dataset where it was asked for
 * @returns how many had not been so before
 */
export async function changeTag(
  db: Kysely<Schema>,
  { dataset, tag, set, images }: { dataset: string; tag: string; set: boolean; images: readonly number[] },
  { actor, object, asked }: { actor: string; object: string; asked?: unknown },
): Promise<number> {
  return db.transaction().execute(async (tx) => {
    let changed = 0;
    for (let from = 0; from < images.length; from += atOnce) {
      const part = images.slice(from, from + atOnce);
      const { numInsertedOrUpdatedRows, numDeletedRows } = set
        ? {
            ...(await tx
              .insertInto('image_tag')
              .values(part.map((image) => ({ dataset, tag, image })))
              .onConflict((conflict) => conflict.doNothing())
              .executeTakeFirst()),
            numDeletedRows: 0n,
          }
        : {
            ...(await tx
              .deleteFrom('image_tag')
              .where('dataset', '=', dataset)
              .where('tag', '=', tag)
              .where('image', 'in', part)
              .executeTakeFirst()),
            numInsertedOrUpdatedRows: 0n,
          };
      changed += Number(numInsertedOrUpdatedRows ?? 0n) + Number(numDeletedRows);
    }
    const action = set ? 'tag.set' : 'tag.remove';
    await audit(tx, {
      actor,
      action,
      object,
      detail: { tag, changed, ...someImages(images), ...(asked !== undefined && { filter: asked }) },
    });
    return changed;
  });
}
