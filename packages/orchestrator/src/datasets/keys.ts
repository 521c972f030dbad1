/** Sets of keys of a dataset as the API describes them, and what draws on them. */
import type { KeySetInfo } from '@saltworks/contract/api/keys';
import type { DatasetRun } from '@saltworks/contract/api/runs';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { keySetKey } from '@saltworks/contract/layout';
import { hasKeys, keySetsOf, removeKeys } from '@saltworks/store/datasets/key-sets';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { listCampaigns } from '../campaigns/campaigns.ts';
import { keysOf } from '../campaigns/keys.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { drawnBy } from './keys-use.ts';

/** @param user whose campaigns are told of; without one, all */
export async function describeKeys(
  db: Kysely<Schema>,
  store: ObjectStore,
  dataset: Dataset,
  user?: string,
): Promise<KeySetInfo[]> {
  const campaigns = (await listCampaigns(db, user)).filter((campaign) => campaign.dataset === dataset.name);
  const sets: KeySetInfo[] = [];
  for await (const set of keySetsOf(store, dataset)) {
    const drawing = campaigns.filter((campaign) => keysOf(campaign) === set.id);
    sets.push({ ...set, campaigns: drawing.map(({ id, name }) => ({ id, name })) });
  }
  return sets;
}

/**
 * Removes a part of a set of keys.
 *
 * @param runs lists the dataset's
 * @throws NotFoundError if there is no such set, ConflictError while an open or paused campaign or a run draws on it, or a build that is shown
 */
export async function removeKeySet(
  { db, store }: { db: Kysely<Schema>; store: ObjectStore },
  dataset: Dataset,
  { keys, from, runs }: { keys: string; from: number; runs(): Promise<readonly DatasetRun[]> },
): Promise<{ removed: number; bytes: number; next: number | null }> {
  const { name } = dataset;
  const isThere = from > 0 || (await hasKeys(store, name, keys)) || (await store.head(keySetKey(keys)));
  if (!isThere) throw new NotFoundError(`no keys ${keys} of ${name}; expected some (saltworks dataset keys ${name})`);
  const drawing = await drawnBy({ db, store }, dataset, keys, await runs());
  if (drawing !== undefined) throw new ConflictError(drawing);
  return removeKeys(store, dataset, keys, { from });
}
