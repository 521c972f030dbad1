/** The import of an upload, or from a place, is started, and ended. */
import { randomUUID } from 'node:crypto';
import type { UploadLabels } from '@saltworks/contract/api/uploads';
import type { UploadFrom, UploadManifest } from '@saltworks/contract/documents/uploads';
import { uploadManifestKey } from '@saltworks/contract/layout';
import type { InputOf } from '@saltworks/contract/messages/definitions';
import { upload as definition } from '@saltworks/contract/messages/uploads';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { type Client, WorkflowIdConflictPolicy, WorkflowNotFoundError } from '@temporalio/client';
import type { Kysely, Selectable, Transaction } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { expectDatasetInUse } from '../datasets/shelf.ts';
import type { Schema, UploadTable } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { findWorkflow, startWorkflow } from '../temporal/workflows.ts';
import { fromOf } from './describe.ts';
import { endUpload } from './end.ts';
import { removeObjects } from './forget.ts';

interface Deps {
  db: Kysely<Schema>;
  store: ObjectStore;
  client: Client;
}

const workflowId = (upload: string) => `upload/${upload}`;

/**
 * Imports the files that are here whole, or what lies in the place. An upload that failed is tried again, perhaps with other
 * labels; one that is being imported goes on. A place may be read again and again: only what is new or changed is.
 *
 * @throws NotFoundError, ConflictError if there is nothing to import
 */
export async function startImport(
  deps: Deps,
  { upload, labels, by }: { upload: string; labels: UploadLabels; by: string },
): Promise<void> {
  const { db, store } = deps;
  const input = await db.transaction().execute(async (tx) => {
    const row = await tx.selectFrom('upload').selectAll().where('id', '=', upload).forUpdate().executeTakeFirst();
    if (!row) throw new NotFoundError('no such upload');
    const { dataset } = row;
    await expectDatasetInUse(store, dataset);
    const from = fromOf(row) ?? undefined;
    if (row.state === 'done' && !from) {
      throw new ConflictError('the upload is imported already; expected another one');
    }
    const detail = from ?? (await wholeFiles(tx, store, row));
    if (row.state !== 'importing') {
      await tx
        .updateTable('upload')
        .set({ state: 'importing', labels, reason: null, touched: new Date() })
        .where('id', '=', upload)
        .execute();
      await audit(tx, { actor: by, action: actionOf(from), object: dataset, detail: { upload, ...detail, labels } });
    }
    return { upload, dataset, labels, ...(from && { from }) };
  });
  await begin(deps, input);
}

/**
 * Imports what lies in a place, or below it. The same that is under way goes on.
 *
 * @returns its id, as an upload's
 */
export async function importFromPlace(
  deps: Deps,
  { place, path, dataset, labels, by }: UploadFrom & { dataset: string; labels: UploadLabels; by: string },
): Promise<string> {
  const input = await deps.db.transaction().execute(async (tx) => {
    const from = { place, path };
    const same = await tx
      .selectFrom('upload')
      .select(['id', 'labels'])
      .where('dataset', '=', dataset)
      .where('place', '=', place)
      .where('path', '=', path)
      .where('state', '=', 'importing')
      .executeTakeFirst();
    if (same) return { upload: same.id, dataset, labels: same.labels, from };
    const upload = randomUUID();
    await tx
      .insertInto('upload')
      .values({ id: upload, dataset, made_by: by, state: 'importing', labels, ...from })
      .execute();
    await audit(tx, { actor: by, action: actionOf(from), object: dataset, detail: { upload, ...from, labels } });
    return { upload, dataset, labels, from };
  });
  await begin(deps, input);
  return input.upload;
}

const actionOf = (from: UploadFrom | undefined) => (from ? 'dataset.import' : 'dataset.upload');

/** Lists the files that are here whole for the import, unless it runs. @throws ConflictError if there is none */
async function wholeFiles(
  tx: Transaction<Schema>,
  store: ObjectStore,
  { id, state }: Pick<Selectable<UploadTable>, 'id' | 'state'>,
): Promise<{ files: number; bytes: number }> {
  const whole = await tx
    .selectFrom('upload_file')
    .select(['file', 'name', 'bytes', 'modified'])
    .where('upload', '=', id)
    .where('reason', 'is', null)
    .whereRef('received', '=', 'bytes')
    .orderBy('file')
    .execute();
  if (whole.length === 0) throw new ConflictError('no file is here whole; expected one or more');
  const files = whole.map(({ file, name, bytes, modified }) => ({
    ...{ file, name, bytes: Number(bytes), modified: Number(modified) },
  }));
  if (state !== 'importing') {
    const manifest: UploadManifest = { version: 1, files };
    await store.put(uploadManifestKey(id), JSON.stringify(manifest));
  }
  return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

async function begin({ db, client }: Deps, input: InputOf<typeof definition>): Promise<void> {
  const { upload } = input;
  try {
    await startWorkflow(client, definition, input, {
      workflowId: workflowId(upload),
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    });
  } catch (error) {
    await endUpload(db, { upload, state: 'failed', reason: 'Temporal did not answer; expected another try later' });
    throw error;
  }
}

/** How long an import may take to let go, milliseconds. */
const letGoMs = 10_000;

/** Ends the import if there is one, and removes all that was sent. Images that were imported stay. @throws NotFoundError */
export async function removeUpload({ db, store, client }: Deps, upload: string, by: string): Promise<void> {
  const row = await db.selectFrom('upload').selectAll().where('id', '=', upload).executeTakeFirst();
  if (!row) throw new NotFoundError('no such upload');
  if (row.state === 'importing') {
    const running = findWorkflow(client, definition, workflowId(upload));
    await running.cancel().catch((error) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
    await client.connection.withDeadline(Date.now() + letGoMs, running.result).catch(() => {});
  }
  await removeObjects(store, upload);
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom('upload').where('id', '=', upload).execute();
    await audit(tx, { actor: by, action: 'dataset.upload.remove', object: row.dataset, detail: { upload } });
  });
}
