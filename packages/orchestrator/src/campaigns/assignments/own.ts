/** What a user has in hand, in all campaigns that they take part in. */
import type { OwnWork, WorkCount } from '@saltworks/contract/api/own-work';
import type { AssignmentState } from '@saltworks/contract/api/states';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { readThreads } from './notes.ts';
import { assignmentOf, joined } from './read.ts';

/** Campaigns in which a user may still see their work, by `assignment.campaign`. */
const takesPart = (user: string, admin: boolean) =>
  admin
    ? sql<boolean>`true`
    : sql<boolean>`exists (select from member where member.campaign = assignment.campaign and member.user_id = ${user})`;

export interface Owner {
  id: string;
  role: string;
}

/** How many assignments of a user are in each state, by campaign, the oldest campaign first. */
export async function countOwnWork(db: Kysely<Schema>, { id, role }: Owner): Promise<WorkCount[]> {
  const rows = await db
    .selectFrom('assignment')
    .innerJoin('campaign', 'campaign.id', 'assignment.campaign')
    .select(['campaign.id', 'campaign.name', 'assignment.state'])
    .select((eb) => eb.fn.countAll().as('count'))
    .where('assignment.user_id', '=', id)
    .where(takesPart(id, role === 'admin'))
    .where('campaign.archived', 'is', null)
    .where('campaign.deleted', 'is', null)
    .groupBy(['campaign.id', 'assignment.state'])
    .orderBy('campaign.created')
    .orderBy('campaign.id')
    .execute();
  const found = new Map<string, WorkCount>();
  for (const { id, name, state, count } of rows) {
    const one = found.get(id) ?? { campaign: id, name, states: {} };
    one.states[state] = Number(count);
    found.set(id, one);
  }
  return [...found.values()];
}

/** A part of a user's assignments, those first whose state changed last. @param before the last id of the part before */
export async function listOwnWork(
  db: Kysely<Schema>,
  { id, role }: Owner,
  { state, campaign, before, limit }: { state?: AssignmentState; campaign?: string; before?: string; limit: number },
): Promise<OwnWork[]> {
  let query = joined(db)
    .innerJoin('campaign', 'campaign.id', 'assignment.campaign')
    .select('campaign.name as campaign_name')
    .select((eb) =>
      eb
        .selectFrom('review')
        .select('review.note')
        .whereRef('review.assignment', '=', 'assignment.id')
        .orderBy('review.created', 'desc')
        .limit(1)
        .as('note'),
    )
    .where('assignment.user_id', '=', id)
    .where(takesPart(id, role === 'admin'))
    .where('campaign.archived', 'is', null)
    .where('campaign.deleted', 'is', null);
  if (state) query = query.where('assignment.state', '=', state);
  if (campaign) query = query.where('assignment.campaign', '=', campaign);
  if (before) {
    query = query.where((eb) =>
      eb(
        eb.refTuple('assignment.updated', 'assignment.id'),
        '<',
        eb
          .selectFrom('assignment as last')
          .select(['last.updated', 'last.id'])
          .where('last.id', '=', before)
          .where('last.user_id', '=', id)
          .$asTuple('updated', 'id'),
      ),
    );
  }
  const rows = await query
    .orderBy('assignment.updated', 'desc')
    .orderBy('assignment.id', 'desc')
    .limit(limit)
    .execute();
  const threads = await readThreads(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({
    ...assignmentOf(row),
    ...{ campaignName: row.campaign_name, note: row.note, thread: threads.get(row.id) ?? [] },
  }));
}
