/** What lies in the archive is read, and no more changed. */
import { expectThere } from '@saltworks/store/datasets/shelf';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { deletedIsNotFound } from '../datasets/datasets.ts';
import { expectDatasetInUse } from '../datasets/shelf.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError } from '../errors.ts';
import { topicOf } from '../notices/topics.ts';

/** Whether an address names a campaign or a dataset, or a part of one. */
export const mayBeArchived = (url: string): boolean =>
  /:(campaign|dataset|task|assignment|subject|topic|schedule)\b/.test(url);

/**
 * @param params of the request's address, checked
 * @throws ConflictError for a change of a campaign that is archived, or of a part of it
 */
export async function expectWritable(db: Kysely<Schema>, params: Record<string, string>): Promise<void> {
  const campaigns = db.selectFrom('campaign').select('campaign.id').where('archived', 'is not', null);
  const named = nameIn('campaign', params);
  const query =
    named !== undefined
      ? campaigns.where('id', '=', named)
      : params.task !== undefined
        ? campaigns.innerJoin('task', 'task.campaign', 'campaign.id').where('task.id', '=', params.task)
        : params.assignment !== undefined
          ? campaigns
              .innerJoin('assignment', 'assignment.campaign', 'campaign.id')
              .where('assignment.id', '=', params.assignment)
          : params.schedule !== undefined
            ? campaigns
                .innerJoin('schedule', 'schedule.campaign', 'campaign.id')
                .where('schedule.id', '=', params.schedule)
            : undefined;
  const found = await query?.executeTakeFirst();
  if (found) throw new ConflictError(`campaign ${found.id} is archived; expected it to be taken out of the archive`);
}

/**
 * The same of datasets. A deleted one is not even read.
 *
 * @throws NotFoundError, ConflictError
 */
export async function expectDatasetThere(
  store: ObjectStore,
  params: Record<string, string>,
  changes: boolean,
): Promise<void> {
  const name = nameIn('dataset', params);
  if (name === undefined) return;
  const { archived } = await expectThere(store, name).catch(deletedIsNotFound);
  if (changes && archived !== null) await expectDatasetInUse(store, name);
}

/** The campaign or dataset that an address names. */
function nameIn(kind: 'campaign' | 'dataset', params: Record<string, string>): string | undefined {
  const text = params.subject ?? params.topic;
  if (params[kind] !== undefined || text === undefined) return params[kind];
  const topic = topicOf(text);
  return topic.kind === kind ? topic.name : undefined;
}
