/** Datasets as the API describes them, with their mask sets and campaigns. */
import type { DatasetInfo } from '@saltworks/contract/api/datasets';
import type { DatasetDetail, MaskSet } from '@saltworks/contract/api/mask-sets';
import type { MemberRole } from '@saltworks/contract/api/states';
import { type Dataset, dataset as datasetDocument } from '@saltworks/contract/documents/dataset';
import { datasetKey, prelabelOf, reportsPrefix } from '@saltworks/contract/layout';
import { findDataset, listDatasets } from '@saltworks/store/datasets/dataset';
import { DatasetDeletedError, inUse, listOf, type Place, placeOf, readPlaces } from '@saltworks/store/datasets/shelf';
import { readDocument } from '@saltworks/store/objects/documents';
import { folderNames } from '@saltworks/store/objects/folder-names';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { NotFoundError } from '../errors.ts';
import { describeMasks } from './mask-sets.ts';

/** @throws NotFoundError */
export async function datasetOf(store: ObjectStore, name: string): Promise<Dataset> {
  const found = await findDataset(store, name).catch(deletedIsNotFound);
  if (!found) throw noSuch(name);
  return found;
}

/** To callers a deleted dataset does not exist; the message says that it may be restored. */
export function deletedIsNotFound(error: Error): never {
  throw error instanceof DatasetDeletedError ? new NotFoundError(error.message) : error;
}

const noSuch = (name: string) =>
  new NotFoundError(`no dataset ${name}; expected one that was imported (saltworks dataset ls)`);

/** A dataset as a list shows it, deleted or not. @param place it is there, or about to be @throws NotFoundError */
export async function infoOfDataset(store: ObjectStore, name: string, place: Place): Promise<DatasetInfo> {
  const found = await readDocument(store, datasetKey(name), datasetDocument);
  if (!found) throw noSuch(name);
  return infoOf(found, place);
}

/** Datasets of the campaigns in which a user has one of these roles. */
export async function datasetsOf(
  db: Kysely<Schema>,
  user: string,
  roles: readonly MemberRole[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('member')
    .innerJoin('campaign', 'campaign.id', 'member.campaign')
    .select('campaign.dataset')
    .distinct()
    .where('member.user_id', '=', user)
    .where('member.role', 'in', roles)
    .where('campaign.deleted', 'is', null)
    .execute();
  return new Set(rows.map(({ dataset }) => dataset));
}

/** @param show which list @param names only these */
export async function listInfos(
  store: ObjectStore,
  show: ReturnType<typeof listOf>,
  names?: ReadonlySet<string>,
): Promise<DatasetInfo[]> {
  const places = await readPlaces(store);
  const found: DatasetInfo[] = [];
  for await (const dataset of listDatasets(store)) {
    const place = places.get(dataset.name) ?? inUse;
    if (listOf(place) === show && (!names || names.has(dataset.name))) found.push(infoOf(dataset, place));
  }
  return found;
}

/**
 * @param user whose campaigns are shown; without one, all campaigns
 * @param may whether the caller may see a mask set
 */
export async function describeDataset(
  db: Kysely<Schema>,
  store: ObjectStore,
  name: string,
  { user, may }: { user?: string; may(recipe: string): Promise<boolean> },
): Promise<DatasetDetail> {
  const dataset = await datasetOf(store, name);
  let campaigns = db
    .selectFrom('campaign')
    .select(['campaign.id', 'campaign.name'])
    .where('campaign.dataset', '=', name)
    .where('campaign.archived', 'is', null)
    .where('campaign.deleted', 'is', null)
    .orderBy('campaign.created')
    .orderBy('campaign.id');
  if (user !== undefined) {
    campaigns = campaigns.innerJoin('member', 'member.campaign', 'campaign.id').where('member.user_id', '=', user);
  }
  const shown = await campaigns.execute();
  const recipes: string[] = [];
  // What a model predicted is not listed among what was drawn.
  for (const recipe of await namesBelow(store, reportsPrefix(name, 'masks')))
    if (prelabelOf(recipe) === undefined && (await may(recipe))) recipes.push(recipe);
  const known = { name, known: dataset.categories.map((category) => category.name) };
  const masks = recipes.map((recipe) =>
    describeMasks(
      db,
      store,
      known,
      recipe,
      shown.map(({ id }) => id),
    ),
  );
  return {
    ...infoOf(dataset, await placeOf(store, name)),
    keys: await namesBelow(store, reportsPrefix(name, 'extracted')),
    recipes,
    masks: (await Promise.all(masks)).sort(shownFirst),
    campaigns: shown,
  };
}

/** Builds that are shown, then all others; the newest first. */
const shownFirst = (a: MaskSet, b: MaskSet): number =>
  Number(b.build?.current ?? false) - Number(a.build?.current ?? false) || ((a.made ?? '') < (b.made ?? '') ? 1 : -1);

const infoOf = (
  { name, images, former = 0, bytes, shards, updated }: Dataset,
  { archived, deleted }: Place,
): DatasetInfo => ({ name, images, former, bytes, shards, updated, archived, deleted });

async function namesBelow(store: ObjectStore, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const name of folderNames(store, prefix)) names.push(name);
  return names;
}
