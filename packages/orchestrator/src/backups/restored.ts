/** What a restored database needs besides its rows. */
import type { Kysely, Transaction } from 'kysely';
import { sql } from 'kysely';
import type { Schema } from '../db/schema.ts';

/** Whether a backup, by its manifest's hash, was noted or restored here. */
export async function isNoted(db: Kysely<Schema>, manifest: string): Promise<boolean> {
  const { rows } = await sql<{ there: boolean }>`select to_regclass('backup') is not null as there`.execute(db);
  if (!rows[0].there) return false;
  return Boolean(await db.selectFrom('backup').select('manifest').where('manifest', '=', manifest).executeTakeFirst());
}

/**
 * Answers to strokes are objects of their own, and some are replaced while a backup is made: those of open assignments that it
 * lacks are asked for again.
 *
 * @param has whether there are labels of the nodes for an assignment's first n interactions
 */
export async function askAgain(
  tx: Transaction<Schema>,
  has: (assignment: string, n: number) => Promise<boolean>,
): Promise<void> {
  const open = await tx
    .selectFrom('assignment')
    .select(['id', 'answered'])
    .where('state', 'in', ['leased', 'sent_back'])
    .where('answered', '>', 0)
    // Without a mask, and none under way: the drawing allowed no answer.
    .where((eb) => eb.or([eb('mask', 'is not', null), eb('refined', '<', eb.ref('answered'))]))
    .execute();
  for (const { id, answered } of open) {
    if (await has(id, answered)) continue;
    await tx.updateTable('assignment').set({ answered: 0 }).where('id', '=', id).execute();
  }
}
