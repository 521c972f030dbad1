/** The mask that is shown of one annotator's strokes, where a build has another one than they were answered with. */
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { builtMasks } from '../tasks/built-masks.ts';
import { drawnOf } from '../tasks/chosen-mask.ts';

interface Handed {
  id: string;
  task: string;
  campaign: string;
  state: string;
  n: number;
  mask: string | null;
}

/** @returns the assignment's own mask while it is drawn on, and where the current build has none of exactly these strokes */
export async function shownMaskOf(
  db: Kysely<Schema>,
  { id, task, campaign, state, n, mask }: Handed,
): Promise<string | null> {
  if (state !== 'submitted' && state !== 'accepted') return mask;
  const built = (await builtMasks(db, campaign, [task])).get(task);
  return built && built.drawn === drawnOf([{ assignment: id, n }], false) ? built.mask : mask;
}

/** Whether a build that is or was shown has this mask of an assignment's strokes. */
export async function isBuiltMask(db: Kysely<Schema>, { id, task }: Pick<Handed, 'id' | 'task'>, mask: string) {
  const found = await db
    .selectFrom('build_mask')
    .select('build')
    .where('task', '=', task)
    .where('mask', '=', mask)
    .where(sql<boolean>`starts_with(drawn, ${`${id}:`})`)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}
