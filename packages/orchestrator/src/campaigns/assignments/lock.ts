/** Row locks on assignments. */
import type { Transaction } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { ConflictError, NotFoundError } from '../../errors.ts';

export const lockIfThere = (tx: Transaction<Schema>, id: string) =>
  tx.selectFrom('assignment').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();

/** Locks an assignment until the transaction ends. @throws NotFoundError */
export async function lockAssignment(tx: Transaction<Schema>, id: string) {
  const row = await lockIfThere(tx, id);
  if (!row) throw new NotFoundError(`no assignment ${id}`);
  return row;
}

/** The same for one that is held. @throws NotFoundError, ConflictError unless its lease lasts */
export async function lockHeld(tx: Transaction<Schema>, id: string, now: Date) {
  const row = await lockAssignment(tx, id);
  if (row.state !== 'leased') {
    throw new ConflictError(`assignment ${id} is ${row.state}; expected it leased`, { state: row.state });
  }
  if (row.lease_until <= now) {
    throw new ConflictError(`the lease of assignment ${id} ended; expected the image to be taken again`, {
      state: 'returned',
    });
  }
  return row;
}
