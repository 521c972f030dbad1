/** One's own work, taken up again: chosen by its annotator, not given out. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Kysely } from 'kysely';
import { audit } from '../../accounts/audit.ts';
import type { Schema } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import { settleTasks, takeAgain } from '../tasks/count.ts';
import { isFor } from '../tasks/people.ts';
import { expectOpen, takeAnew } from '../tasks/take.ts';
import { hold } from './leases.ts';
import { lockAssignment } from './lock.ts';
import { noteUncertainty } from './submit.ts';

/**
 * Gives an assignment back to its annotator: one that was sent back, that was handed in and that nobody has reviewed yet, or that
 * was skipped or returned while its image is still wanted. One that is held stays held.
 *
 * @throws ConflictError if it was accepted, others have the image, or the campaign is not open
 */
export async function reopenAssignment(
  db: Kysely<Schema>,
  campaign: Campaign,
  id: string,
  now = new Date(),
): Promise<void> {
  expectOpen(campaign, now);
  await db.transaction().execute(async (tx) => {
    const row = await lockAssignment(tx, id);
    const { state, task } = row;
    if (state === 'accepted') {
      throw new ConflictError(`assignment ${id} is accepted; expected one that nobody has reviewed`, { state });
    }
    if ((state === 'skipped' || state === 'returned') && !(await isWanted())) {
      throw new ConflictError('others have the image by now; expected one that is still wanted', { state });
    }
    await hold(tx, row, new Date(now.getTime() + 1000 * campaign.leaseSeconds), now);
    if (state === 'skipped') await tx.updateTable('assignment').set({ reason: null }).where('id', '=', id).execute();
    if (state !== 'leased') await takeAnew(tx, campaign.id, id);
    if (state !== 'submitted') return;
    await settleTasks(tx, row);
    await noteUncertainty(tx, task);
    await audit(tx, { actor: row.user_id, action: 'assignment.reopen', object: id, detail: { n: row.n } });

    async function isWanted(): Promise<boolean> {
      const { former, theirs } = await tx
        .selectFrom('task')
        .select(['former', isFor(row.user_id).as('theirs')])
        .where('id', '=', task)
        .executeTakeFirstOrThrow();
      return !former && theirs && takeAgain(tx, task);
    }
  });
}
