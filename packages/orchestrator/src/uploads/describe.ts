/** Uploads as the API describes them. */
import type { Upload } from '@saltworks/contract/api/uploads';
import { type UploadFrom, uploadReport } from '@saltworks/contract/documents/uploads';
import { uploadReportKey } from '@saltworks/contract/layout';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Schema, UploadTable } from '../db/schema.ts';
import { NotFoundError } from '../errors.ts';

type Row = Selectable<UploadTable>;

/** Uploads of a list: older ones are left out. */
const most = 20;

/** The newest first. @param dataset of this one alone */
export async function listUploads(
  db: Kysely<Schema>,
  store: ObjectStore,
  dataset: string | undefined,
): Promise<Upload[]> {
  let query = db.selectFrom('upload').selectAll().orderBy('created', 'desc').limit(most);
  if (dataset !== undefined) query = query.where('dataset', '=', dataset);
  const rows = await query.execute();
  return Promise.all(rows.map((row) => describe(db, store, row)));
}

/** @throws NotFoundError */
export async function describeUpload(db: Kysely<Schema>, store: ObjectStore, id: string): Promise<Upload> {
  return describe(db, store, await rowOf(db, id));
}

/** @throws NotFoundError */
export async function rowOf(db: Kysely<Schema>, id: string): Promise<Row> {
  const row = await db.selectFrom('upload').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new NotFoundError('no such upload');
  return row;
}

async function describe(db: Kysely<Schema>, store: ObjectStore, row: Row): Promise<Upload> {
  const { id, dataset, state, labels, reason, created } = row;
  const from = fromOf(row);
  const [sums, report = null] = await Promise.all([
    db
      .selectFrom('upload_file')
      .select([
        sql<string>`count(*)`.as('files'),
        sql<string>`count(*) filter (where received = bytes)`.as('whole'),
        sql<string>`coalesce(sum(bytes), 0)`.as('bytes'),
        sql<string>`coalesce(sum(received), 0)`.as('received'),
      ])
      .where('upload', '=', id)
      .where('reason', 'is', null)
      .executeTakeFirstOrThrow(),
    state === 'open' ? undefined : readDocument(store, uploadReportKey(id), uploadReport),
  ]);
  const [files, whole, bytes, received] = [sums.files, sums.whole, sums.bytes, sums.received].map(Number);
  return {
    id,
    dataset,
    state,
    labels,
    from,
    files,
    whole,
    bytes,
    received,
    reason,
    created: created.toISOString(),
    report,
  };
}

/** Where it is read from, if it is. */
export const fromOf = ({ place, path }: Pick<Row, 'place' | 'path'>): UploadFrom | null =>
  place === null ? null : { place, path: path ?? '' };
