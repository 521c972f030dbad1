/**
 * Campaigns whose grace period has ended go: their rows, and all objects that were made of what was drawn in them and that nothing
 * else refers to. A sweep that breaks off is begun anew: rows go last. The audit trail stays.
 */
import { exportPlan } from '@saltworks/contract/documents/exports';
import {
  agreementPrefix,
  bakeoffsPrefix,
  buildsPrefix,
  campaignOf,
  campaignRecipe,
  classesPrefix,
  classPicturesPrefix,
  drawingsPrefix,
  exportPlanKey,
  exportsPrefix,
  labelEfficiencyPrefix,
  maskSetPrefix,
  reportsPrefix,
} from '@saltworks/contract/layout';
import { forEachMask, forEachReference, maskObjects } from '@saltworks/store/builds/references';
import { removeExport } from '@saltworks/store/datasets/exports';
import { inOrder } from '@saltworks/store/in-order';
import { readDocument } from '@saltworks/store/objects/documents';
import { folderNames } from '@saltworks/store/objects/folder-names';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Client } from '@temporalio/client';
import { type Kysely, sql } from 'kysely';
import { audit } from '../accounts/audit.ts';
import type { Schema } from '../db/schema.ts';
import { topicText } from '../notices/topics.ts';
import type { Runs } from '../runs/runs.ts';
import { stopClock } from '../schedules/clock.ts';

interface SweepDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
  client: Client;
  runs: Pick<Runs, 'list'>;
}

/** Calls to the store side by side. */
const atOnce = 16;

/** @returns the campaigns that went */
export async function sweepCampaigns(deps: SweepDeps, now = new Date()): Promise<string[]> {
  const due = await deps.db
    .selectFrom('campaign')
    .select(['id', 'dataset'])
    .where('deleted', 'is not', null)
    .where('goes', '<=', now)
    .orderBy('goes')
    .execute();
  const gone: string[] = [];
  for (const campaign of due) {
    // What is under way may still read and write: it is waited for.
    if ((await deps.runs.list(campaign.dataset)).some(({ state }) => state === 'running')) continue;
    await removeObjects(deps, campaign);
    await removeRows(deps, campaign.id);
    gone.push(campaign.id);
  }
  return gone;
}

interface Swept {
  id: string;
  dataset: string;
}

async function removeObjects({ db, store }: SweepDeps, { id, dataset }: Swept): Promise<void> {
  const isOwn = (recipe: string) => campaignOf(recipe) === id;
  const mayGo = new Set<string>();
  const masks = new Set<string>();
  const mask = (each: string) => {
    masks.add(each);
    for (const key of maskObjects(each)) mayGo.add(key);
  };
  for (const each of await masksOfRows(db, id)) mask(each);
  await forEachMask(store, (name, recipe) => name === dataset && isOwn(recipe), mask);
  await forEachReference(
    store,
    ({ kind, name }) => kind === 'campaign' && name === id,
    (key) => mayGo.add(key),
  );
  // What others refer to stays.
  const stays = (key: string) => void mayGo.delete(key);
  const staysMask = (each: string) => {
    masks.delete(each);
    maskObjects(each).forEach(stays);
  };
  await forEachMask(store, (_, recipe) => !isOwn(recipe), staysMask);
  await forEachReference(store, ({ kind, name }) => kind !== 'campaign' || name !== id, stays);
  for (const each of await masksOfOthers(db, id, masks)) staysMask(each);

  // First: what names them goes later, so that another try finds them again.
  await remove(store, mayGo);
  for (const each of masks) await removeBelow(store, agreementPrefix(each));
  for await (const exported of folderNames(store, exportsPrefix(dataset))) {
    const plan = await readDocument(store, exportPlanKey(dataset, exported), exportPlan);
    if (plan && isOwn(plan.recipe)) await removeExport(store, dataset, exported);
  }
  for await (const recipe of folderNames(store, reportsPrefix(dataset, 'masks')))
    if (isOwn(recipe)) await removeBelow(store, maskSetPrefix(dataset, recipe));
  const subject = { kind: 'campaign', name: id } as const;
  for (const prefix of [
    ...[buildsPrefix(subject), bakeoffsPrefix(subject), classesPrefix(dataset, campaignRecipe(id))],
    classPicturesPrefix(id),
  ])
    await removeBelow(store, prefix);
  for (const { id: assignment } of await db.selectFrom('assignment').select('id').where('campaign', '=', id).execute())
    for (const prefix of [drawingsPrefix(assignment), labelEfficiencyPrefix(assignment)])
      await removeBelow(store, prefix);
}

