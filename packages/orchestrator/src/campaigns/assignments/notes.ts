/** The thread of an assignment: what its annotator and reviewers write to one another, verdicts included. */
import type { Noted } from '@saltworks/contract/api/notes';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import { newId } from '../../ids.ts';
import { nameOf } from './author.ts';
import { addEvent } from './events.ts';
import { lockAssignment } from './lock.ts';

export interface NewNote {
  text: string;
  /** The place that it is pinned to, pixels of the upright image. */
  at?: { x: number; y: number };
}

/** @throws NotFoundError; ConflictError for a place outside the image */
export async function addNote(
  db: Kysely<Schema>,
  assignment: string,
  { text, at }: NewNote,
  user: string,
  now = new Date(),
): Promise<Noted> {
  return db.transaction().execute(async (tx) => {
    const { task } = await lockAssignment(tx, assignment);
    if (at) await checkPlace(tx, task, at);
    const id = newId();
    await tx
      .insertInto('note')
      .values({ id, assignment, user_id: user, text, x: at?.x, y: at?.y, created: now })
      .execute();
    const noted = (await readThread(tx, assignment)).find((one) => one.id === id)!;
    await addEvent(tx, assignment, 'note', noted);
    return noted;
  });
}

async function checkPlace(tx: Transaction<Schema>, task: string, at: { x: number; y: number }): Promise<void> {
  const { width, height } = await tx
    .selectFrom('task')
    .select(['width', 'height'])
    .where('id', '=', task)
    .executeTakeFirstOrThrow();
  if (width !== null && height !== null && (at.x > width || at.y > height)) {
    throw new ConflictError(`a place at ${at.x}, ${at.y}; expected one within ${width} × ${height}`);
  }
}

/** Notes and verdicts, the oldest first. */
export const readThread = async (db: Kysely<Schema> | Transaction<Schema>, assignment: string): Promise<Noted[]> =>
  (await readThreads(db, [assignment])).get(assignment) ?? [];

/** The same of several assignments, by their ids; one that nobody wrote to is absent. */
export async function readThreads(
  db: Kysely<Schema> | Transaction<Schema>,
  assignments: readonly string[],
): Promise<Map<string, Noted[]>> {
  const threads = new Map<string, Noted[]>();
  if (assignments.length === 0) return threads;
  const notes = db
    .selectFrom('note')
    .select([
      'id',
      'assignment',
      'user_id',
      nameOf('note.user_id').as('author'),
      sql<string | null>`text`.as('text'),
      'x',
      'y',
      'created',
    ])
    .select(sql<Noted['verdict']>`null`.as('verdict'))
    .where('assignment', 'in', [...assignments]);
  const reviews = db
    .selectFrom('review')
    .select([
      'id',
      'assignment',
      'user_id',
      nameOf('review.user_id').as('author'),
      sql<string | null>`note`.as('text'),
      'x',
      'y',
      'created',
    ])
    .select(sql<Noted['verdict']>`verdict`.as('verdict'))
    .where('assignment', 'in', [...assignments]);
  const rows = await notes.unionAll(reviews).orderBy('created').orderBy('id').execute();
  for (const { id, assignment, user_id, author, text, x, y, verdict, created } of rows) {
    const noted = {
      ...{ id, user: user_id, author, text, verdict },
      at: x !== null && y !== null ? { x, y } : null,
      created: created.toISOString(),
    };
    const thread = threads.get(assignment);
    if (thread) thread.push(noted);
    else threads.set(assignment, [noted]);
  }
  return threads;
}
