/** Turns the images of datasets into tasks, as fast as their keys are extracted. */
import type { Campaign } from '@saltworks/core/contract/api';
import { extractedKey, keysId, truthKey } from '@saltworks/core/contract/layout';
import { readDataset, readShard } from '@saltworks/store/dataset';
import type { ObjectStore } from '@saltworks/store/store';
import { readJson } from '@saltworks/store/text';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { findCampaign } from './campaigns.ts';
import { fillShard } from './tasks.ts';

/**
 * Fills campaigns with what has keys by now; what a server left half done, the next one goes on with.
 *
 * @returns campaigns that still wait for keys
 */
export async function fillCampaigns(db: Kysely<Schema>, store: ObjectStore): Promise<number> {
  const rows = await db
    .selectFrom('campaign')
    .select(['id', 'filled', 'shards'])
    .where('state', '!=', 'closed')
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

/** @returns whether the shard's keys are there */
async function fill(db: Kysely<Schema>, store: ObjectStore, campaign: Campaign, shard: number): Promise<boolean> {
  const { dataset, backbone, honeypotRate } = campaign;
  const extracted = extractedKey(dataset, keysId(backbone, { facet: 'key' }), shard);
  const report = await readJson<{ failures: { sha256: string }[] }>(store, extracted);
  if (!report) return false;
  const failed = new Set(report.failures.map(({ sha256 }) => sha256));
  const images = (await readShard(store, dataset, shard)).filter(({ sha256 }) => !failed.has(sha256));
  const known = new Set<string>();
  if (honeypotRate > 0) {
    for (const { sha256 } of images) if (await store.head(truthKey(dataset, sha256, '.png'))) known.add(sha256);
  }
  await fillShard(db, campaign, shard, images, known);
  return true;
}

/** A dataset may have grown: its new images become tasks, too. */
export async function extendCampaigns(db: Kysely<Schema>, store: ObjectStore): Promise<void> {
  const rows = await db
    .selectFrom('campaign')
    .select(['id', 'dataset', 'shards'])
    .where('state', '!=', 'closed')
    .execute();
  for (const { id, dataset, shards } of rows) {
    const now = await readDataset(store, dataset).catch(() => undefined);
    if (now && now.shards > shards) {
      await db.updateTable('campaign').set({ shards: now.shards }).where('id', '=', id).execute();
    }
  }
}
