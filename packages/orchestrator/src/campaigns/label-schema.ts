/** A campaign's label schema: classes are added, renamed, merged, described and retired while people draw; each change is a version. */
import { isDeepStrictEqual } from 'node:util';
import type { Campaign, LabelCategory } from '@saltworks/contract/api/campaigns';
import type { LabelSchema, SchemaChange } from '@saltworks/contract/api/label-schemas';
import type { Attribute } from '@saltworks/contract/attributes';
import { countedAs, storedName } from '@saltworks/core/drawing/classes';
import { type Kysely, sql, type Transaction } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { attributesOf, categoriesOf, schemaChangesOf } from '../db/json.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { changingColumns, checkAttributes, checkCategories, findCampaign } from './campaigns.ts';

/** All versions, the newest first. @throws NotFoundError */
export async function labelSchemas(db: Kysely<Schema>, campaign: string): Promise<LabelSchema[]> {
  const { categories, attributes } = await findCampaign(db, campaign);
  const rows = await db
    .selectFrom('label_schema')
    .selectAll()
    .where('campaign', '=', campaign)
    .orderBy('version', 'desc')
    .execute();
  const found = rows.map(({ version, at, made_by, categories, attributes, changes }) => ({
    ...{ version, at: at.toISOString(), by: made_by },
    ...{ categories: categoriesOf(categories), ...some(attributesOf(attributes)), changes: schemaChangesOf(changes) },
  }));
  return found.length > 0 ? found : [await firstOf(db, campaign, { categories, attributes })];
}

/** Attributes as a field, which is absent where there are none. */
const some = (attributes: Attribute[] = []) => (attributes.length > 0 ? { attributes } : {});

/**
 * A campaign with its classes as a version had them; classes that came later as they are now.
 *
 * @throws NotFoundError if there is no such version
 */
export async function campaignAt(db: Kysely<Schema>, campaign: Campaign, version?: number): Promise<Campaign> {
  if (version === undefined || version === campaign.schema) return campaign;
  const then = (await labelSchemas(db, campaign.id)).find((schema) => schema.version === version);
  if (!then) {
    throw new NotFoundError(`no version ${version} of the classes; expected one from 1 to ${campaign.schema}`);
  }
  const known = new Set(then.categories.map(({ id }) => id));
  const later = campaign.categories.filter(({ id }) => !known.has(id));
  return { ...campaign, categories: [...then.categories, ...later], schema: version };
}

/** The first version is written once there is a second. */
async function firstOf(
  db: Kysely<Schema> | Transaction<Schema>,
  campaign: string,
  { categories, attributes }: Pick<LabelSchema, 'categories' | 'attributes'>,
): Promise<LabelSchema> {
  const { created, created_by: by } = await db
    .selectFrom('campaign')
    .select(['created', 'created_by'])
    .where('id', '=', campaign)
    .executeTakeFirstOrThrow();
  return { version: 1, at: created.toISOString(), by, categories, ...some(attributes), changes: [] };
}

/**
 * Makes the next version. Classes keep their ids and kinds, and what masks call them, and none is left out: what was drawn of it
 * stays. Pages with an image open are told by an event.
 *
 * @param after the version that this one follows
 * @returns the new version; the one that there is, where nothing changes
 * @throws ConflictError if another version was made meanwhile, or classes cannot be changed so
 */
export async function changeLabelSchema(
  db: Kysely<Schema>,
  campaign: string,
  { after, categories: given, attributes: wanted }: Pick<LabelSchema, 'categories' | 'attributes'> & { after: number },
  actor: string,
): Promise<LabelSchema> {
  checkCategories(given);
  checkAttributes(wanted ?? []);
  await db.transaction().execute(async (tx) => {
    await tx.selectFrom('campaign').select('id').where('id', '=', campaign).forUpdate().execute();
    const { categories: before, attributes: former = [], schema: version } = await findCampaign(tx, campaign);
    if (version !== after) {
      throw new ConflictError(`version ${version} of the classes was made meanwhile; expected a change of that one`, {
        version,
      });
    }
    const categories = withStoredNames(before, given);
    const attributes = wanted ?? former;
    const changes = [...changesOf(before, categories), ...attributeChanges(former, attributes)];
    if (changes.length === 0) return;
    if (version === 1)
      await record(tx, campaign, await firstOf(tx, campaign, { categories: before, attributes: former }));
    const next = {
      version: version + 1,
      at: new Date().toISOString(),
      by: actor,
      categories,
      ...some(attributes),
      changes,
    };
    await record(tx, campaign, next);
    await tx
      .updateTable('campaign')
      .set({ schema: next.version, attributes: JSON.stringify(attributes), updated: next.at })
      .where('id', '=', campaign)
      .execute();
    // Two classes may change names with one another, and no two have one name at any time.
    for (const { category, kind } of changes) {
      if (kind !== 'renamed' || category === undefined) continue;
      await tx
        .updateTable('category')
        .set({ name: `\n${category}` })
        .where('campaign', '=', campaign)
        .where('id', '=', category)
        .execute();
    }
    const changed = new Set(changes.map(({ category }) => category));
    for (const { id, name, isthing, stored = null, merged = null, ...rest } of categories) {
      if (!changed.has(id)) continue;
      const changing = { name, stored, merged, ...changingColumns(rest) };
      await tx
        .insertInto('category')
        .values({ campaign, id, isthing, ...changing })
        .onConflict((conflict) => conflict.columns(['campaign', 'id']).doUpdateSet(changing))
        .execute();
    }
    await tellOpen(tx, campaign, next.version);
    await audit(tx, { actor, action: 'campaign.schema', object: campaign, detail: { version: next.version, changes } });
  });
  return (await labelSchemas(db, campaign))[0];
}

