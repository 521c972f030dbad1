/** Turns images into tasks as their keys are extracted. */

import { createHash } from 'node:crypto';
import type { Campaign, NewCampaign } from '@saltworks/contract/api/campaigns';
import type { Dataset, DatasetImage } from '@saltworks/contract/documents/dataset';
import { extractReport } from '@saltworks/contract/documents/reports';
import { extractReportKey } from '@saltworks/contract/layout';
import { classNamed } from '@saltworks/core/crowd/known-image';
import { storedName } from '@saltworks/core/drawing/classes';
import { formerVersions, readDataset, readShard } from '@saltworks/store/datasets/dataset';
import { readSelection } from '@saltworks/store/datasets/selections';
import { readTruth } from '@saltworks/store/datasets/truth';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import { findCampaign } from '../campaigns.ts';
import { keysOf } from '../keys.ts';
import { renewTasks } from './renew.ts';

/**
 * Makes tasks of all images that have keys by now, from where the last server stopped.
 *
 * @returns how many campaigns still wait for keys
 */
export async function fillCampaigns(db: Kysely<Schema>, store: ObjectStore): Promise<number> {
  const rows = await db
    .selectFrom('campaign')
    .select(['id', 'filled', 'shards'])
    .where('state', '!=', 'closed')
    .where('archived', 'is', null)
    .where('deleted', 'is', null)
    .whereRef('filled', '<', 'shards')
    .execute();
  let waiting = 0;
  for (const { id, filled, shards } of rows) {
    const campaign = await findCampaign(db, id);
    let shard = filled;
    while (shard < shards && (await fill(db, store, campaign, shard))) shard++;
    if (shard < shards) waiting++;
  }
  return waiting;
}

/** Makes tasks of images that have keys after all, in the campaigns that draw on these: each of their shards is looked at again. */
export async function refillCampaigns(
  db: Kysely<Schema>,
  { dataset, keys }: { dataset: string; keys: string },
): Promise<void> {
  const rows = await db
    .selectFrom('campaign')
    .select('id')
    .where('dataset', '=', dataset)
    .where('state', '!=', 'closed')
    .execute();
  for (const { id } of rows) {
    if (keysOf(await findCampaign(db, id)) !== keys) continue;
    await db.updateTable('campaign').set({ filled: 0 }).where('id', '=', id).execute();
  }
}

/** @returns whether the shard has its keys */
async function fill(db: Kysely<Schema>, store: ObjectStore, campaign: Campaign, shard: number): Promise<boolean> {
  const { dataset, honeypotRate, categories, selection } = campaign;
  const extracted = extractReportKey(dataset, keysOf(campaign), shard);
  const [report, former] = await Promise.all([
    readDocument(store, extracted, extractReport),
    formerVersions(store, dataset, shard),
  ]);
  // Extraction skips former versions; an image that is current again may lack keys.
  if (!report || report.former !== former) return false;
  const failed = new Set([...report.failures, ...(report.unshown ?? [])].map(({ sha256 }) => sha256));
  const chosen = selection && new Set((await readSelection(store, dataset, selection.id)).images);
  const images = (await readShard(store, dataset, shard)).filter(
    ({ id, sha256 }) => !failed.has(sha256) && (chosen?.has(id) ?? true),
  );
  const known = new Set<string>();
  if (honeypotRate > 0) {
    const classes = categories.map(storedName);
    for (const { sha256 } of images) if (await shows(store, { dataset, sha256 }, classes)) known.add(sha256);
  }
  await fillShard(db, campaign, shard, images, known);
  return true;
}

/** Whether the known mask of an image shows one of the classes; else it tells nothing about an annotator. */
async function shows(store: ObjectStore, image: { dataset: string; sha256: string }, classes: string[]) {
  const truth = await readTruth(store, image);
  if (!truth) return false;
  const shown = new Set(truth.segments_info.map(({ category_id }) => category_id));
  return truth.categories.some(({ id, name }) => shown.has(id) && classNamed(name, classes) !== undefined);
}

/** @throws ConflictError if a campaign wants known images and the dataset's known masks have none of its classes */
export function checkHoneypots(
  { honeypotRate = 0, categories }: Pick<NewCampaign, 'honeypotRate' | 'categories'>,
  dataset: Pick<Dataset, 'name' | 'categories'>,
): void {
  const classes = categories.map(({ name }) => name);
  const known = dataset.categories.map(({ name }) => name);
  if (honeypotRate === 0 || known.length === 0 || known.some((name) => classNamed(name, classes) !== undefined)) return;
  throw new ConflictError(
    `honeypots with the classes ${classes.slice(0, 5).join(', ')}; expected one that known masks of ${dataset.name} have: ${known.slice(0, 10).join(', ')}`,
  );
}

/** Follows changes of datasets: new images become tasks, and tasks of former versions are marked. */
export async function extendCampaigns(db: Kysely<Schema>, store: ObjectStore): Promise<void> {
  const rows = await db
    .selectFrom('campaign')
    .select(['id', 'dataset', 'filled', 'shards', 'images_as_of'])
    .where('state', '!=', 'closed')
    .where('archived', 'is', null)
    .where('deleted', 'is', null)
    .execute();
  for (const { id, dataset, filled, shards, images_as_of } of rows) {
    const now = await readDataset(store, dataset).catch(() => undefined);
    if (!now || (now.updated === images_as_of && now.shards === shards)) continue;
    await renewTasks(db, store, { id, filled }, now);
    const known = { shards: Math.max(shards, now.shards), images_as_of: now.updated };
    await db.updateTable('campaign').set(known).where('id', '=', id).execute();
  }
}

/**
 * Makes the images of a campaign's next shard its tasks.
 *
 * @param images of the shard, with keys
 * @param known sha256 of known images, for a campaign that wants them
 */
export async function fillShard(
  db: Kysely<Schema>,
  { id, ordering, honeypotRate }: Pick<Campaign, 'id' | 'ordering' | 'honeypotRate'>,
  shard: number,
  images: readonly DatasetImage[],
  known: ReadonlySet<string>,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('campaign')
      .set({ filled: shard + 1 })
      .where('id', '=', id)
      .where('filled', '=', shard)
      .executeTakeFirst();
    // Another server has done it.
    if (numUpdatedRows === 0n || images.length === 0) return;
    await tx
      .insertInto('task')
      .values(
        images.map(({ id: image, sha256, name, object }) => ({
          campaign: id,
          image_id: image,
          sha256,
          name,
          object,
          rank: ordering === 'random' ? randomRank(id, sha256) : image,
          honeypot: honeypotRate > 0 && known.has(sha256),
        })),
      )
      .onConflict((conflict) => conflict.columns(['campaign', 'sha256']).doNothing())
      .execute();
  });
}

/** The same at every try, different in every campaign. */
const randomRank = (campaign: string, sha256: string): number =>
  createHash('sha256').update(`${campaign}/${sha256}`).digest().readUInt32LE();
