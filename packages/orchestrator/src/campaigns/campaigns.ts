/** Campaigns: a dataset's images, the categories to choose from, and the settings of answers and of annotators' work. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import {
  type Campaign,
  type CampaignChanges,
  campaignDefaults,
  type NewCampaign,
} from '@saltworks/contract/api/campaigns';
import type { Selection } from '@saltworks/contract/api/filters';
import { type Attribute, segmentName } from '@saltworks/contract/attributes';
import { defaultThresholds } from '@saltworks/contract/documents/comparisons';
import { InvalidInputError } from '@saltworks/contract/errors';
import { presets } from '@saltworks/core/options';
import { type Kysely, sql } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { lockSubject } from '../builds/lock-subject.ts';
import { attributesOf, picturesOf, selectionOf, solveOf, startOf } from '../db/json.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { settleTasks } from './tasks/count.ts';

/**
 * @param shards of the dataset now
 * @param inUse throws unless it is in use: nobody can delete it between this look and the campaign
 * @throws ConflictError if the id is taken
 */
export async function createCampaign(
  db: Kysely<Schema>,
  { categories, attributes = [], ...given }: NewCampaign,
  {
    actor,
    shards,
    selection,
    inUse,
  }: { actor: string; shards: number; selection?: Selection; inUse?(): Promise<void> },
): Promise<Campaign> {
  checkCategories(categories);
  const pictured = categories.find(({ pictures = [] }) => pictures.length > 0);
  if (pictured) {
    throw new ConflictError(
      `class ${pictured.name} has pictures; expected them to be added once the campaign is there`,
    );
  }
  checkAttributes(attributes);
  const { id, name, dataset, backbone, layer, facet, longSide, codec, preset, solve, strokes, ordering, start } = given;
  await db.transaction().execute(async (tx) => {
    await lockSubject(tx, { kind: 'dataset', name: dataset });
    await inUse?.();
    const { numInsertedOrUpdatedRows: inserted } = await tx
      .insertInto('campaign')
      .values({
        ...columnsOf({ ...campaignDefaults, ...given }),
        id,
        name,
        dataset,
        ...{ backbone, layer, facet, long_side: longSide, codec },
        preset,
        solve: JSON.stringify({ ...solve, strokes }),
        attributes: JSON.stringify(attributes),
        ...(ordering ? { ordering } : {}),
        start: start ? JSON.stringify(start) : null,
        selection: selection ? JSON.stringify(selection) : null,
        shards,
        created_by: actor,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    if (!inserted) throw new ConflictError(`campaign ${id} is there already; expected an id that is free`);
    await tx
      .insertInto('category')
      .values(
        categories.map(({ id: category, name, isthing, ...rest }) => ({
          ...{ campaign: id, id: category, name, isthing },
          ...changingColumns(rest),
        })),
      )
      .execute();
    await tx.insertInto('member').values({ campaign: id, user_id: actor, role: 'manager' }).execute();
    await audit(tx, {
      actor,
      action: 'campaign.create',
      object: id,
      detail: { ...given, categories, attributes, ...(selection && { selection }) },
    });
  });
  return findCampaign(db, id);
}

/** Columns of a category that changes overwrite. */
export const changingColumns = (
  category: Pick<LabelCategory, 'colour' | 'description' | 'retired' | 'shortcut' | 'pictures'>,
) => {
  const { colour, description = '', retired = false, shortcut = null, pictures = [] } = category;
  return { colour, description, retired, shortcut, pictures: JSON.stringify(pictures) };
};

/** @throws ConflictError if two share an id, a name or a key, or one has a picture twice */
export function checkCategories(categories: readonly LabelCategory[]): void {
  if (categories.length === 0) throw new InvalidInputError('no categories; expected at least one');
  for (const [field, what] of [
    ['id', 'an id'],
    ['name', 'a name'],
    ['shortcut', 'a key'],
  ] as const) {
    const given = categories.map((category) => category[field]).filter((value) => value !== undefined);
    if (new Set(given).size < given.length) {
      throw new ConflictError(`categories share ${what}; expected them to differ`);
    }
  }
  for (const { name, pictures = [] } of categories) {
    if (new Set(pictures.map(({ picture }) => picture)).size < pictures.length)
      throw new ConflictError(`class ${name} has a picture twice; expected pictures that differ`);
  }
}

/** @throws ConflictError if two share an id or a name, or a choice has none */
export function checkAttributes(attributes: readonly Attribute[]): void {
  for (const [field, what] of [
    ['id', 'an id'],
    ['name', 'a name'],
  ] as const) {
    if (new Set(attributes.map((attribute) => attribute[field])).size < attributes.length) {
      throw new ConflictError(`attributes share ${what}; expected them to differ`);
    }
  }
  for (const { name, kind, choices } of attributes) {
    if (name === segmentName) throw new ConflictError(`an attribute ${name}; expected another word: it names segments`);
    if ((kind === 'choice') === (choices !== undefined && new Set(choices).size === choices.length)) continue;
    const expected = kind === 'choice' ? 'choices that differ' : 'none';
    throw new ConflictError(
      `attribute ${name}, ${kind}, has choices ${choices?.join(', ') ?? '–'}; expected ${expected}`,
    );
  }
}

function columnsOf({
  name,
  instructions,
  annotators,
  blind,
  honeypotRate,
  deadline,
  leaseSeconds,
  state,
  gateWorse,
  gateChanged,
  unlabelled,
}: CampaignChanges) {
  const columns = {
    name,
    instructions,
    annotators,
    blind,
    honeypot_rate: honeypotRate,
    deadline,
    lease_seconds: leaseSeconds,
    state,
    gate_worse: gateWorse,
    gate_changed: gateChanged,
    unlabelled,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined)) as Partial<
    typeof columns
  >;
}

export async function changeCampaign(
  db: Kysely<Schema>,
  id: string,
  changes: CampaignChanges,
  actor: string,
): Promise<Campaign> {
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable('campaign')
      .set({ ...columnsOf(changes), updated: new Date() })
      .$if(changes.strokes !== undefined, (update) =>
        update.set({ solve: sql`solve || ${JSON.stringify({ strokes: changes.strokes })}::jsonb` }),
      )
      .where('id', '=', id)
      .execute();
    if (changes.annotators !== undefined) await settleTasks(tx, { campaign: id });
    await audit(tx, { actor, action: 'campaign.change', object: id, detail: changes });
  });
  return findCampaign(db, id);
}

