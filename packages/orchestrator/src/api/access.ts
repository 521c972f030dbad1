/** Who may do what: every route names one of these, and nothing is served without. */
import type { MemberRole } from '@saltworks/contract/api/states';
import { campaignOf } from '@saltworks/contract/layout';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { ForbiddenError, NotFoundError } from '../errors.ts';
import type { User } from './auth.ts';

/**
 * `public`: anybody. `user`: whoever is signed in. `session`: in a browser, not by an API key: whoever holds one must not
 * outlive it. `admin`: administrators. Else members of the campaign that the route's
 * `:campaign`, `:task` or `:assignment` belongs to, with this role or a higher one, or of any campaign over its `:dataset`; of
 * an assignment, `own` is the annotator who has it and nobody else, `see` that one, and the campaign's reviewers, `review`
 * these alone, and not of their own work.
 */
export type Access =
  | 'public'
  | 'user'
  | 'session'
  | 'admin'
  | { campaign: MemberRole }
  | { task: MemberRole }
  | { dataset: MemberRole }
  | { assignment: 'own' | 'see' | 'review' };

const ranks: Record<MemberRole, number> = { annotator: 0, reviewer: 1, manager: 2 };

/**
 * What is not theirs to know of does not exist for them: that it is there is told to members only.
 *
 * @throws NotFoundError, ForbiddenError
 */
export async function authorise(
  db: Kysely<Schema>,
  access: Exclude<Access, 'public' | 'user' | 'session'>,
  user: User,
  params: Record<string, string>,
): Promise<void> {
  if (access === 'admin') {
    if (user.role !== 'admin') throw new ForbiddenError('only administrators may do this');
    return;
  }
  if ('campaign' in access) return needRole(await roleIn(db, user, params.campaign), access.campaign, 'campaign');
  if ('dataset' in access) return needRole(await roleOver(db, user, params.dataset), access.dataset, 'dataset');
  if ('task' in access) {
    const task = /^\d{1,18}$/.test(params.task)
      ? await db.selectFrom('task').select('campaign').where('id', '=', params.task).executeTakeFirst()
      : undefined;
    return needRole(task && (await roleIn(db, user, task.campaign)), access.task, 'task');
  }
  const assignment = await db
    .selectFrom('assignment')
    .select(['campaign', 'user_id'])
    .where('id', '=', params.assignment)
    .executeTakeFirst();
  const role = assignment && (await roleIn(db, user, assignment.campaign));
  const own = assignment?.user_id === user.id && role !== undefined;
  if (own && access.assignment === 'review') throw new ForbiddenError('nobody reviews their own work');
  if (own) return;
  // Annotators know nothing of one another.
  if (role === undefined || role === 'annotator') throw new NotFoundError('no such assignment');
  if (access.assignment === 'own') throw new ForbiddenError('only the annotator who has it may do this');
}

/** Administrators are managers everywhere. */
export async function roleIn(db: Kysely<Schema>, user: User, campaign: string): Promise<MemberRole | undefined> {
  if (user.role === 'admin') {
    const found = await db.selectFrom('campaign').select('id').where('id', '=', campaign).executeTakeFirst();
    return found && 'manager';
  }
  const member = await db
    .selectFrom('member')
    .select('role')
    .where('campaign', '=', campaign)
    .where('user_id', '=', user.id)
    .executeTakeFirst();
  return member?.role;
}

/** The highest that a user has in a campaign over a dataset. Whether there is such a dataset is the store's to say. */
async function roleOver(db: Kysely<Schema>, user: User, dataset: string): Promise<MemberRole | undefined> {
  if (user.role === 'admin') return 'manager';
  const members = await db
    .selectFrom('member')
    .innerJoin('campaign', 'campaign.id', 'member.campaign')
    .select('member.role')
    .where('member.user_id', '=', user.id)
    .where('campaign.dataset', '=', dataset)
    .execute();
  return members.map(({ role }) => role).sort((a, b) => ranks[b] - ranks[a])[0];
}

/** Whether a user may see a set of a dataset's masks: those that a campaign has published are for its own reviewers. */
export async function maySee(db: Kysely<Schema>, user: User, recipe: string): Promise<boolean> {
  const campaign = campaignOf(recipe);
  if (campaign === undefined) return true;
  const role = await roleIn(db, user, campaign);
  return role !== undefined && ranks[role] >= ranks.reviewer;
}

/** @throws NotFoundError: what is not theirs to see does not exist for them */
export async function expectSeen(db: Kysely<Schema>, user: User, recipe: string | undefined): Promise<void> {
  if (recipe !== undefined && !(await maySee(db, user, recipe))) throw new NotFoundError('no such set of masks');
}

function needRole(role: MemberRole | undefined, needed: MemberRole, what: string): void {
  if (role === undefined) throw new NotFoundError(`no such ${what}`);
  if (ranks[role] < ranks[needed])
    throw new ForbiddenError(
      `only a ${needed} of ${what === 'dataset' ? 'a campaign over it' : 'the campaign'} may do this`,
    );
}
