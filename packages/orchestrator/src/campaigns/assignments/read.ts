/** Assignments: one annotator's work on one image, from its lease to its review. */
import type { ImageInfo, Assignment as Shown } from '@saltworks/contract/api/assignments';
import type { AssignmentState } from '@saltworks/contract/api/states';
import type { Kysely, Transaction } from 'kysely';
import { type Pin, readPin } from '../../db/json.ts';
import type { Schema } from '../../db/schema.ts';
import { NotFoundError } from '../../errors.ts';
import { author } from './author.ts';

/** An assignment as the API shows it, with fields that stay inside. */
export interface Assignment extends Shown {
  /** Of its mask, 0 … 1. */
  uncertainty: number | null;
  /** What it goes on with where its campaign's settings were switched; see `campaignFor`. */
  pin: Pin | null;
  image: ImageInfo & { object: string };
}

/** Assignments with their images. */
export const joined = (db: Kysely<Schema> | Transaction<Schema>) =>
  db
    .selectFrom('assignment')
    .innerJoin('task', 'task.id', 'assignment.task')
    .selectAll('assignment')
    .select(author)
    .select(['task.image_id', 'task.name', 'task.sha256', 'task.object', 'task.width', 'task.height', 'task.former']);

type Joined = Awaited<ReturnType<ReturnType<typeof joined>['executeTakeFirstOrThrow']>>;

export const assignmentOf = (row: Joined): Assignment => ({
  id: row.id,
  task: row.task,
  campaign: row.campaign,
  user: row.user_id,
  author: row.author,
  corrector: row.corrector,
  state: row.state,
  leaseUntil: row.lease_until.toISOString(),
  n: row.n,
  answered: row.answered,
  refined: row.refined,
  event: row.event,
  mask: row.mask,
  uncertainty: row.uncertainty,
  reason: row.reason,
  pin: readPin(row.pinned),
  created: row.created.toISOString(),
  submitted: row.submitted?.toISOString() ?? null,
  updated: row.updated.toISOString(),
  image: { ...imageOf(row), object: row.object },
});

/** A task's image as the API shows it. */
export const imageOf = (
  task: Pick<Joined, 'image_id' | 'name' | 'sha256' | 'width' | 'height' | 'former'>,
): ImageInfo => ({
  ...{ id: task.image_id, name: task.name, sha256: task.sha256, width: task.width, height: task.height },
  ...(task.former && { former: true }),
});

/** @throws NotFoundError */
export async function findAssignment(db: Kysely<Schema>, id: string): Promise<Assignment> {
  const row = await joined(db).where('assignment.id', '=', id).executeTakeFirst();
  if (!row) throw new NotFoundError(`no assignment ${id}`);
  return assignmentOf(row);
}

/** A page of a campaign's assignments, the newest first. @param before the last id of the page before */
export async function listAssignments(
  db: Kysely<Schema>,
  campaign: string,
  {
    state,
    user,
    task,
    before,
    limit = 50,
  }: { state?: AssignmentState; user?: string; task?: string; before?: string; limit?: number },
): Promise<Assignment[]> {
  let query = joined(db).where('assignment.campaign', '=', campaign);
  if (state) query = query.where('assignment.state', '=', state);
  if (user) query = query.where('assignment.user_id', '=', user);
  if (task) query = query.where('assignment.task', '=', task);
  if (before) {
    query = query.where((eb) =>
      eb(
        eb.refTuple('assignment.created', 'assignment.id'),
        '<',
        eb
          .selectFrom('assignment as last')
          .select(['last.created', 'last.id'])
          .where('last.id', '=', before)
          .$asTuple('created', 'id'),
      ),
    );
  }
  const rows = await query
    .orderBy('assignment.created', 'desc')
    .orderBy('assignment.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(assignmentOf);
}

/** Held assignments with unanswered interactions, untouched since `before`. */
export async function unanswered(db: Kysely<Schema>, before: Date): Promise<string[]> {
  const rows = await db
    .selectFrom('assignment')
    .select('id')
    .where('state', '=', 'leased')
    .where('updated', '<=', before)
    .where((eb) => eb.or([eb('answered', '<', eb.ref('n')), eb('refined', '<', eb.ref('n'))]))
    .execute();
  return rows.map(({ id }) => id);
}
