import type { RequestOf } from '@saltworks/contract/messages/definitions';
import type { uploadEndActivities } from '@saltworks/contract/messages/uploads';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';

/** Notes what came of an import, once. */
export async function endUpload(
  db: Kysely<Schema>,
  { upload, state, reason }: RequestOf<(typeof uploadEndActivities)['endUpload']>,
): Promise<void> {
  await db
    .updateTable('upload')
    .set({ state, reason, touched: new Date() })
    .where('id', '=', upload)
    .where('state', '=', 'importing')
    .execute();
}
