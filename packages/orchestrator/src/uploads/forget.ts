/** Uploads that nobody goes on with are removed, with all that was sent. */
import { uploadPrefix } from '@saltworks/contract/layout';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { daysAgo } from '../days-ago.ts';
import type { Schema } from '../db/schema.ts';

/** So long a person may take to go on. */
const days = 7;

export async function forgetUploads(db: Kysely<Schema>, store: ObjectStore): Promise<void> {
  const old = await db
    .selectFrom('upload')
    .select('id')
    .where('state', '!=', 'importing')
    .where('touched', '<', daysAgo(days))
    .execute();
  for (const { id } of old) {
    await removeObjects(store, id);
    await db.deleteFrom('upload').where('id', '=', id).execute();
  }
}

export async function removeObjects(store: ObjectStore, upload: string): Promise<void> {
  for await (const { key } of store.list(uploadPrefix(upload))) await store.delete(key);
}
