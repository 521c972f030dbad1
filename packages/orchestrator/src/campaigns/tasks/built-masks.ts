/** Masks of the build that a campaign shows, by task. */
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../../db/schema.ts';

export interface BuiltMask {
  mask: string;
  /** The strokes that it is made of, as `drawnOf` names them. */
  drawn: string;
}

/** Of tasks of one campaign; of those that its current build has no mask of, none. */
export async function builtMasks(
  db: Kysely<Schema>,
  campaign: string,
  tasks: readonly string[],
): Promise<Map<string, BuiltMask>> {
  if (tasks.length === 0) return new Map();
  const rows = await db
    .selectFrom('build_mask')
    .select(['task', 'mask', 'drawn'])
    .where('task', 'in', tasks)
    .where('build', '=', currentBuildOf(campaign))
    .execute();
  return new Map(rows.map(({ task, ...mask }) => [task, mask]));
}

/** The last row of the log says what is shown. */
const currentBuildOf = (campaign: string) => sql<string>`(
  select build from promotion where kind = 'campaign' and name = ${campaign} order by n desc limit 1
)`;
