/** Accounts: what they may do everywhere, and whether they may do anything. */
import type { Kysely } from 'kysely';
import type { Schema, UserRole } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { returnAssignments } from './assignments.ts';
import { audit } from './audit.ts';

export interface AccountChanges {
  role?: UserRole;
  /** Ends its sessions, and its keys open nothing. What it drew stays. */
  disabled?: boolean;
}

/**
 * @returns assignments that it held and holds no more
 * @throws NotFoundError; ConflictError if no administrator would be left
 */
export async function changeAccount(
  db: Kysely<Schema>,
  user: string,
  { role, disabled }: AccountChanges,
  actor: string,
): Promise<string[]> {
  await db.transaction().execute(async (tx) => {
    // First, because it lets one in at a time: two administrators cannot end each other.
    await audit(tx, { actor, action: 'user.change', object: user, detail: { role, disabled } });
    const changed = await tx
      .updateTable('user')
      .set({ role, disabled, updatedAt: new Date() })
      .where('id', '=', user)
      .returning('id')
      .executeTakeFirst();
    if (!changed) throw new NotFoundError(`no user ${user}`);
    const left = await tx
      .selectFrom('user')
      .select('id')
      .where('role', '=', 'admin')
      .where('disabled', '=', false)
      .limit(1)
      .executeTakeFirst();
    if (!left) throw new ConflictError('the last administrator; expected another one to be left');
    if (disabled) await tx.deleteFrom('session').where('userId', '=', user).execute();
  });
  return disabled ? returnAssignments(db, { user }) : [];
}
