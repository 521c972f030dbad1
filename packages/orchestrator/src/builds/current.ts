/** Which build is shown, now or at a time: what the log of promotions says. */
import type { Subject } from '@saltworks/contract/documents/builds';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';

/** A row of the log. */
export interface Promotion {
  n: number;
  build: string;
  /** The row that a rollback goes back to. */
  parent: number | null;
  at: Date;
}

/** The last row, of all or of those until a time; undefined where nothing was shown. */
export const shownBuild = (db: Kysely<Schema>, { kind, name }: Subject, at?: Date): Promise<Promotion | undefined> =>
  db
    .selectFrom('promotion')
    .select(['n', 'build', 'parent', 'at'])
    .where('kind', '=', kind)
    .where('name', '=', name)
    .$if(at !== undefined, (query) => query.where('at', '<=', at as Date))
    .orderBy('n', 'desc')
    .limit(1)
    .executeTakeFirst();

/** The build that a rollback would show. */
export async function buildBefore(
  db: Kysely<Schema>,
  { kind, name }: Subject,
  { parent }: Promotion,
): Promise<Promotion | undefined> {
  if (parent === null) return undefined;
  return db
    .selectFrom('promotion')
    .select(['n', 'build', 'parent', 'at'])
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('n', '=', parent)
    .executeTakeFirst();
}
