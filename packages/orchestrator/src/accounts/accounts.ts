/** Accounts: their roles, and whether they are disabled. */
import type { Kysely } from 'kysely';
import { returnAssignments } from '../campaigns/assignments/leave.ts';
import { emailOf } from '../db/json.ts';
import type { Schema, UserRole } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { newId } from '../ids.ts';
import { audit } from './audit.ts';

export interface AccountChanges {
  role?: UserRole;
  /** Ends the account's sessions and API keys. Its drawings stay. */
  disabled?: boolean;
}

/**
 * @returns assignments that the account has lost
 * @throws NotFoundError; ConflictError if no administrator would be left
 */
export async function changeAccount(
  db: Kysely<Schema>,
  user: string,
  { role, disabled }: AccountChanges,
  actor: string,
): Promise<string[]> {
  await db.transaction().execute(async (tx) => {
    // First, because it admits one transaction at a time: two administrators cannot disable each other.
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

/**
 * Ends all that an account signs in with, sessions, unused links, API keys, and the invitations that it made. Its password stays.
 *
 * @throws NotFoundError
 */
export async function revokeAccess(db: Kysely<Schema>, user: string, actor: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const found = await tx.selectFrom('user').select('email').where('id', '=', user).executeTakeFirst();
    if (!found) throw new NotFoundError(`no user ${user}`);
    await tx
      .updateTable('invitation')
      .set({ revoked: new Date() })
      .where('made_by', '=', user)
      .where('revoked', 'is', null)
      .execute();
    await audit(tx, { actor, action: 'user.revoke', object: user });
    await tx.deleteFrom('session').where('userId', '=', user).execute();
    await tx.deleteFrom('api_key').where('user_id', '=', user).execute();
    const links = await tx
      .selectFrom('verification')
      .select(['id', 'value'])
      .where('identifier', 'like', 'magic-link:%')
      .execute();
    const theirs = links.filter(({ value }) => emailOf(value) === found.email).map(({ id }) => id);
    if (theirs.length > 0) await tx.deleteFrom('verification').where('id', 'in', theirs).execute();
  });
}

/** A domain that there is not: the address of the account that the server makes for itself. */
const NOWHERE = 'saltworks.local';

/** Whether anybody reads mail at an account's address. */
export const hasMailbox = (email: string): boolean => !email.endsWith(`@${NOWHERE}`);

/** The oldest administrator's account; one is made if there is none. */
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
  // The usual address may belong to a disabled account.
  for (const email of [`admin@${NOWHERE}`, `admin-${id}@${NOWHERE}`.toLowerCase()]) {
    const found = await find();
    if (found) return found;
    // Two servers may try at once; the address admits one.
    await db
      .insertInto('user')
      .values({ id, email, name: 'Administrator', role: 'admin', emailVerified: true })
      .onConflict((conflict) => conflict.column('email').doNothing())
      .execute();
  }
  return (await find())!;
}
