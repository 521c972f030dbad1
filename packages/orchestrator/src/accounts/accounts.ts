/** Accounts: what they may do everywhere, and whether they may do anything. */
import type { Kysely } from 'kysely';
import { returnAssignments } from '../campaigns/assignments/leave.ts';
import type { Schema, UserRole } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { newId } from '../ids.ts';
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

/** The oldest account that may administer; where there is none, one is made. */
export async function findAdministrator(db: Kysely<Schema>) {
  const find = () =>
    db
      .selectFrom('user')
      .select(['id', 'name', 'email', 'role'])
      .where('role', '=', 'admin')
      .where('disabled', '=', false)
      .orderBy('createdAt')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
  const id = newId();
  // The usual address may be that of an account that was ended.
  for (const email of ['admin@saltworks.local', `admin-${id}@saltworks.local`.toLowerCase()]) {
    const found = await find();
    if (found) return found;
    // Of two who make it at the same time, the address lets one.
    await db
      .insertInto('user')
      .values({ id, email, name: 'Administrator', role: 'admin', emailVerified: true })
      .onConflict((conflict) => conflict.column('email').doNothing())
      .execute();
  }
  return (await find())!;
}
