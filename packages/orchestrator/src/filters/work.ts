/** Who worked on images of a dataset, and when: told by the tasks of its campaigns. */
import type { DatasetFilter } from '@saltworks/contract/api/filters';
import { type Kysely, sql } from 'kysely';
import type { User } from '../api/auth.ts';
import { didWork, within } from '../campaigns/tasks/list.ts';
import type { Schema } from '../db/schema.ts';

/** The campaigns over a dataset that a user reviews or manages; all, for administrators. */
export async function campaignsOver(
  db: Kysely<Schema>,
  user: Pick<User, 'id' | 'role'>,
  dataset: string,
): Promise<string[]> {
  let query = db.selectFrom('campaign').select('campaign.id').where('campaign.dataset', '=', dataset);
  if (user.role !== 'admin') {
    query = query
      .innerJoin('member', 'member.campaign', 'campaign.id')
      .where('member.user_id', '=', user.id)
      .where('member.role', 'in', ['reviewer', 'manager']);
  }
  return (await query.orderBy('campaign.id').execute()).map(({ id }) => id);
}

/** Those of a shard's images on which somebody worked as the filter says; all, where it says nothing. */
export async function workedOn<Image extends { sha256: string }>(
  db: Kysely<Schema>,
  campaigns: readonly string[],
  { annotator, since, until }: DatasetFilter,
  images: readonly Image[],
): Promise<Image[]> {
  if (annotator === undefined && since === undefined && until === undefined) return [...images];
  if (campaigns.length === 0) return [];
  const whose = annotator === undefined ? sql`true` : sql`a.user_id = ${annotator}`;
  const { rows } = await sql<{ sha256: string }>`
    select task.sha256 from task join assignment a on a.task = task.id
    where task.campaign in (${sql.join(campaigns)}) and task.sha256 in (${sql.join(images.map(({ sha256 }) => sha256))})
      and ${didWork} and ${whose}
    group by task.sha256 having max(a.updated) ${within({ since, until })}`.execute(db);
  const found = new Set(rows.map(({ sha256 }) => sha256));
  return images.filter(({ sha256 }) => found.has(sha256));
}
