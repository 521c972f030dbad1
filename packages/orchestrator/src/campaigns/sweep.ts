/**
 * Campaigns whose grace period has ended go: their rows, and all objects that were made of what was drawn in them and that nothing
 * else refers to. A sweep that breaks off is begun anew: rows go last. The audit trail stays.
 */
import { exportPlan } from '@saltworks/contract/documents/exports';
import {
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
import { removeExport } from '@saltworks/store/datasets/exports';
import { removeBelow } from '@saltworks/store/datasets/remove';
import { readDocument } from '@saltworks/store/objects/documents';
import { folderNames } from '@saltworks/store/objects/folder-names';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Client } from '@temporalio/client';
import { type Kysely, sql } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { removeMasks } from '../builds/remove-masks.ts';
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
  await removeMasks(
    { db, store },
    {
      ofSet: (_, recipe) => isOwn(recipe),
      ofSubject: ({ kind, name }) => kind === 'campaign' && name === id,
      campaign: id,
      named: await masksOfRows(db, id),
    },
  );
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
