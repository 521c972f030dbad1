/** Access to routes: every route names one kind, and nothing is served without. */
import type { MemberRole } from '@saltworks/contract/api/states';
import { campaignOf } from '@saltworks/contract/layout';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { ForbiddenError, NotFoundError } from '../errors.ts';
import { type Topic, topicOf } from '../notices/topics.ts';
import type { User } from './auth.ts';
import { subjectOf } from './subject.ts';

/**
 * `public`: anybody. `user`: every signed-in caller. `session`: callers with a session, since a stolen API key must not become
 * a password. `admin`: administrators. `manager`: these, and managers of any campaign. `campaign`, `task`: members of that campaign with this role or a higher one. `dataset`:
 * the same of any campaign over it. `subject`: one or the other, as the address says; `schedule`: of the campaign that it
 * works for; `topic`: of any of these. `assignment`: `own` admits its annotator alone, or the reviewer who corrects it, `see` its annotator and the campaign's reviewers,
 * `review` the reviewers, except for their own work.
 */
export type Access =
  | 'public'
  | 'user'
  | 'session'
  | 'admin'
  | 'manager'
  | { campaign: MemberRole /** One that was deleted, too. */; deleted?: true }
  | { task: MemberRole }
  | { dataset: MemberRole }
  | { subject: MemberRole }
  | { topic: MemberRole }
  | { schedule: MemberRole }
  | { assignment: 'own' | 'see' | 'review' };

/** A higher one includes the lower ones. */
export const ranks: Record<MemberRole, number> = { annotator: 0, reviewer: 1, manager: 2 };

/**
 * Lets a caller pass, or refuses. To callers who are no members, a campaign and its parts do not exist.
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
  if (access === 'manager') {
    if (user.role === 'admin') return;
    const found = await db
      .selectFrom('member')
      .select('campaign')
      .where('user_id', '=', user.id)
      .where('role', '=', 'manager')
      .limit(1)
      .executeTakeFirst();
    if (!found) throw new ForbiddenError('only administrators and managers of a campaign may do this');
    return;
  }
  if ('campaign' in access) {
    const role = await roleIn(db, user, params.campaign, access);
    return needRole(role, access.campaign, 'campaign');
  }
  if ('dataset' in access) return needRole(await roleOver(db, user, params.dataset), access.dataset, 'dataset');
  if ('subject' in access) {
    const { kind, name } = subjectOf(params.subject);
    const role = kind === 'campaign' ? await roleIn(db, user, name) : await roleOver(db, user, name);
    return needRole(role, access.subject, kind);
  }
  if ('topic' in access) {
    const topic = topicOf(params.topic);
    return needRole(await roleAbout(db, user, topic), access.topic, topic.kind);
  }
  if ('schedule' in access) {
    return needRole(await roleOfSchedule(db, user, params.schedule), access.schedule, 'schedule');
  }
  if ('task' in access) {
    const task = /^\d{1,18}$/.test(params.task)
      ? await db.selectFrom('task').select('campaign').where('id', '=', params.task).executeTakeFirst()
      : undefined;
    return needRole(task && (await roleIn(db, user, task.campaign)), access.task, 'task');
  }
  const assignment = await db
    .selectFrom('assignment')
    .select(['campaign', 'user_id', 'corrector'])
    .where('id', '=', params.assignment)
    .executeTakeFirst();
  const role = assignment && (await roleIn(db, user, assignment.campaign));
  const own = assignment?.user_id === user.id && role !== undefined;
  if (own && access.assignment === 'review') throw new ForbiddenError('nobody reviews their own work');
  if (access.assignment === 'own' && assignment && assignment.corrector !== null) {
    if (assignment.corrector === user.id && role !== undefined && ranks[role] >= ranks.reviewer) return;
    if (own) throw new ForbiddenError('a reviewer corrects it; expected it to be handed in again first');
  }
  if (own) return;
  // Annotators do not see one another's work.
  if (role === undefined || role === 'annotator') throw new NotFoundError('no such assignment');
  if (access.assignment === 'own') throw new ForbiddenError('only the annotator who has it may do this');
}

/** Administrators are managers everywhere. In a campaign that was deleted nobody has a role, unless that is asked for. */
export async function roleIn(
  db: Kysely<Schema>,
  user: User,
  campaign: string,
  { deleted }: { deleted?: true } = {},
): Promise<MemberRole | undefined> {
  let query = db
    .selectFrom('campaign')
    .leftJoin('member', (join) => join.onRef('member.campaign', '=', 'campaign.id').on('member.user_id', '=', user.id))
    .select('member.role')
    .where('campaign.id', '=', campaign);
  if (!deleted) query = query.where('campaign.deleted', 'is', null);
  const found = await query.executeTakeFirst();
  if (user.role === 'admin') return found && 'manager';
  return found?.role ?? undefined;
}

/** A user's highest role in campaigns over a dataset. The store says whether the dataset exists. */
async function roleOver(db: Kysely<Schema>, user: User, dataset: string): Promise<MemberRole | undefined> {
  if (user.role === 'admin') return 'manager';
  const members = await db
    .selectFrom('member')
    .innerJoin('campaign', 'campaign.id', 'member.campaign')
    .select('member.role')
    .where('member.user_id', '=', user.id)
    .where('campaign.dataset', '=', dataset)
    .where('campaign.deleted', 'is', null)
    .execute();
  return members.map(({ role }) => role).sort((a, b) => ranks[b] - ranks[a])[0];
}

/** A user's role over a topic of webhooks. A schedule that works for no campaign is the administrators'. */
async function roleAbout(db: Kysely<Schema>, user: User, { kind, name }: Topic): Promise<MemberRole | undefined> {
  if (kind === 'campaign') return roleIn(db, user, name);
  if (kind === 'dataset') return roleOver(db, user, name);
  return roleOfSchedule(db, user, name);
}

/** A user's role in the campaign that a schedule works for. */
async function roleOfSchedule(db: Kysely<Schema>, user: User, schedule: string): Promise<MemberRole | undefined> {
  const found = await db.selectFrom('schedule').select('campaign').where('id', '=', schedule).executeTakeFirst();
  if (!found) return undefined;
  if (user.role === 'admin') return 'manager';
  return found.campaign === null ? undefined : roleIn(db, user, found.campaign);
}

/** Whether a user may see a mask set: one that a campaign published is for its own reviewers. */
export async function maySee(db: Kysely<Schema>, user: User, recipe: string): Promise<boolean> {
  const campaign = campaignOf(recipe);
  if (campaign === undefined) return true;
  const role = await roleIn(db, user, campaign);
  return role !== undefined && ranks[role] >= ranks.reviewer;
}

/** @throws NotFoundError unless the user may see the mask set */
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
