/** A campaign's label schema: classes are added, recoloured, described and retired while people draw; each change is a version. */
import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import type { LabelSchema, SchemaChange } from '@saltworks/contract/api/label-schemas';
import { type Kysely, sql, type Transaction } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { categoriesOf, schemaChangesOf } from '../db/json.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError } from '../errors.ts';
import { checkCategories, findCampaign } from './campaigns.ts';

/** All versions, the newest first. @throws NotFoundError */
export async function labelSchemas(db: Kysely<Schema>, campaign: string): Promise<LabelSchema[]> {
  const { categories } = await findCampaign(db, campaign);
  const rows = await db
    .selectFrom('label_schema')
    .selectAll()
    .where('campaign', '=', campaign)
    .orderBy('version', 'desc')
    .execute();
  const found = rows.map(({ version, at, made_by, categories, changes }) => ({
    ...{ version, at: at.toISOString(), by: made_by },
    ...{ categories: categoriesOf(categories), changes: schemaChangesOf(changes) },
  }));
  return found.length > 0 ? found : [await firstOf(db, campaign, categories)];
}

/** The first version is written once there is a second. */
async function firstOf(
  db: Kysely<Schema> | Transaction<Schema>,
  campaign: string,
  categories: LabelCategory[],
): Promise<LabelSchema> {
  const { created, created_by: by } = await db
    .selectFrom('campaign')
    .select(['created', 'created_by'])
    .where('id', '=', campaign)
    .executeTakeFirstOrThrow();
  return { version: 1, at: created.toISOString(), by, categories, changes: [] };
}

/**
 * Makes the next version. Classes keep their ids, names and kinds, and none is left out: what was drawn of it stays. Pages with
 * an image open are told by an event.
 *
 * @param after the version that this one follows
 * @returns the new version; the one that there is, where nothing changes
 * @throws ConflictError if another version was made meanwhile, or classes cannot be changed so
 */
export async function changeLabelSchema(
  db: Kysely<Schema>,
  campaign: string,
  { after, categories }: { after: number; categories: LabelCategory[] },
  actor: string,
): Promise<LabelSchema> {
  checkCategories(categories);
  await db.transaction().execute(async (tx) => {
    await tx.selectFrom('campaign').select('id').where('id', '=', campaign).forUpdate().execute();
    const { categories: before, schema: version } = await findCampaign(tx, campaign);
    if (version !== after) {
      throw new ConflictError(`version ${version} of the classes was made meanwhile; expected a change of that one`, {
        version,
      });
    }
    const changes = changesOf(before, categories);
    if (changes.length === 0) return;
    if (version === 1) await record(tx, campaign, await firstOf(tx, campaign, before));
    const next = { version: version + 1, at: new Date().toISOString(), by: actor, categories, changes };
    await record(tx, campaign, next);
    await tx
      .updateTable('campaign')
      .set({ schema: next.version, updated: next.at })
      .where('id', '=', campaign)
      .execute();
    const changed = new Set(changes.map(({ category }) => category));
    for (const { id, name, colour, isthing, description = '', retired = false } of categories) {
      if (!changed.has(id)) continue;
      const changing = { colour, description, retired };
      await tx
        .insertInto('category')
        .values({ campaign, id, name, isthing, ...changing })
        .onConflict((conflict) => conflict.columns(['campaign', 'id']).doUpdateSet(changing))
        .execute();
    }
    await tellOpen(tx, campaign, next.version);
    await audit(tx, { actor, action: 'campaign.schema', object: campaign, detail: { version: next.version, changes } });
  });
  return (await labelSchemas(db, campaign))[0];
}

/** In the order of classes. @throws ConflictError if they cannot be changed so */
export function changesOf(before: readonly LabelCategory[], after: readonly LabelCategory[]): SchemaChange[] {
  const known = new Map(before.map((category) => [category.id, category]));
  const left = new Set(after.map(({ id }) => id));
  const gone = before.find(({ id }) => !left.has(id));
  if (gone) throw new ConflictError(`class ${gone.id} ${gone.name} is left out; expected it to be retired instead`);
  if (after.every(({ retired }) => retired)) throw new ConflictError('all classes are retired; expected one to draw');
  return after.flatMap((category) => {
    const { id, name, isthing, colour, description = '', retired = false } = category;
    const old = known.get(id);
    if (!old) return [{ category: id, kind: 'added' as const }];
    if (old.name !== name || old.isthing !== isthing) {
      const kind = (isthing: boolean) => (isthing ? 'thing' : 'stuff');
      throw new ConflictError(
        `class ${id} is ${name}, ${kind(isthing)}; expected ${old.name}, ${kind(old.isthing)}: masks name it so. Retire it, and add another one`,
      );
    }
    const kinds: SchemaChange['kind'][] = [];
    if (old.colour !== colour) kinds.push('recoloured');
    if ((old.description ?? '') !== description) kinds.push('described');
    if ((old.retired ?? false) !== retired) kinds.push(retired ? 'retired' : 'restored');
    return kinds.map((kind) => ({ category: id, kind }));
  });
}

async function record(
  tx: Transaction<Schema>,
  campaign: string,
  { version, at, by, categories, changes }: LabelSchema,
): Promise<void> {
  await tx
    .insertInto('label_schema')
    .values({
      ...{ campaign, version, at, made_by: by },
      ...{ categories: JSON.stringify(categories), changes: JSON.stringify(changes) },
    })
    .execute();
}

/** Tells the pages of assignments that may be drawn on. */
async function tellOpen(tx: Transaction<Schema>, campaign: string, version: number): Promise<void> {
  await sql`
    with told as (
      update assignment set event = event + 1
      where campaign = ${campaign} and state in ('leased', 'returned', 'sent_back')
      returning id, event
    )
    insert into event (assignment, n, kind, body) select id, event, 'schema', ${JSON.stringify({ version })}::jsonb from told`.execute(
    tx,
  );
}
