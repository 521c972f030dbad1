/** A campaign's masks as those of its dataset: exports then read them like any other run's. */
import { maskKey, propagatedKey } from '@saltworks/core/contract/layout';
import type { PanopticDocument } from '@saltworks/core/formats/panoptic';
import { addCategories, type Category } from '@saltworks/core/mask';
import { readDataset, readShard } from '@saltworks/store/dataset';
import type { ObjectStore } from '@saltworks/store/store';
import { readJson } from '@saltworks/store/text';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import type { Campaign } from './campaigns.ts';

/** The name of a campaign's masks among the dataset's. */
export const campaignRecipe = (campaign: string): string => `campaign-${campaign}`;

/**
 * Writes which mask every image has by now: the consensus where one was made of what is there, else what was accepted, else
 * what was handed in last.
 *
 * @param accepted leaves out what nobody accepted yet
 * @returns images that have one
 */
export async function publishMasks(
  db: Kysely<Schema>,
  store: ObjectStore,
  { id, dataset }: Campaign,
  { accepted = false } = {},
): Promise<number> {
  const { shards } = await readDataset(store, dataset);
  let published = 0;
  for (let shard = 0; shard < shards; shard++) {
    const images = await readShard(store, dataset, shard);
    const chosen = await chosenMasks(
      db,
      id,
      images.map(({ sha256 }) => sha256),
      accepted,
    );
    const categories: Category[] = [];
    const masks: { id: number; sha256: string; name: string; mask: string }[] = [];
    for (const { id, sha256, name } of images) {
      const mask = chosen.get(sha256);
      const document = mask ? await readJson<PanopticDocument>(store, maskKey(mask, '.json')) : undefined;
      if (!mask || !document) continue;
      addCategories(categories, document.categories);
      masks.push({ id, sha256, name, mask });
    }
    const report = { images: masks.length, failures: [], categories, masks };
    await store.put(propagatedKey(dataset, campaignRecipe(id), shard), JSON.stringify(report));
    published += masks.length;
  }
  return published;
}

async function chosenMasks(
  db: Kysely<Schema>,
  campaign: string,
  images: readonly string[],
  accepted: boolean,
): Promise<Map<string, string>> {
  if (images.length === 0) return new Map();
  const rows = await db
    .selectFrom('task')
    .innerJoin('assignment', 'assignment.task', 'task.id')
    .leftJoin('consensus', 'consensus.task', 'task.id')
    .select(['task.sha256', 'assignment.mask', 'assignment.submitted', 'consensus.mask as consensus', 'consensus.made'])
    .where('task.campaign', '=', campaign)
    .where('task.sha256', 'in', images)
    .where('assignment.state', 'in', accepted ? ['accepted'] : ['submitted', 'accepted'])
    // The last one wins: what was accepted comes after what was not.
    .orderBy((eb) => eb.case().when('assignment.state', '=', 'accepted').then(1).else(0).end())
    .orderBy('assignment.submitted')
    .execute();
  const chosen = new Map<string, string>();
  const stale = new Set<string>();
  for (const { sha256, mask, submitted, consensus, made } of rows) {
    // A consensus says nothing of what was handed in after it.
    if (made && submitted && submitted > made) stale.add(sha256);
    const found = consensus !== null && !stale.has(sha256) ? consensus : mask;
    if (found !== null) chosen.set(sha256, found);
  }
  for (const { sha256, mask } of rows) if (stale.has(sha256) && mask !== null) chosen.set(sha256, mask);
  return chosen;
}
