/** What a campaign shows of its images: the strokes that count, and the mask of them. */
import type { AssignmentState } from '@saltworks/contract/api/states';
import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { builtMasks } from './built-masks.ts';
import { type Chosen, chooseMask, type HandedMask, shownMask, type Together } from './chosen-mask.ts';
import { togetherOf } from './together.ts';

export interface ShownImage {
  task: string;
  sha256: string;
  /** Pixels of the upright image. */
  width: number | null;
  height: number | null;
  chosen: Chosen<HandedMask>;
  together: Together | undefined;
  /** Its mask. */
  shown: string | null;
}

/** @param images sha256 of images; those that nobody submitted are left out @param states of assignments that count */
export async function readShown(
  db: Kysely<Schema>,
  campaign: string,
  images: readonly string[],
  states: readonly AssignmentState[] = ['submitted', 'accepted'],
): Promise<ShownImage[]> {
  if (images.length === 0) return [];
  const rows = await db
    .selectFrom('task')
    .innerJoin('assignment', 'assignment.task', 'task.id')
    .leftJoin('consensus', 'consensus.task', 'task.id')
    .select(['task.id as task', 'task.sha256', 'task.width', 'task.height'])
    .select(['assignment.id', 'assignment.user_id', 'assignment.n', 'assignment.state'])
    .select(['assignment.mask', 'assignment.submitted'])
    .select(['consensus.mask as together', 'consensus.made', 'consensus.weights'])
    .where('task.campaign', '=', campaign)
    .where('task.sha256', 'in', images)
    .where('assignment.state', 'in', states)
    .execute();
  const handed = new Map<string, typeof rows>();
  for (const row of rows) handed.set(row.task, [...(handed.get(row.task) ?? []), row]);
  const built = await builtMasks(db, campaign, [...handed.keys()]);
  return [...handed].map(([task, masks]) => {
    const [{ sha256, width, height }] = masks;
    const together = togetherOf(masks[0]);
    const chosen = chooseMask<HandedMask>(masks, together);
    return { task, sha256, width, height, chosen, together, shown: shownMask(chosen, together, built.get(task)) };
  });
}
