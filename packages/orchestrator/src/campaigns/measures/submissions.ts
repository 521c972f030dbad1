/** The masks that annotators submitted. */
import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';

export interface Submission {
  task: string;
  /** Of the image. */
  name: string;
  sha256: string;
  /** Its true mask is known. */
  honeypot: boolean;
  assignment: string;
  user: string;
  mask: string;
  /** Interactions that the mask is made of. */
  n: number;
}

/** Submissions of a campaign or of one task, the latest first. @param limit assignments looked at */
export async function submissionsOf(
  db: Kysely<Schema>,
  campaign: string,
  { task, limit = 1_000 }: { task?: string; limit?: number },
): Promise<Submission[]> {
  let query = submitted(db, campaign).orderBy('assignment.submitted', 'desc').orderBy('assignment.id').limit(limit);
  if (task !== undefined) query = query.where('task.id', '=', task);
  return withMasks(await query.execute());
}

/**
 * A sample of a campaign's submissions, each as likely as any other: ids are random. It changes little while more are
 * submitted.
 */
export async function sampleOf(db: Kysely<Schema>, campaign: string, limit: number): Promise<Submission[]> {
  return withMasks(await submitted(db, campaign).orderBy('assignment.id').limit(limit).execute());
}

const submitted = (db: Kysely<Schema>, campaign: string) =>
  db
    .selectFrom('assignment')
    .innerJoin('task', 'task.id', 'assignment.task')
    .select([
      'task.id as task',
      'task.name',
      'task.sha256',
      'task.honeypot',
      'assignment.id as assignment',
      'assignment.user_id as user',
      'assignment.mask',
      'assignment.n',
    ])
    .where('assignment.campaign', '=', campaign)
    .where('assignment.state', 'in', ['submitted', 'accepted']);

const withMasks = (rows: readonly (Omit<Submission, 'mask'> & { mask: string | null })[]): Submission[] =>
  rows.flatMap(({ mask, ...row }) => (mask === null ? [] : [{ ...row, mask }]));
