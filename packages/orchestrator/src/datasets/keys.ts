/** Sets of keys of a dataset as the API describes them, and what draws on them. */
import type { KeySetInfo } from '@saltworks/contract/api/keys';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { keySetKey } from '@saltworks/contract/layout';
import { hasKeys, keySetsOf, removeKeys } from '@saltworks/store/datasets/key-sets';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import type { Deps } from '../api/routes.ts';
import { listCampaigns } from '../campaigns/campaigns.ts';
import { keysOf } from '../campaigns/keys.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { drawnBy, underWay } from './keys-use.ts';

/** @param user whose campaigns are told of; without one, all */
export async function describeKeys(
  db: Kysely<Schema>,
  store: ObjectStore,
  dataset: Dataset,
  user?: string,
): Promise<KeySetInfo[]> {
  const campaigns = (await listCampaigns(db, user)).filter(
    (campaign) => campaign.dataset === dataset.name && campaign.deleted === null,
  );
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
 * @throws NotFoundError if there is no such set, ConflictError while anything draws on it: an open or paused campaign, a run or
 *   a bake-off, a build that is shown or may be shown at once
 */
export async function removeKeySet(
  { db, store, runs }: Pick<Deps, 'db' | 'store' | 'runs'>,
  dataset: Dataset,
  { keys, from }: { keys: string; from: number },
): Promise<{ removed: number; bytes: number; next: number | null }> {
  const { name } = dataset;
  const isThere = from > 0 || (await hasKeys(store, name, keys)) || (await store.head(keySetKey(keys)));
  if (!isThere) throw new NotFoundError(`no keys ${keys} of ${name}; expected some (saltworks dataset keys ${name})`);
  const drawing = await drawnBy({ db }, dataset, keys, await underWay({ store, runs }, dataset));
  if (drawing !== undefined) throw new ConflictError(drawing);
  return removeKeys(store, dataset, keys, { from });
}
