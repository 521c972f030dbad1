/** The import of an upload is started, and ended. */
import type { UploadLabels } from '@saltworks/contract/api/uploads';
import type { UploadManifest } from '@saltworks/contract/documents/uploads';
import { uploadManifestKey } from '@saltworks/contract/layout';
import { upload as definition } from '@saltworks/contract/messages/uploads';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { type Client, WorkflowIdConflictPolicy, WorkflowNotFoundError } from '@temporalio/client';
import type { Kysely } from 'kysely';
import { audit } from '../accounts/audit.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { findWorkflow, startWorkflow } from '../temporal/workflows.ts';
import { endUpload } from './end.ts';
import { removeObjects } from './forget.ts';

interface Deps {
  db: Kysely<Schema>;
  store: ObjectStore;
  client: Client;
}

const workflowId = (upload: string) => `upload/${upload}`;

/**
 * Imports the files that are here whole. An upload that failed is tried again, perhaps with other labels; one that is being
 * imported goes on.
 *
 * @throws NotFoundError, ConflictError if there is nothing to import
 */
export async function startImport(
  { db, store, client }: Deps,
  { upload, labels, by }: { upload: string; labels: UploadLabels; by: string },
): Promise<void> {
  const dataset = await db.transaction().execute(async (tx) => {
    const row = await tx.selectFrom('upload').selectAll().where('id', '=', upload).forUpdate().executeTakeFirst();
    if (!row) throw new NotFoundError('no such upload');
    if (row.state === 'done') throw new ConflictError('the upload is imported already; expected another one');
    const whole = await tx
      .selectFrom('upload_file')
      .select(['file', 'name', 'bytes', 'modified'])
      .where('upload', '=', upload)
      .where('reason', 'is', null)
      .whereRef('received', '=', 'bytes')
      .orderBy('file')
      .execute();
    if (whole.length === 0) throw new ConflictError('no file is here whole; expected one or more');
    if (row.state !== 'importing') {
      const files = whole.map(({ file, name, bytes, modified }) => ({
        ...{ file, name, bytes: Number(bytes), modified: Number(modified) },
      }));
      const manifest: UploadManifest = { version: 1, files };
      await store.put(uploadManifestKey(upload), JSON.stringify(manifest));
      await tx
        .updateTable('upload')
        .set({ state: 'importing', labels, reason: null, touched: new Date() })
        .where('id', '=', upload)
        .execute();
      const detail = { upload, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), labels };
      await audit(tx, { actor: by, action: 'dataset.upload', object: row.dataset, detail });
    }
    return row.dataset;
  });
  try {
    await startWorkflow(
      client,
      definition,
      { upload, dataset, labels },
      { workflowId: workflowId(upload), workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING },
    );
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
