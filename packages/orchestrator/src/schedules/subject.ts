/** What a schedule works on, for those who are told of it. */
import type { ScheduleWork } from '@saltworks/contract/api/schedules';
import type { Subject } from '@saltworks/contract/documents/builds';
import { listOf, placeOf } from '@saltworks/store/datasets/shelf';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';

/** Null where it works on every dataset, or on none. */
export function subjectOfWork(work: ScheduleWork): Subject | null {
  if (work.kind === 'consensus') return { kind: 'campaign', name: work.campaign };
  if (work.kind === 'relabel' || work.kind === 'export') {
    const [kind, name] = work.subject.split(':');
    return { kind: kind === 'campaign' ? kind : 'dataset', name };
  }
  return work.kind === 'expire-views' || work.dataset === undefined ? null : { kind: 'dataset', name: work.dataset };
}

/** Why no run goes over the dataset that it works on: that is put away. Undefined where nothing keeps it from its work. */
export async function datasetAway(
  { db, store }: { db: Kysely<Schema>; store: ObjectStore },
  work: ScheduleWork,
): Promise<string | undefined> {
  const subject = subjectOfWork(work);
  // A consensus is no run over a dataset.
  if (subject === null || work.kind === 'consensus') return undefined;
  const dataset =
    subject.kind === 'dataset'
      ? subject.name
      : (await db.selectFrom('campaign').select('dataset').where('id', '=', subject.name).executeTakeFirst())?.dataset;
  const list = dataset === undefined ? 'current' : listOf(await placeOf(store, dataset));
  // Keys can be made again: those of the archive may go.
  if (list === 'current' || (list === 'archived' && work.kind === 'expire-keys')) return undefined;
  return `dataset ${dataset} ${list === 'archived' ? 'is archived' : 'was deleted'}`;
}
