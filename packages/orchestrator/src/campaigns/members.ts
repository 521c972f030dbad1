/** Members of campaigns, and what they may do there. */
import type { Kysely } from 'kysely';
import type { MemberRole, Schema } from '../db/schema.ts';
import { NotFoundError } from '../errors.ts';
import { returnAssignments } from './assignments.ts';
import { audit } from './audit.ts';

export interface Member {
  user: string;
  name: string;
  email: string;
  role: MemberRole;
}

export const listMembers = (db: Kysely<Schema>, campaign: string): Promise<Member[]> =>
  db
    .selectFrom('member')
    .innerJoin('user', 'user.id', 'member.user_id')
    .select(['user.id as user', 'user.name', 'user.email', 'member.role'])
    .where('member.campaign', '=', campaign)
    .orderBy('user.email')
    .execute();

/** @throws NotFoundError if there is no such user */
export async function setMember(
  db: Kysely<Schema>,
  campaign: string,
  user: string,
  role: MemberRole,
  actor: string,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const known = await tx.selectFrom('user').select('id').where('id', '=', user).executeTakeFirst();
    if (!known) throw new NotFoundError(`no user ${user}`);
    await tx
      .insertInto('member')
      .values({ campaign, user_id: user, role })
      .onConflict((conflict) => conflict.columns(['campaign', 'user_id']).doUpdateSet({ role }))
      .execute();
    await audit(tx, { actor, action: 'member.set', object: campaign, detail: { user, role } });
  });
}

/**
 * What they hold goes back, and what they drew stays.
 *
 * @returns assignments that they held
 * @throws NotFoundError if there is no such member
 */
export async function removeMember(
  db: Kysely<Schema>,
  campaign: string,
  user: string,
  actor: string,
): Promise<string[]> {
  await db.transaction().execute(async (tx) => {
    const { numDeletedRows } = await tx
      .deleteFrom('member')
      .where('campaign', '=', campaign)
      .where('user_id', '=', user)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw new NotFoundError(`no member ${user}`);
    await audit(tx, { actor, action: 'member.remove', object: campaign, detail: { user } });
  });
  return returnAssignments(db, { user, campaign });
}
