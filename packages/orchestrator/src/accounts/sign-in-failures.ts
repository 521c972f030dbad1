/**
 * Wrong passwords by account. Limits by address alone let many addresses guess one account's password together; this one counts
 * for all servers of a database. Links and OpenID Connect are not limited by it, so nobody can lock a person out.
 */
import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';

/** How many passwords may be wrong within a window before all are refused until it ends. */
export const MOST = 20;
const WINDOW_MS = 3_600_000;

/** As an address is stored; unknown addresses count alike, so an answer does not tell whether there is an account. */
const keyOf = (email: string): string => createHash('sha256').update(email.trim().toLowerCase()).digest('hex');

/** @returns seconds until another password may be tried; 0: now */
export async function secondsToWait(db: Kysely<Schema>, email: string): Promise<number> {
  const found = await db
    .selectFrom('sign_in_failure')
    .select(['count', 'since'])
    .where('account', '=', keyOf(email))
    .executeTakeFirst();
  if (!found || found.count < MOST) return 0;
  return Math.max(0, Math.ceil((found.since.getTime() + WINDOW_MS - Date.now()) / 1_000));
}

export async function noteFailure(db: Kysely<Schema>, email: string): Promise<void> {
  const isOver = sql<boolean>`sign_in_failure.since < ${new Date(Date.now() - WINDOW_MS)}`;
  await db
    .insertInto('sign_in_failure')
    .values({ account: keyOf(email), count: 1 })
    .onConflict((conflict) =>
      conflict.column('account').doUpdateSet({
        count: sql`case when ${isOver} then 1 else sign_in_failure.count + 1 end`,
        since: sql`case when ${isOver} then now() else sign_in_failure.since end`,
      }),
    )
    .execute();
}

export async function forgetFailures(db: Kysely<Schema>, email: string): Promise<void> {
  await db.deleteFrom('sign_in_failure').where('account', '=', keyOf(email)).execute();
}

/** Removes windows that are over: addresses that were made up would fill the table. */
export async function forgetOldFailures(db: Kysely<Schema>): Promise<void> {
  await db
    .deleteFrom('sign_in_failure')
    .where('since', '<', new Date(Date.now() - WINDOW_MS))
    .execute();
}
