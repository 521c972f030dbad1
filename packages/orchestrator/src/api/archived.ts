/** What lies in the archive is read, and no more changed. */
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { ConflictError } from '../errors.ts';
import { topicOf } from '../notices/topics.ts';

/** Whether an address names a campaign, or a part of one. */
export const mayBeArchived = (url: string): boolean => /:(campaign|task|assignment|subject|topic|schedule)\b/.test(url);

/**
 * @param params of the request's address, checked
 * @throws ConflictError for a change of a campaign that is archived, or of a part of it
 */
export async function expectWritable(db: Kysely<Schema>, params: Record<string, string>): Promise<void> {
  const campaigns = db.selectFrom('campaign').select('campaign.id').where('archived', 'is not', null);
  const named = campaignIn(params);
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

function campaignIn({ campaign, subject, topic }: Record<string, string>): string | undefined {
  const text = subject ?? topic;
  if (campaign !== undefined || text === undefined) return campaign;
  const { kind, name } = topicOf(text);
  return kind === 'campaign' ? name : undefined;
}
