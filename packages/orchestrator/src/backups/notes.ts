/** What is known of backups: they are made from outside, and note it when they ended well. */
import type { BackupInfo } from '@saltworks/contract/api/backups';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';

/** The same backup is noted once. */
export async function noteBackup(db: Kysely<Schema>, backup: BackupInfo): Promise<void> {
  await db
    .insertInto('backup')
    // PostgreSQL knows fewer offsets than ISO 8601.
    .values({ ...backup, at: new Date(backup.at) })
    .onConflict((conflict) => conflict.column('manifest').doNothing())
    .execute();
}

/** The newest first. */
export async function listBackups(db: Kysely<Schema>, limit: number): Promise<BackupInfo[]> {
  const rows = await db.selectFrom('backup').selectAll().orderBy('at', 'desc').limit(limit).execute();
  return rows.map(({ manifest, at, place, objects, bytes }) => ({
    ...{ manifest, place },
    ...{ at: at.toISOString(), objects: Number(objects), bytes: Number(bytes) },
  }));
}

/** The moment that the newest backup holds, Unix time in seconds. */
export async function lastBackup(db: Kysely<Schema>): Promise<number | undefined> {
  const row = await db.selectFrom('backup').select('at').orderBy('at', 'desc').limit(1).executeTakeFirst();
  return row && row.at.getTime() / 1000;
}
