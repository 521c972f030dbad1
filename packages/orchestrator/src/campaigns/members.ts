/** Members of campaigns, and their roles there. */
import type { Me } from '@saltworks/contract/api/accounts';
import type { Member } from '@saltworks/contract/api/campaigns';
import type { MemberRole } from '@saltworks/contract/api/states';
import type { Kysely } from 'kysely';
import { audit } from '../accounts/audit.ts';
import type { Schema, UserRole } from '../db/schema.ts';
import { ConflictError, ForbiddenError, NotFoundError } from '../errors.ts';
import { returnAssignments } from './assignments/leave.ts';

/** A user's campaigns with the user's role, the oldest first, without those that were deleted. An administrator is a manager of all campaigns. */
export async function campaignsOf(
  db: Kysely<Schema>,
  { id: user, role }: { id: string; role: UserRole },
): Promise<Me['campaigns']> {
  const campaigns = db
    .selectFrom('campaign')
    .select(['campaign.id', 'campaign.name'])
    .where('campaign.deleted', 'is', null)
    .orderBy('campaign.created');
  if (role === 'admin') {
    return (await campaigns.orderBy('campaign.id').execute()).map((row) => ({ ...row, role: 'manager' }));
  }
  return campaigns
    .innerJoin('member', 'member.campaign', 'campaign.id')
    .where('member.user_id', '=', user)
    .select('member.role')
    .orderBy('campaign.id')
    .execute();
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
 * Records that a manager makes a sign-in link for a member. The maker of a link can use it, so a manager makes none for an
 * account with more rights: an administrator's, or a member's of a campaign that the manager does not manage.
 *
 * @returns the member's address
 * @throws NotFoundError if there is no such member, ForbiddenError, ConflictError for a disabled account
 */
export async function auditLink(
  db: Kysely<Schema>,
  campaign: string,
  user: string,
  actor: { id: string; role: UserRole },
): Promise<string> {
  return db.transaction().execute(async (tx) => {
    await audit(tx, { actor: actor.id, action: 'user.link', object: user, detail: { campaign } });
    const member = await tx
      .selectFrom('member')
      .innerJoin('user', 'user.id', 'member.user_id')
      .select(['user.email', 'user.role', 'user.disabled'])
      .where('member.campaign', '=', campaign)
      .where('user.id', '=', user)
      .executeTakeFirst();
    if (!member) throw new NotFoundError(`no member ${user}`);
    if (member.disabled) throw new ConflictError(`account ${member.email} was ended`);
    if (actor.role === 'admin') return member.email;
    if (member.role === 'admin') throw new ForbiddenError('an administrator; expected another administrator to ask');
    const elsewhere = await tx
      .selectFrom('member')
      .select('campaign')
      .where('user_id', '=', user)
      .where('campaign', 'not in', (eb) =>
        eb.selectFrom('member').select('campaign').where('user_id', '=', actor.id).where('role', '=', 'manager'),
      )
      .limit(1)
      .executeTakeFirst();
    if (elsewhere) {
      throw new ForbiddenError(
        `${member.email} takes part in a campaign that you do not manage; expected an administrator to make the link`,
      );
    }
    return member.email;
  });
}

/**
 * Removes a member. Assignments that the member holds are returned; drawings stay.
 *
 * @returns the assignments that the member held
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
    await tx
      .deleteFrom('task_person')
      .where('user_id', '=', user)
      .where('task', 'in', (eb) => eb.selectFrom('task').select('id').where('campaign', '=', campaign))
      .execute();
    await audit(tx, { actor, action: 'member.remove', object: campaign, detail: { user } });
  });
  return returnAssignments(db, { user, campaign });
}
