/**
 * Datasets whose grace period has ended go: all that the store holds of them and nothing else uses, then their rows. A sweep that
 * breaks off is begun anew: the note that the dataset was deleted goes last. The audit trail stays.
 */

import { whileSweeping } from '@saltworks/store/datasets/marks';
import { removeDataset, removeImages } from '@saltworks/store/datasets/remove';
import { inUse, readPlaces, setPlace } from '@saltworks/store/datasets/shelf';
import type { CallOptions, ObjectStore } from '@saltworks/store/objects/store';
import type { Client } from '@temporalio/client';
import { type Kysely, sql } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { removeMasks } from '../builds/remove-masks.ts';
import { workOf } from '../db/json.ts';
import type { Schema } from '../db/schema.ts';
import { topicText } from '../notices/topics.ts';
import type { Runs } from '../runs/runs.ts';
import { stopClock } from '../schedules/clock.ts';
import { subjectOfWork } from '../schedules/subject.ts';
import { removeObjects as removeUploaded } from '../uploads/forget.ts';
import { underWay } from './keys-use.ts';
import { campaignsOver } from './shelf.ts';

interface SweepDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
  client: Client;
  runs: Pick<Runs, 'list' | 'bakeoffs'>;
}

/** @returns the datasets that went */
export async function sweepDatasets(
  deps: SweepDeps,
  { now = new Date(), ...options }: CallOptions & { now?: Date } = {},
): Promise<string[]> {
  const gone: string[] = [];
  for (const [name, { deleted }] of await readPlaces(deps.store, options)) {
    if (!deleted || new Date(deleted.goes) > now) continue;
    // What is under way may still read and write: it is waited for.
    if ((await campaignsOver(deps.db, name)).length > 0 || (await isBusy(deps, name))) continue;
    const swept = await whileSweeping(
      deps.store,
      async () => {
        await removeObjects(deps, name, options);
        await removeRows(deps, name);
        await setPlace(deps.store, name, inUse);
        return true;
      },
      options,
    );
    if (swept) gone.push(name);
  }
  return gone;
}

async function isBusy(deps: SweepDeps, name: string): Promise<boolean> {
  const { runs, bakeoffs } = await underWay(deps, { name });
  return bakeoffs.length > 0 || runs.some(({ state }) => state === 'running');
}

async function removeObjects({ db, store }: SweepDeps, name: string, options: CallOptions): Promise<void> {
  await removeMasks(
    { db, store },
    {
      ofSet: (dataset) => dataset === name,
      ofSubject: (subject) => subject.kind === 'dataset' && subject.name === name,
      ...{ campaign: null, named: [] },
    },
    options,
  );
  await removeImages(store, name, options);
  await removeDataset(store, name, options);
}

async function removeRows({ db, store, client }: SweepDeps, name: string): Promise<void> {
  const uploads = await db
    .selectFrom('upload')
    .select('id')
    .where('dataset', '=', name)
    .where('state', '!=', 'importing')
    .execute();
  for (const { id } of uploads) await removeUploaded(store, id);
  const schedules = await db.transaction().execute(async (tx) => {
    await sql`set local saltworks.sweep = 'on'`.execute(tx);
    for (const { id } of uploads) await tx.deleteFrom('upload').where('id', '=', id).execute();
    await tx.deleteFrom('image_tag').where('dataset', '=', name).execute();
    for (const table of ['promotion', 'build', 'image_filter'] as const)
      await tx.deleteFrom(table).where('kind', '=', 'dataset').where('name', '=', name).execute();
    const all = await tx.selectFrom('schedule').select(['id', 'work']).where('campaign', 'is', null).execute();
    const scheduled = all.filter(({ work }) => {
      const subject = subjectOfWork(workOf(work));
      return subject?.kind === 'dataset' && subject.name === name;
    });
    for (const { id } of scheduled) await tx.deleteFrom('schedule').where('id', '=', id).execute();
    const topics = [{ kind: 'dataset', name } as const, ...scheduled.map(ofSchedule)].map(topicText);
    await tx.deleteFrom('webhook').where('topic', 'in', topics).execute();
    await audit(tx, { actor: null, action: 'dataset.sweep', object: name });
    return scheduled;
  });
  // If Temporal is away, the next firing finds no schedule and stops the clock.
  for (const { id } of schedules) await stopClock(client, id).catch(() => {});
}

const ofSchedule = ({ id: name }: { id: string }) => ({ kind: 'schedule', name }) as const;