/**
 * Classes keep what masks call them; a new one is called by its name, unless another class is. One that is merged is no longer
 * offered.
 */
function withStoredNames(before: readonly LabelCategory[], after: readonly LabelCategory[]): LabelCategory[] {
  const known = new Map(before.map((category) => [category.id, storedName(category)]));
  const taken = new Set(known.values());
  return after.map(({ stored: _, pictures = [], ...category }) => {
    let stored = known.get(category.id) ?? category.name;
    if (!known.has(category.id)) {
      for (let n = category.id; taken.has(stored); n++) stored = `${category.name} ${n}`;
      taken.add(stored);
    }
    return {
      ...category,
      ...(pictures.length > 0 && { pictures }),
      ...(stored !== category.name && { stored }),
      ...(category.merged !== undefined && { retired: true }),
    };
  });
}

/** In the order of classes. @throws ConflictError if they cannot be changed so */
export function changesOf(before: readonly LabelCategory[], after: readonly LabelCategory[]): SchemaChange[] {
  const known = new Map(before.map((category) => [category.id, category]));
  const left = new Set(after.map(({ id }) => id));
  const gone = before.find(({ id }) => !left.has(id));
  if (gone) throw new ConflictError(`class ${gone.id} ${gone.name} is left out; expected it to be retired instead`);
  if (after.every(({ retired }) => retired)) throw new ConflictError('all classes are retired; expected one to draw');
  return after.flatMap((category) => {
    const { id, name, isthing, colour, description = '', pictures = [], retired = false, merged } = category;
    const old = known.get(id);
    if (old?.merged !== merged) checkMerged(category, after);
    if (!old) return [{ category: id, kind: 'added' as const }];
    if (old.isthing !== isthing) {
      throw new ConflictError(
        `class ${id} ${name} is ${kindOf(category)}; expected ${kindOf(old)}: masks say so. Retire it, and add another one`,
      );
    }
    const kinds: SchemaChange['kind'][] = [];
    if (old.name !== name) kinds.push('renamed');
    if (old.colour !== colour) kinds.push('recoloured');
    if ((old.description ?? '') !== description || !isDeepStrictEqual(old.pictures ?? [], pictures))
      kinds.push('described');
    if (old.shortcut !== category.shortcut) kinds.push('keyed');
    if (old.merged !== merged) kinds.push(merged === undefined ? 'restored' : 'merged');
    else if ((old.retired ?? false) !== retired) kinds.push(retired ? 'retired' : 'restored');
    return kinds.map((kind) => ({ category: id, kind }));
  });
}

/** In the order of attributes. @throws ConflictError if they cannot be changed so: what was given stays */
function attributeChanges(before: readonly Attribute[], after: readonly Attribute[]): SchemaChange[] {
  const left = new Map(after.map((attribute) => [attribute.id, attribute]));
  for (const { id, name, kind, of } of before) {
    const now = left.get(id);
    if (!now) throw new ConflictError(`attribute ${name} is left out; expected it to be retired instead`);
    if (now.name !== name || now.kind !== kind || now.of !== of) {
      throw new ConflictError(
        `attribute ${id} is ${now.name}, ${now.kind} of ${now.of}; expected ${name}, ${kind} of ${of}: masks say so`,
      );
    }
  }
  const known = new Map(before.map((attribute) => [attribute.id, attribute]));
  return after.flatMap(({ retired = false, ...now }): SchemaChange[] => {
    const attribute = now.id;
    const found = known.get(attribute);
    if (!found) return [{ attribute, kind: 'added' }];
    const { retired: was = false, ...then } = found;
    return [
      ...(isDeepStrictEqual(now, then) ? [] : [{ attribute, kind: 'changed' as const }]),
      ...(retired === was ? [] : [{ attribute, kind: retired ? ('retired' as const) : ('restored' as const) }]),
    ];
  });
}

const kindOf = ({ isthing }: LabelCategory) => (isthing ? 'thing' : 'stuff');

/** @throws ConflictError if a class cannot count as the one that it is merged into */
function checkMerged(category: LabelCategory, all: readonly LabelCategory[]): void {
  const { id, name, isthing, merged } = category;
  if (merged === undefined) return;
  const into = all.find((other) => other.id === merged);
  const end = countedAs(all, id);
  if (!into || !end || end.merged !== undefined || end.retired || end.isthing !== isthing) {
    const to = into ? `${into.name}${into.retired ? ', retired' : ''}, ${kindOf(into)}` : `class ${merged}`;
    throw new ConflictError(`class ${name} is merged into ${to}; expected another ${kindOf(category)} that is offered`);
  }
}

async function record(
  tx: Transaction<Schema>,
  campaign: string,
  { version, at, by, categories, attributes = [], changes }: LabelSchema,
): Promise<void> {
  await tx
    .insertInto('label_schema')
    .values({
      ...{ campaign, version, at, made_by: by },
      ...{
        categories: JSON.stringify(categories),
        attributes: JSON.stringify(attributes),
        changes: JSON.stringify(changes),
      },
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
