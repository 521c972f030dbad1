/** Images that are taken out of their dataset, put back, or gone for good once their grace period has ended. */
import type { RemovedImage } from '@saltworks/contract/api/datasets';
import { listDatasets } from '@saltworks/store/datasets/dataset';
import { whileSweeping } from '@saltworks/store/datasets/marks';
import {
  listRemoved,
  putBack,
  type RemovedImage as Removed,
  removeForGood,
  takeOut,
} from '@saltworks/store/datasets/removed';
import type { CallOptions, ObjectStore } from '@saltworks/store/objects/store';
import type { ExpressionBuilder, Kysely } from 'kysely';
import { auditAlone, someImages } from '../accounts/audit.ts';
import { daysAgo } from '../days-ago.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError, inputIsConflict } from '../errors.ts';
import { datasetOf } from './datasets.ts';
import type { Shards } from './shards.ts';
import { campaignsOver } from './shelf.ts';

interface RemovedDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
}

/** Images that one question of the database is about. */
const aQuestion = 10_000;

/**
 * @param images their numbers
 * @returns how many were in the dataset before, and when their pictures go for good
 * @throws ConflictError if somebody draws on one, or drew, in a campaign that is there; or if files are imported just now
 */
export async function removeFromDataset(
  { db, store, shards, graceDays }: RemovedDeps & { shards: Shards; graceDays: number },
  dataset: string,
  { images, actor }: { images: readonly number[]; actor: string },
): Promise<{ images: number; goes: string }> {
  const stand = await datasetOf(store, dataset);
  const drawn = await drawnIn(db, dataset, images);
  if (drawn.length > 0) {
    const told = drawn.map(({ campaign, images }) => `${images} in ${campaign}`).join(', ');
    throw new ConflictError(`images that annotators were given (${told}); expected images that nobody works on`);
  }
  const byShard = new Map<number, number[]>();
  // In order: each shard is read once.
  for (const id of images.toSorted((a, b) => a - b)) {
    const shard = await shards.find(stand, id);
    if (shard === undefined) continue;
    const own = byShard.get(shard);
    if (own) own.push(id);
    else byShard.set(shard, [id]);
  }
  const [at, goes] = [new Date().toISOString(), daysAgo(-graceDays).toISOString()];
  const count = await alone(store, dataset, () => takeOut(store, dataset, byShard, { at, goes }));
  await auditAlone(db, {
    actor,
    action: 'dataset.images.remove',
    object: dataset,
    detail: { changed: count, goes, ...someImages(images) },
  });
  return { images: count, goes };
}

/** @returns how many are back, and how many were gone: their files may be imported again @throws ConflictError */
export async function putBackIntoDataset(
  { db, store }: RemovedDeps,
  dataset: string,
  { images, actor }: { images: readonly number[]; actor: string },
): Promise<{ images: number; gone: number }> {
  await datasetOf(store, dataset);
  const done = await alone(store, dataset, () => putBack(store, dataset, images));
  const detail = { changed: done.images, gone: done.gone, ...someImages(images) };
  await auditAlone(db, { actor, action: 'dataset.images.back', object: dataset, detail });
  return done;
}

/** @param after the number below the first @returns at most `limit`, by number */
export async function removedFromDataset(
  { store, shards }: { store: ObjectStore; shards: Shards },
  dataset: string,
  { after, limit }: { after: number; limit: number },
): Promise<{ items: RemovedImage[]; next: string | null }> {
  const from = await shards.find(await datasetOf(store, dataset), after + 1);
  const items: RemovedImage[] = [];
  if (from === undefined) return { items, next: null };
  for await (const { id, name, at, goes, gone } of listRemoved(store, dataset, { from })) {
    if (id <= after) continue;
    if (items.length === limit) return { items, next: String(items[items.length - 1].id) };
    items.push({ id, name, at, goes, gone });
  }
  return { items, next: null };
}

/** Changes names, when nothing else does. @throws ConflictError while files are imported, into whatever dataset */
async function alone<T>(store: ObjectStore, dataset: string, work: () => Promise<T>): Promise<T> {
  const done = await whileSweeping(store, async () => ({ value: await work() })).catch(inputIsConflict);
  if (done) return done.value;
  throw new ConflictError(`files are imported or removed just now; expected ${dataset} at rest: try again in a while`);
}

/** Campaigns where any of the images was given to somebody, and how many were. */
async function drawnIn(
  db: Kysely<Schema>,
  dataset: string,
  images: readonly number[],
): Promise<{ campaign: string; images: number }[]> {
  const found = new Map<string, number>();
  for (let from = 0; from < images.length; from += aQuestion) {
    const rows = await db
      .selectFrom('task')
      .innerJoin('campaign', 'campaign.id', 'task.campaign')
      .select(['task.campaign', (eb) => eb.fn.countAll<string>().as('images')])
      .where('campaign.dataset', '=', dataset)
      .where('task.image_id', 'in', images.slice(from, from + aQuestion))
      .where((eb) => isGiven(eb))
      .groupBy('task.campaign')
      .orderBy('task.campaign')
      .execute();
    for (const { campaign, images } of rows) found.set(campaign, (found.get(campaign) ?? 0) + Number(images));
  }
  return [...found].map(([campaign, images]) => ({ campaign, images }));
}

/** Pictures whose time has come go, unless a campaign still has the image: somebody was given it meanwhile. @returns how many */
export async function sweepImages(
  { db, store }: RemovedDeps,
  { now = new Date(), ...options }: CallOptions & { now?: Date } = {},
): Promise<number> {
  let swept = 0;
  for await (const { name } of listDatasets(store, options)) {
    const due: Removed[] = [];
    for await (const image of listRemoved(store, name, options))
      if (!image.gone && new Date(image.goes) <= now) due.push(image);
    const going = due.length === 0 ? [] : await unused(db, name, due);
    if (going.length === 0) continue;
    const done = await whileSweeping(
      store,
      async () => {
        await removeForGood(store, name, going, options);
        return true;
      },
      options,
    );
    if (!done) continue;
    await auditAlone(db, {
      ...{ actor: null, action: 'dataset.images.sweep', object: name },
      detail: { changed: going.length, ...someImages(going.map(({ id }) => id)) },
    });
    swept += going.length;
  }
  return swept;
}

/** Those that no campaign over the dataset has. A task that nobody was given goes with its image, of a closed campaign, too. */
async function unused(db: Kysely<Schema>, dataset: string, images: readonly Removed[]): Promise<Removed[]> {
  const campaigns = (await campaignsOver(db, dataset)).map(({ id }) => id);
  if (campaigns.length === 0) return [...images];
  const used = new Set<string>();
  for (let from = 0; from < images.length; from += aQuestion) {
    const part = images.slice(from, from + aQuestion).map(({ sha256 }) => sha256);
    await db
      .deleteFrom('task')
      .where('campaign', 'in', campaigns)
      .where('sha256', 'in', part)
      .where((eb) => eb.not(isGiven(eb)))
      .execute();
    const rows = await db
      .selectFrom('task')
      .select('sha256')
      .distinct()
      .where('campaign', 'in', campaigns)
      .where('sha256', 'in', part)
      .execute();
    for (const { sha256 } of rows) used.add(sha256);
  }
  return images.filter(({ sha256 }) => !used.has(sha256));
}

/** Whether somebody was given a task: it is counted before the assignment is written. */
const isGiven = ({ eb, or, exists, selectFrom }: ExpressionBuilder<Schema, 'task'>) =>
  or([
    eb('task.taken', '>', 0),
    exists(selectFrom('assignment').select('assignment.id').whereRef('assignment.task', '=', 'task.id')),
  ]);
