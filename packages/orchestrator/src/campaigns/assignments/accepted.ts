/** What a campaign's reviewers accept: the bar that the page holds a drawing to. */
import type { OpenAssignment } from '@saltworks/contract/api/open-assignments';
import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';

/** Masks that are looked at, and how many there must be. */
const [latest, fewest] = [100, 5];
/** Share of them that are as certain. */
const within = 0.75;

export async function acceptedMasks(db: Kysely<Schema>, campaign: string): Promise<OpenAssignment['accepted']> {
  const rows = await db
    .selectFrom('assignment')
    .select('uncertainty')
    .where('campaign', '=', campaign)
    .where('state', '=', 'accepted')
    .where('uncertainty', 'is not', null)
    .orderBy('submitted', 'desc')
    .limit(latest)
    .execute();
  if (rows.length < fewest) return null;
  const sorted = rows.map(({ uncertainty }) => uncertainty ?? 1).sort((a, b) => a - b);
  return { masks: sorted.length, uncertainty: sorted[Math.floor(within * (sorted.length - 1))] };
}