/** @throws NotFoundError */
export async function findCampaign(db: Kysely<Schema>, id: string): Promise<Campaign> {
  const [found] = await readCampaigns(db, [id]);
  if (!found) throw new NotFoundError(`no campaign ${id}`);
  return found;
}

/** @param user lists only campaigns of which this user is a member */
export async function listCampaigns(db: Kysely<Schema>, user?: string): Promise<Campaign[]> {
  let query = db.selectFrom('campaign').select('campaign.id').orderBy('campaign.created').orderBy('campaign.id');
  if (user !== undefined) {
    query = query.innerJoin('member', 'member.campaign', 'campaign.id').where('member.user_id', '=', user);
  }
  return readCampaigns(
    db,
    (await query.execute()).map(({ id }) => id),
  );
}

/** Those that are there, the oldest first. */
export async function readCampaigns(db: Kysely<Schema>, ids: readonly string[]): Promise<Campaign[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('campaign')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('created')
    .orderBy('id')
    .execute();
  const categories = await db.selectFrom('category').selectAll().where('campaign', 'in', ids).orderBy('id').execute();
  const preset = (row: (typeof rows)[number]) => row.preset as Campaign['preset'];
  return rows
    .map((row) => ({
      ...row,
      solve: solveOf(row.solve),
      attributes: attributesOf(row.attributes),
      selection: selectionOf(row.selection),
    }))
    .map((row) => ({
      id: row.id,
      name: row.name,
      dataset: row.dataset,
      instructions: row.instructions,
      backbone: row.backbone,
      layer: row.layer ?? undefined,
      facet: row.facet as Campaign['facet'],
      longSide: row.long_side ?? undefined,
      codec: row.codec ?? undefined,
      preset: preset(row),
      solve: row.solve,
      strokes: row.solve.strokes ?? presets[preset(row)].strokes,
      annotators: row.annotators,
      blind: row.blind,
      ordering: row.ordering,
      start: startOf(row.start),
      unlabelled: row.unlabelled,
      ...(row.selection && { selection: row.selection }),
      honeypotRate: row.honeypot_rate,
      deadline: row.deadline?.toISOString() ?? null,
      leaseSeconds: row.lease_seconds,
      state: row.state,
      gateWorse: row.gate_worse ?? defaultThresholds.worse,
      gateChanged: row.gate_changed ?? defaultThresholds.changed,
      categories: categories
        .filter(({ campaign }) => campaign === row.id)
        .map(({ pictures, ...category }) => ({ ...category, pictures: picturesOf(pictures) }))
        .map(({ id, name, colour, isthing, description, retired, stored, merged, shortcut, pictures }) => ({
          ...{ id, name, colour, isthing },
          ...(description !== '' && { description }),
          ...(pictures.length > 0 && { pictures }),
          ...(retired && { retired }),
          ...(stored !== null && stored !== name && { stored }),
          ...(merged !== null && { merged }),
          ...(shortcut !== null && { shortcut }),
        })),
      ...(row.attributes.length > 0 && { attributes: row.attributes }),
      schema: row.schema,
      created: row.created.toISOString(),
      archived: row.archived?.toISOString() ?? null,
      deleted: row.deleted && row.goes ? { at: row.deleted.toISOString(), goes: row.goes.toISOString() } : null,
    }));
}
