/** Imports: the files of a source become images of a dataset, each once. A later import adds only new and changed files. */
import { createHash } from 'node:crypto';
import type { Category } from '@saltworks/contract/categories';
import { checkDatasetName, type Dataset } from '@saltworks/contract/documents/dataset';
import type { LabelFormat } from '@saltworks/contract/label-formats';
import { findDataset } from '../datasets/dataset.ts';
import type { ImageNames } from '../datasets/image-names.ts';
import { whileImporting } from '../datasets/marks.ts';
import { expectInUse } from '../datasets/shelf.ts';
import { isMaskOf, otherTruth, putTruth } from '../datasets/truth.ts';
import { inOrder } from '../in-order.ts';
import type { ObjectStore } from '../objects/store.ts';
import { DatasetWriter } from './dataset-writer.ts';
import { type Loaded, type Look, load, type Read } from './load.ts';
import type { Offer, Remark } from './offers.ts';
import type { LeftReason } from './picture-names.ts';
import { Spellings, secondSpelling } from './spellings.ts';

export interface ImportReport {
  /** Files that the source offered. */
  files: number;
  /** Images that are new, or former versions that are back. */
  added: number;
  /** Files that the dataset had already, under the same name. */
  unchanged: number;
  /** Files with the bytes of another one: further names of its image. */
  duplicates: number;
  /** Names whose files have new bytes, and so another image. */
  replaced: number;
  /** Files that could not be read. */
  failed: { name: string; reason: string }[];
  /** Files that were skipped, by reason. */
  left: { hidden: number; other: number } & Partial<Record<LeftReason, number>>;
  /** Known masks that were stored. */
  truths: number;
  /** Notes about parts of imported files, and of their known masks, that were left out. */
  notes: { name: string; note: string }[];
}

export interface ImportOptions {
  /** Where the files come from, in words. */
  source: string;
  /** The format of the labels beside its pictures. */
  labels?: LabelFormat;
  categories?: Category[];
  /** Files read at the same time. */
  concurrency?: number;
  /** Looks at the bytes of a new file. */
  look?: Look;
  signal?: AbortSignal;
  onProgress?: (report: ImportReport) => void;
}

/**
 * Adds a source's files to a dataset, and makes the dataset if need be. An import that was killed at any moment can run
 * again: a shard is there whole or not at all, and the files of finished shards are not read a second time.
 *
 * @param files in any order; `concurrency` are held at a time
 * @throws Error if another import writes to the same dataset, DatasetAwayError if it is archived or deleted
 */
export async function importDataset(
  store: ObjectStore,
  name: string,
  files: AsyncIterable<Offer>,
  options: ImportOptions,
): Promise<ImportReport & { dataset: Dataset }> {
  checkDatasetName(name);
  return whileImporting(store, () => importFiles(store, name, files, options), options);
}

async function importFiles(
  store: ObjectStore,
  name: string,
  files: AsyncIterable<Offer>,
  { source, labels, categories, concurrency = 8, look, signal, onProgress }: ImportOptions,
): Promise<ImportReport & { dataset: Dataset }> {
  await expectInUse(store, name, { signal });
  const before = await findDataset(store, name, { signal });
  const dataset: Dataset = {
    ...{ version: 1, name, source, images: 0, duplicates: 0, shards: 0, bytes: 0 },
    categories: categories?.length ? categories : (before?.categories ?? []),
    updated: '',
    ...(labels && { labels }),
  };
  const report: ImportReport = {
    ...{ files: 0, added: 0, unchanged: 0, duplicates: 0, replaced: 0, failed: [] },
    ...{ left: { hidden: 0, other: 0 }, truths: 0, notes: [] },
  };
  const writer = new DatasetWriter(store, dataset, !before, report, { signal });
  const { names } = writer;
  await writer.recall();

  const take = async (read: Loaded, sha256: Buffer) => {
    const { name: file } = read.file;
    const hex = sha256.toString('hex');
    if (names.isOut(sha256)) {
      report.left.removed = (report.left.removed ?? 0) + 1;
      return;
    }
    report.notes.push(...read.notes.map((note) => ({ name: file, note })));
    const { image, as, replaced } = names.place(read.file, { sha256, bytes: read.bytes.length });
    const isNew = as === 'new';
    const kept = await keepTruth(store, { dataset: name, sha256: hex, isNew }, read, names, signal);
    if (kept === 'stored') report.truths++;
    else if (kept) report.notes.push({ name: file, note: kept.note });
    if (isNew) await writer.add(image, read, hex);
    if (as === 'again') await writer.bringBack(image, read);
    if (replaced) report.replaced++;
    if (isNew || as === 'again') report.added++;
    else countKnown(report, names, file);
  };

  const spellings = new Spellings();
  const readOffer = async (offer: Offer): Promise<Read | Remark> =>
    'read' in offer ? load(offer, names, look, signal) : offer;
  for await (const read of inOrder(files, concurrency, readOffer)) {
    signal?.throwIfAborted();
    if ('left' in read) {
      report.left[read.left] = (report.left[read.left] ?? 0) + 1;
      continue;
    }
    if ('note' in read) {
      report.notes.push(read);
      continue;
    }
    report.files++;
    if ('reason' in read) report.failed.push(read);
    else if (!('bytes' in read)) countKnown(report, names, read.file.name);
    else {
      const { name: file } = read.file;
      const sha256 = createHash('sha256').update(read.bytes).digest();
      if (spellings.isSecond(file) && !names.hold(file, sha256))
        report.failed.push({ name: file, reason: secondSpelling(file) });
      else await take(read, sha256);
      await writer.writeIfDue();
    }
    onProgress?.(report);
  }
  await writer.finish();
  return { ...report, dataset };
}

/** Counts a file whose image the dataset has already. */
function countKnown(report: ImportReport, names: ImageNames, file: string): void {
  if (names.isFurther(file)) report.duplicates++;
  else report.unchanged++;
}

/**
 * Stores a file's known mask, unless its image has one from another of its names.
 *
 * @param isNew whether the import has just added the image
 * @returns a note if the other mask differs; undefined if there is nothing to say
 */
async function keepTruth(
  store: ObjectStore,
  { dataset, sha256, isNew }: { dataset: string; sha256: string; isNew: boolean },
  { file, truth }: Loaded,
  names: ImageNames,
  signal: AbortSignal | undefined,
): Promise<'stored' | { note: string } | undefined> {
  if (truth?.png === undefined) return undefined;
  const of = { dataset, sha256, name: names.isFurther(file.name) ? file.name : undefined };
  const isOthers = (owner: string | undefined) => owner === undefined || names.areOne(owner, file.name);
  const other = isNew ? undefined : await otherTruth(store, of, isOthers, { signal });
  if (other === undefined) {
    await putTruth(store, of, truth, { signal });
    return 'stored';
  }
  if (isMaskOf(other, truth.png)) return undefined;
  return { note: 'another file of the same bytes has another known mask, which is kept' };
}
