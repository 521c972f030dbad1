/** Time that annotators spent. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import {
  type EffortTotals,
  effortTotals,
  type ImageEffort,
  imageEffort,
  type TimedInteraction,
  type Work,
} from '@saltworks/core/crowd/effort';
import type { Kysely } from 'kysely';
import { interactionOf } from '../../db/json.ts';
import type { Schema } from '../../db/schema.ts';

/** An annotator's time on one assignment, until a reviewer corrected it, from the server's own clock. */
export async function assignmentEffort(db: Kysely<Schema>, assignment: string): Promise<ImageEffort> {
  const { created, submitted } = await db
    .selectFrom('assignment')
    .select(['created', 'submitted'])
    .where('id', '=', assignment)
    .executeTakeFirstOrThrow();
  const { corrected } = await db
    .selectFrom('interaction')
    .select((eb) => eb.fn.min('n').as('corrected'))
    .where('assignment', '=', assignment)
    .where('user_id', 'is not', null)
    .executeTakeFirstOrThrow();
  // What follows a reviewer's strokes is not the annotator's time alone.
  const own = corrected === null ? undefined : corrected - 1;
  return imageEffort(await timedInteractions(db, assignment, own), {
    opened: created.getTime(),
    submitted: own === undefined ? submitted?.getTime() : undefined,
  });
}

/** An assignment's interactions with their times, or its first n. */
export async function timedInteractions(
  db: Kysely<Schema>,
  assignment: string,
  n?: number,
): Promise<TimedInteraction[]> {
  let query = db
    .selectFrom('interaction')
    .select(['body', 'received'])
    .where('assignment', '=', assignment)
    .orderBy('n');
  if (n !== undefined) query = query.where('n', '<=', n);
  return (await query.execute()).map(({ body, received }) => ({
    at: received.getTime(),
    interaction: interactionOf(body),
  }));
}

/** Time spent on a campaign, by annotator and category. @param limit assignments looked at, the latest first */
export async function campaignEffort(db: Kysely<Schema>, { id }: Campaign, limit = 5_000): Promise<EffortTotals> {
  const rows = await db
    .selectFrom('assignment')
    .select(['id', 'user_id'])
    .where('campaign', '=', id)
    .where('n', '>', 0)
    .orderBy('created', 'desc')
    .limit(limit)
    .execute();
  const works: Work[] = [];
  for (const row of rows) works.push({ annotator: row.user_id, effort: await assignmentEffort(db, row.id) });
  return effortTotals(works);
}
