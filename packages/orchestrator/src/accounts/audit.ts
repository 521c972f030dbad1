/** The audit trail: actors and actions, in a chain of hashes that shows whether entries were changed or removed. */
import { canonical, sha256Of } from '@saltworks/store/objects/canonical';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from '../db/schema.ts';

export interface AuditEntry {
  /** User id, or null for the system itself. */
  actor: string | null;
  /** `campaign.create`, `review.accept` … */
  action: string;
  /** Id of the thing that it changed. */
  object: string;
  detail?: unknown;
}

interface Row {
  n: string | number;
  at: Date;
  actor: string | null;
  action: string;
  object: string;
  detail: unknown;
  previous: string;
}

/** Admits one writer at a time: numbers have no gaps, and every row has the hash of the row before. */
const lock = 7_253_001;

/** Adds an entry, within the transaction of the action. */
export async function audit(
  tx: Transaction<Schema>,
  { actor, action, object, detail = {} }: AuditEntry,
): Promise<void> {
  await sql`select pg_advisory_xact_lock(${lock})`.execute(tx);
  const last = await tx.selectFrom('audit').select(['n', 'hash']).orderBy('n', 'desc').limit(1).executeTakeFirst();
  const row = {
    n: last ? Number(last.n) + 1 : 1,
    at: new Date(),
    actor,
    action,
    object,
    detail,
    previous: last?.hash ?? '',
  };
  await tx
    .insertInto('audit')
    .values({ ...row, detail: JSON.stringify(detail), hash: hashOf(row) })
    .execute();
}

/** Adds an entry for an action that changes nothing else in the database. */
export const auditAlone = (db: Kysely<Schema>, entry: AuditEntry): Promise<void> =>
  db.transaction().execute((tx) => audit(tx, entry));

/**
 * Follows the chain from its beginning. Only an earlier `head`, kept elsewhere, shows that the last entries were removed.
 *
 * @returns how many entries fit, the hash of the last of them, and the number of the first that does not, if any
 */
export async function verifyAudit(db: Kysely<Schema>): Promise<{ entries: number; head: string; broken?: number }> {
  let entries = 0;
  let previous = '';
  for (;;) {
    const rows = await db
      .selectFrom('audit')
      .selectAll()
      .where('n', '>', String(entries))
      .orderBy('n')
      .limit(1000)
      .execute();
    for (const row of rows) {
      const fits = Number(row.n) === entries + 1 && row.previous === previous && row.hash === hashOf(row);
      if (!fits) return { entries, head: previous, broken: entries + 1 };
      previous = row.hash;
      entries++;
    }
    if (rows.length === 0) return { entries, head: previous };
  }
}

const hashOf = ({ n, at, actor, action, object, detail, previous }: Row): string =>
  // Fields sorted: jsonb does not keep their order.
  sha256Of(canonical([Number(n), at.toISOString(), actor, action, object, detail, previous]));

/** What an entry says of images, by their numbers: which, if they are few. */
export const someImages = (images: readonly number[]): { images: readonly number[] } | { count: number } =>
  images.length <= 100 ? { images } : { count: images.length };
