/**
 * Invitations: links by which several people join a campaign, each under an account of their own. Only the hash of a link's token is
 * stored. A link holds as long as whoever made it may invite: an administrator, or a manager of the campaign.
 */
import { randomBytes } from 'node:crypto';
import {
  type Invitation,
  type InvitationState,
  type InvitedRole,
  invitationLimits,
} from '@saltworks/contract/api/invitations';
import type { MemberRole } from '@saltworks/contract/api/states';
import { InvalidInputError } from '@saltworks/contract/errors';
import { sha256Of } from '@saltworks/store/objects/canonical';
import type { Kysely } from 'kysely';
import { ranks } from '../api/access.ts';
import { insertUser } from '../api/auth.ts';
import type { Schema, UserRole } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { newId } from '../ids.ts';
import { audit } from './audit.ts';

interface NewInvitation {
  name: string;
  role: InvitedRole;
  uses: number;
  ends: string;
}

/** @returns its id, and its token, which is stored nowhere @throws InvalidInputError unless it ends within a year */
export async function createInvitation(
  db: Kysely<Schema>,
  campaign: string,
  { name, role, uses, ends }: NewInvitation,
  actor: string,
): Promise<{ id: string; token: string }> {
  const lasts = Date.parse(ends) - Date.now();
  if (lasts <= 0 || lasts > invitationLimits.days * 86_400_000)
    throw new InvalidInputError(`ends: ${ends}; expected a time within ${invitationLimits.days} days from now`);
  const id = newId();
  const token = randomBytes(32).toString('base64url');
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('invitation')
      .values({ id, campaign, hash: sha256Of(token), name, role, uses, ends, made_by: actor })
      .execute();
    const detail = { invitation: id, role, uses, ends };
    await audit(tx, { actor, action: 'invitation.create', object: campaign, detail });
  });
  return { id, token };
}

/** Those of a campaign, the newest first. */
export async function listInvitations(db: Kysely<Schema>, campaign: string): Promise<Invitation[]> {
  const rows = await invitations(db)
    .where('invitation.campaign', '=', campaign)
    .orderBy('invitation.made', 'desc')
    .orderBy('invitation.id')
    .execute();
  return rows.map((row) => ({
    ...{ id: row.id, name: row.name, role: row.role, uses: row.uses, used: row.used, by: row.by },
    ...{ ends: row.ends.toISOString(), made: row.made.toISOString(), state: stateOf(row) },
  }));
}

/** Ends an invitation; who joined by it stays. @throws NotFoundError */
export async function revokeInvitation(db: Kysely<Schema>, campaign: string, id: string, actor: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const found = await tx
      .selectFrom('invitation')
      .select('revoked')
      .where('id', '=', id)
      .where('campaign', '=', campaign)
      .forUpdate()
      .executeTakeFirst();
    if (!found) throw new NotFoundError('no such invitation');
    if (found.revoked) return;
    await tx.updateTable('invitation').set({ revoked: new Date() }).where('id', '=', id).execute();
    await audit(tx, { actor, action: 'invitation.revoke', object: campaign, detail: { invitation: id } });
  });
}

/** What an invitation's page tells of it. */
export interface Invited {
  campaign: string;
  /** Of the campaign. */
  name: string;
  role: InvitedRole;
  state: InvitationState;
}

/** @returns undefined if there never was such an invitation, or its campaign is gone */
export async function findInvitation(db: Kysely<Schema>, token: string): Promise<Invited | undefined> {
  const row = await invitations(db).where('invitation.hash', '=', sha256Of(token)).executeTakeFirst();
  return row && { campaign: row.campaign, name: row.title, role: row.role, state: stateOf(row) };
}

/** The link is used up, has ended or was revoked. */
export class InvitationOverError extends ConflictError {
  override name = 'InvitationOverError';
}

/**
 * Makes somebody a member. Who has the role already, or a higher one, keeps it and spends no use.
 *
 * @param who an account, or a new one, whose address nobody has verified
 * @returns the campaign
 * @throws InvitationOverError; ConflictError if the new account's address has an account
 */
export async function followInvitation(
  db: Kysely<Schema>,
  token: string,
  who: { id: string; role: UserRole } | { email: string; name: string; hash: string },
): Promise<string> {
  return db.transaction().execute(async (tx) => {
    // Locked: two people cannot have the last use.
    const locked = await tx
      .selectFrom('invitation')
      .select('id')
      .where('hash', '=', sha256Of(token))
      .forUpdate()
      .executeTakeFirst();
    const found = locked && (await invitations(tx).where('invitation.id', '=', locked.id).executeTakeFirst());
    if (!found) throw new InvitationOverError('no such invitation');
    const { id, campaign, role } = found;
    const known = 'id' in who ? who : undefined;
    if (known?.role === 'admin') return campaign;
    const member = known && (await roleOf(tx, campaign, known.id));
    if (member !== undefined && ranks[member] >= ranks[role]) return campaign;
    if (stateOf(found) !== 'open') throw new InvitationOverError(`the invitation is ${stateOf(found)}`);
    const user =
      'id' in who
        ? who.id
        : await insertUser(tx, { email: who.email, name: who.name, role: 'member', verified: false, hash: who.hash });
    if (user === undefined) throw new ConflictError('the address has an account here');
    await tx
      .insertInto('member')
      .values({ campaign, user_id: user, role })
      .onConflict((conflict) => conflict.columns(['campaign', 'user_id']).doUpdateSet({ role }))
      .execute();
    await tx
      .updateTable('invitation')
      .set((eb) => ({ used: eb('used', '+', 1) }))
      .where('id', '=', id)
      .execute();
    if (!known) {
      const detail = { email: (who as { email: string }).email.toLowerCase(), role: 'member', invitation: id };
      await audit(tx, { actor: user, action: 'user.create', object: user, detail });
    }
    await audit(tx, {
      actor: user,
      action: 'invitation.follow',
      object: campaign,
      detail: { invitation: id, user, role },
    });
    return campaign;
  });
}

const roleOf = async (db: Kysely<Schema>, campaign: string, user: string): Promise<MemberRole | undefined> =>
  (
    await db
      .selectFrom('member')
      .select('role')
      .where('campaign', '=', campaign)
      .where('user_id', '=', user)
      .executeTakeFirst()
  )?.role;

const invitations = (db: Kysely<Schema>) =>
  db
    .selectFrom('invitation')
    .innerJoin('campaign', 'campaign.id', 'invitation.campaign')
    .innerJoin('user', 'user.id', 'invitation.made_by')
    .leftJoin('member', (join) =>
      join.onRef('member.campaign', '=', 'invitation.campaign').onRef('member.user_id', '=', 'invitation.made_by'),
    )
    .select([
      ...(['invitation.id', 'invitation.campaign', 'invitation.name', 'invitation.role', 'invitation.uses'] as const),
      ...(['invitation.used', 'invitation.ends', 'invitation.revoked', 'invitation.made'] as const),
      ...(['campaign.name as title', 'user.name as by', 'user.disabled'] as const),
      ...(['user.role as makerRole', 'member.role as makerIn'] as const),
    ]);

function stateOf(row: {
  revoked: Date | null;
  ends: Date;
  used: number;
  uses: number;
  disabled: boolean;
  makerRole: UserRole;
  makerIn: MemberRole | null;
}): InvitationState {
  const mayInvite = !row.disabled && (row.makerRole === 'admin' || row.makerIn === 'manager');
  if (row.revoked || !mayInvite) return 'revoked';
  if (row.used >= row.uses) return 'spent';
  return row.ends.getTime() <= Date.now() ? 'ended' : 'open';
}
