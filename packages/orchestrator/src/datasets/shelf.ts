/** Datasets that are put away: into the archive, from where they come back as they were, or deleted, to be restored for a while. */
import type { DatasetInfo } from '@saltworks/contract/api/datasets';
import { DatasetAwayError, expectInUse, inUse, type Place, placeOf, setPlace } from '@saltworks/store/datasets/shelf';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely, Transaction } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { daysAgo } from '../days-ago.ts';
import { lockSubject } from '../db/lock-subject.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import type { Runs } from '../runs/runs.ts';
import { infoOfDataset } from './datasets.ts';
import { underWay } from './keys-use.ts';

interface ShelfDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
}

/** @throws ConflictError of one that is archived or deleted: nothing is added to it, and no run goes over it */
export async function expectDatasetInUse(store: ObjectStore, name: string): Promise<void> {
  await expectInUse(store, name).catch((error: Error) => {
    throw error instanceof DatasetAwayError ? new ConflictError(error.message) : error;
  });
}

export function archiveDataset(deps: ShelfDeps, name: string, actor: string): Promise<DatasetInfo> {
  return put(deps, name, actor, 'dataset.archive', (was) => ({
    ...notDeleted(name, was),
    archived: was.archived ?? new Date().toISOString(),
  }));
}

export function unarchiveDataset(deps: ShelfDeps, name: string, actor: string): Promise<DatasetInfo> {
  return put(deps, name, actor, 'dataset.unarchive', (was) => ({ ...notDeleted(name, was), archived: null }));
}

/**
 * Of one that was deleted before, the time when it goes may only come nearer.
 *
 * @returns that time, ISO 8601
 * @throws NotFoundError, ConflictError while a campaign uses it, in the archive or deleted as it may be, or anything is under way over it
 */
export async function dropDataset(
  deps: ShelfDeps & { runs: Pick<Runs, 'list' | 'bakeoffs'>; graceDays: number },
  name: string,
  actor: string,
): Promise<string> {
  const goes = daysAgo(-deps.graceDays).toISOString();
  // First: of one that is not there nobody else is asked.
  await infoOfDataset(deps.store, name, inUse);
  await expectUnused(deps.db, name);
  const { runs, bakeoffs } = await underWay(deps, { name });
  const running = [
    ...runs.filter(({ state }) => state === 'running').map(({ id }) => `the run ${id}`),
    ...bakeoffs.map(({ id }) => `the bake-off ${id}`),
  ];
  if (running.length > 0) throw new ConflictError(`${running.join(', ')} over ${name}; expected none under way`);
  const { deleted } = await put(deps, name, actor, 'dataset.delete', async (was, tx) => {
    // Again: none was made meanwhile.
    await expectUnused(tx, name);
    return {
      archived: was.archived,
      deleted: {
        at: was.deleted?.at ?? new Date().toISOString(),
        goes: was.deleted && was.deleted.goes < goes ? was.deleted.goes : goes,
      },
    };
  });
  return deleted?.goes ?? goes;
}

/** @throws ConflictError once its time has come: it may be half gone */
export function restoreDataset(deps: ShelfDeps, name: string, actor: string): Promise<DatasetInfo> {
  return put(deps, name, actor, 'dataset.restore', ({ archived, deleted }) => {
    if (deleted && deleted.goes <= new Date().toISOString())
      throw new ConflictError(`dataset ${name} goes: its grace period has ended`);
    return { archived, deleted: null };
  });
}

function notDeleted(name: string, place: Place): Place {
  if (place.deleted) throw new NotFoundError(`dataset ${name} is deleted; expected it to be restored first`);
  return place;
}

async function expectUnused(db: Kysely<Schema>, name: string): Promise<void> {
  const campaigns = await campaignsOver(db, name);
  if (campaigns.length === 0) return;
  const told = campaigns.map(({ id, archived, deleted }) => {
    const where = deleted ? ' (deleted, not yet gone)' : archived ? ' (archived)' : '';
    return `${id}${where}`;
  });
  throw new ConflictError(
    `dataset ${name} has the campaign${campaigns.length > 1 ? 's' : ''} ${told.join(', ')}; expected none`,
    { campaigns: campaigns.map(({ id }) => id) },
  );
}

/** All that were not swept. */
export const campaignsOver = (db: Kysely<Schema>, dataset: string) =>
  db
    .selectFrom('campaign')
    .select(['id', 'archived', 'deleted'])
    .where('dataset', '=', dataset)
    .orderBy('created')
    .orderBy('id')
    .execute();

/** One change at a time; and no campaign is made meanwhile. @throws NotFoundError if there is no such dataset */
async function put(
  { db, store }: ShelfDeps,
  name: string,
  actor: string,
  action: string,
  placed: (was: Place, tx: Transaction<Schema>) => Place | Promise<Place>,
): Promise<DatasetInfo> {
  return db.transaction().execute(async (tx) => {
    await lockSubject(tx, { kind: 'dataset', name });
    const place = await placed(await placeOf(store, name), tx);
    const info = await infoOfDataset(store, name, place);
    await audit(tx, { actor, action, object: name, detail: { ...place } });
    // Last: what the database refuses leaves it where it is.
    await setPlace(store, name, place);
    return info;
  });
}
