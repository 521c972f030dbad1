/** Attempts by address, counted for all servers of a database in the table where the sign-in library counts its own. */
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { newId } from '../ids.ts';

interface Limit {
  /** Milliseconds. */
  window: number;
  /** Attempts in it. */
  max: number;
}

/**
 * Counts an attempt.
 *
 * @param what is attempted, and from where
 * @returns seconds until another one is admitted; 0: this one is
 */
export async function countAttempt(db: Kysely<Schema>, what: string, { window, max }: Limit): Promise<number> {
  const now = Date.now();
  const isOver = sql`"rateLimit"."lastRequest" <= ${now - window}`;
  const { rows } = await sql<{ count: number; since: string }>`
    insert into "rateLimit" (id, key, count, "lastRequest") values (${newId()}, ${what}, 1, ${now})
    on conflict (key) do update set
      count = case when ${isOver} then 1 else "rateLimit".count + 1 end,
      "lastRequest" = case when ${isOver} then ${now} else "rateLimit"."lastRequest" end
    returning count, "lastRequest" as since`.execute(db);
  const [{ count, since }] = rows;
  return count <= max ? 0 : Math.max(1, Math.ceil((Number(since) + window - now) / 1_000));
}