async function removeBelow(store: ObjectStore, prefix: string): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  await remove(store, keys);
}

const remove = async (store: ObjectStore, keys: Iterable<string>): Promise<void> => {
  for await (const _ of inOrder(keys, atOnce, (key) => store.delete(key)));
};

/** Masks that rows of a campaign name: handed in, reviewed, shown, weighed together, and answers on the way. */
async function masksOfRows(db: Kysely<Schema>, id: string): Promise<string[]> {
  const { rows } = await sql<{ mask: string }>`
    select mask from assignment where campaign = ${id} and mask is not null
    union select review.mask from review join assignment a on a.id = review.assignment where a.campaign = ${id} and review.mask is not null
    union select consensus.mask from consensus join task on task.id = consensus.task where task.campaign = ${id}
    union select build_mask.mask from build_mask join task on task.id = build_mask.task where task.campaign = ${id}
    union select event.body->>'mask' from event join assignment a on a.id = event.assignment
      where a.campaign = ${id} and event.body->>'mask' is not null`.execute(db);
  return rows.map(({ mask }) => mask);
}

/** Those of some masks that rows of other campaigns name. */
async function masksOfOthers(db: Kysely<Schema>, id: string, masks: ReadonlySet<string>): Promise<string[]> {
  if (masks.size === 0) return [];
  const { rows } = await sql<{ mask: string }>`
    with given as (select jsonb_array_elements_text(${JSON.stringify([...masks])}::jsonb) as mask)
    select given.mask from given where
      exists (select from assignment a where a.mask = given.mask and a.campaign <> ${id})
      or exists (select from review join assignment a on a.id = review.assignment where review.mask = given.mask and a.campaign <> ${id})
      or exists (select from consensus join task on task.id = consensus.task where consensus.mask = given.mask and task.campaign <> ${id})
      or exists (select from build_mask join task on task.id = build_mask.task where build_mask.mask = given.mask and task.campaign <> ${id})`.execute(
    db,
  );
  return rows.map(({ mask }) => mask);
}

async function removeRows({ db, client }: SweepDeps, id: string): Promise<void> {
  const schedules = await db.transaction().execute(async (tx) => {
    await sql`set local saltworks.sweep = 'on'`.execute(tx);
    const assignments = tx.selectFrom('assignment').select('id').where('campaign', '=', id);
    const tasks = tx.selectFrom('task').select('id').where('campaign', '=', id);
    for (const table of ['event', 'interaction', 'review', 'note'] as const)
      await tx.deleteFrom(table).where('assignment', 'in', assignments).execute();
    for (const table of ['consensus', 'task_category', 'task_person', 'build_mask'] as const)
      await tx.deleteFrom(table).where('task', 'in', tasks).execute();
    for (const table of ['promotion', 'build', 'image_filter'] as const)
      await tx.deleteFrom(table).where('kind', '=', 'campaign').where('name', '=', id).execute();
    const scheduled = await tx.deleteFrom('schedule').where('campaign', '=', id).returning('id').execute();
    const topics = [{ kind: 'campaign', name: id } as const, ...scheduled.map(ofSchedule)].map(topicText);
    await tx.deleteFrom('webhook').where('topic', 'in', topics).execute();
    for (const table of ['assignment', 'task'] as const)
      await tx.deleteFrom(table).where('campaign', '=', id).execute();
    // Members, categories, invitations go with it.
    await tx.deleteFrom('campaign').where('id', '=', id).execute();
    await audit(tx, { actor: null, action: 'campaign.sweep', object: id });
    return scheduled;
  });
  // If Temporal is away, the next firing finds no schedule and stops the clock.
  for (const schedule of schedules) await stopClock(client, schedule.id).catch(() => {});
}

const ofSchedule = ({ id: name }: { id: string }) => ({ kind: 'schedule', name }) as const;
