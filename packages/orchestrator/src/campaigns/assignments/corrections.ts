/** Corrections: a reviewer draws in somebody's assignment, under the reviewer's own name, and hands it in again. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Kysely } from 'kysely';
import { audit } from '../../accounts/audit.ts';
import type { Schema } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import { settleTasks } from '../tasks/count.ts';
import { takeAnew } from '../tasks/take.ts';
import { hold } from './leases.ts';
import { lockAssignment } from './lock.ts';
import { noteUncertainty } from './submit.ts';

/**
 * Gives a reviewer an assignment that was submitted or accepted, under a lease. Until it ends, its annotator cannot draw on it.
 *
 * @throws ConflictError in any other state, unless this reviewer has it already
 */
export async function correctAssignment(
  db: Kysely<Schema>,
  campaign: Campaign,
  id: string,
  reviewer: string,
  now = new Date(),
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const row = await lockAssignment(tx, id);
    const { state, corrector } = row;
    const until = new Date(now.getTime() + 1000 * campaign.leaseSeconds);
    if (state === 'leased' && corrector === reviewer) return hold(tx, row, until, now);
    if (state !== 'submitted' && state !== 'accepted') {
      const who = corrector === null ? 'its annotator has it' : 'another reviewer corrects it';
      throw new ConflictError(`assignment ${id} is ${state}: ${who}; expected it submitted`, { state });
    }
    await hold(tx, row, until, now);
    await tx.updateTable('assignment').set({ corrector: reviewer }).where('id', '=', id).execute();
    await takeAnew(tx, campaign.id, id);
    await settleTasks(tx, row);
    await noteUncertainty(tx, row.task);
    await audit(tx, { actor: reviewer, action: 'assignment.correct', object: id, detail: { n: row.n } });
  });
}

/** Reviewers who drew in assignments, by assignment, in the order in which they began. */
export async function correctorsOf(
  db: Kysely<Schema>,
  assignments: readonly { id: string; n: number }[],
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  if (assignments.length === 0) return found;
  const rows = await db
    .selectFrom('interaction')
    .select(['assignment', 'user_id', 'n'])
    .where('user_id', 'is not', null)
    .where(
      'assignment',
      'in',
      assignments.map(({ id }) => id),
    )
    .orderBy('n')
    .execute();
  const upTo = new Map(assignments.map(({ id, n }) => [id, n]));
  for (const { assignment, user_id, n } of rows) {
    if (user_id === null || n > (upTo.get(assignment) ?? 0)) continue;
    const names = found.get(assignment) ?? [];
    if (!names.includes(user_id)) found.set(assignment, [...names, user_id]);
  }
  return found;
}
