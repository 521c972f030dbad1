/** Files arrive: an upload begins, is told of files, and takes their parts. */
import { randomUUID } from 'node:crypto';
import { expectedAtMost, type UploadFile, type UploadLimits } from '@saltworks/contract/api/uploads';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { checkSize, foldedName, kindByName } from '@saltworks/store/uploads/kinds';
import { PartLengthError, partLength, putPart } from '@saltworks/store/uploads/parts';
import { sameName } from '@saltworks/store/uploads/unpack';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Schema, UploadFileTable } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';

/** Begins an upload to a dataset, or finds the caller's own that is open. @returns its id */
export async function beginUpload(
  db: Kysely<Schema>,
  { dataset, by }: { dataset: string; by: string },
): Promise<string> {
  await db
    .insertInto('upload')
    .values({ id: randomUUID(), dataset, made_by: by, state: 'open', labels: 'auto' })
    .onConflict((conflict) => conflict.columns(['dataset', 'made_by']).where('state', '=', 'open').doNothing())
    .execute();
  const { id } = await db
    .selectFrom('upload')
    .select('id')
    .where('dataset', '=', dataset)
    .where('made_by', '=', by)
    .where('state', '=', 'open')
    .executeTakeFirstOrThrow();
  return id;
}

type Row = Selectable<UploadFileTable>;

export interface OfferedFile {
  name: string;
  bytes: number;
  modified: number;
}

/**
 * Notes files that are about to come. One that is known, and did not change since, goes on where it stopped.
 *
 * @returns one answer for each file, in their order
 * @throws NotFoundError, ConflictError unless the upload is open
 */
export const expectFiles = (
  db: Kysely<Schema>,
  upload: string,
  files: readonly OfferedFile[],
  limits: UploadLimits,
): Promise<UploadFile[]> =>
  db.transaction().execute(async (tx) => {
    await lockOpen(tx, upload);
    const sums = await tx
      .selectFrom('upload_file')
      .select([sql<string>`coalesce(max(file), -1)`.as('last'), sql<string>`coalesce(sum(bytes), 0)`.as('bytes')])
      .where('upload', '=', upload)
      .executeTakeFirstOrThrow();
    const known = await tx
      .selectFrom('upload_file')
      .selectAll()
      .where('upload', '=', upload)
      .where(
        'folded',
        'in',
        files.map(({ name }) => foldedName(name)),
      )
      .execute();
    const rows = new Map(known.map((row) => [row.folded, row]));
    let next = Number(sums.last) + 1;
    let bytes = Number(sums.bytes);
    const answers: UploadFile[] = [];
    for (const given of files) {
      const row = rows.get(foldedName(given.name));
      const reason = refusal(given, row, { files: next, bytes }, limits);
      if (reason !== undefined) {
        answers.push({ name: given.name, file: null, received: 0, reason });
        continue;
      }
      if (!row) bytes += given.bytes;
      const kept = row ? await renew(tx, row, given) : await add(tx, upload, next++, given);
      rows.set(kept.folded, kept);
      answers.push(answerOf(kept));
    }
    await touch(tx, upload);
    return answers;
  });

function refusal(
  { name, bytes }: OfferedFile,
  known: Row | undefined,
  so: { files: number; bytes: number },
  limits: UploadLimits,
): string | undefined {
  if (known && known.name !== name) return sameName(known.name);
  try {
    checkSize(kindByName(name), bytes, limits);
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
  if (known) return undefined;
  const files = so.files + 1;
  if (files > limits.files) return `with it the upload has ${files} files; ${expectedAtMost(limits, 'files')}`;
  const all = so.bytes + bytes;
  if (all > limits.bytes) return `with it the upload has ${all} bytes; ${expectedAtMost(limits, 'bytes')}`;
  return undefined;
}

async function add(tx: Transaction<Schema>, upload: string, file: number, given: OfferedFile): Promise<Row> {
  const row = { upload, file, ...given, folded: foldedName(given.name) };
  return tx.insertInto('upload_file').values(row).returningAll().executeTakeFirstOrThrow();
}

/** A file that changed on its owner's disk begins anew. */
async function renew(tx: Transaction<Schema>, row: Row, { bytes, modified }: OfferedFile): Promise<Row> {
  if (Number(row.bytes) === bytes && Number(row.modified) === modified) return row;
  return tx
    .updateTable('upload_file')
    .set({ bytes, modified, received: 0, reason: null })
    .where('upload', '=', row.upload)
    .where('file', '=', row.file)
    .returningAll()
    .executeTakeFirstOrThrow();
}

const answerOf = ({ name, file, received, reason }: Row): UploadFile => ({
  ...{ name, file: reason === null ? file : null, received: Number(received), reason },
});

/**
 * Takes the part of a file that begins at `at`; one that is here already is not taken again.
 *
 * @returns the file as it stands then, refused if it begins as no file of its name does
 * @throws NotFoundError, ConflictError if another part is due, or one of another length
 */
export async function receivePart(
  { db, store }: { db: Kysely<Schema>; store: ObjectStore },
  { upload, file, at }: { upload: string; file: number; at: number },
  { length, chunks }: { length: number | undefined; chunks: AsyncIterable<Uint8Array> },
): Promise<UploadFile> {
  const find = () =>
    db
      .selectFrom('upload_file')
      .innerJoin('upload', 'upload.id', 'upload_file.upload')
      .selectAll('upload_file')
      .select('upload.state')
      .where('upload', '=', upload)
      .where('file', '=', file)
      .executeTakeFirst();
  const row = await find();
  if (!row) throw new NotFoundError('no such file');
  if (row.state !== 'open') throw new ConflictError(`the upload is ${row.state}; expected one that is open`);
  const [bytes, received] = [Number(row.bytes), Number(row.received)];
  if (row.reason !== null || at < received) return answerOf(row);
  if (at !== received || at >= bytes) throw new ConflictError(`a part from ${at} on; expected one from ${received} on`);
  const due = partLength(bytes, at);
  if (length !== undefined && length !== due) throw new ConflictError(`a part of ${length} bytes; expected ${due}`);
  const reason = await putPart(store, { upload, file, name: row.name, bytes }, at, chunks).then(
    () => null,
    (error) => {
      if (error instanceof PartLengthError) throw new ConflictError(error.message);
      if (!(error instanceof InvalidInputError)) throw error;
      return error.message;
    },
  );
  await db
    .updateTable('upload_file')
    .set(reason === null ? { received: at + due } : { reason })
    .where('upload', '=', upload)
    .where('file', '=', file)
    // Unless the file began anew meanwhile.
    .where('received', '=', row.received)
    .where('bytes', '=', row.bytes)
    .where('modified', '=', row.modified)
    .execute();
  await touch(db, upload);
  const now = await find();
  if (!now) throw new NotFoundError('no such file');
  return answerOf(now);
}

/** @throws NotFoundError, ConflictError */
async function lockOpen(tx: Transaction<Schema>, upload: string): Promise<void> {
  const row = await tx.selectFrom('upload').select('state').where('id', '=', upload).forUpdate().executeTakeFirst();
  if (!row) throw new NotFoundError('no such upload');
  if (row.state !== 'open') throw new ConflictError(`the upload is ${row.state}; expected one that is open`);
}

const touch = (db: Kysely<Schema>, upload: string) =>
  db.updateTable('upload').set({ touched: new Date() }).where('id', '=', upload).execute();
