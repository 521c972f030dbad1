/** Imports: images from anywhere become a dataset, each once, and a later import brings only what is new or changed. */
import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import type { Category } from '@saltworks/contract/categories';
import { checkDatasetName, type Dataset, type DatasetImage } from '@saltworks/contract/documents/dataset';
import { encodeLines } from '@saltworks/contract/documents/document';
import type { TruthSegment } from '@saltworks/contract/documents/truth';
import { datasetKey, imageKey, shardKey } from '@saltworks/contract/layout';
import { asSeen, asWritten } from '@saltworks/core/formats/spelling';
import { findDataset, readShard } from '../datasets/dataset.ts';
import { FingerprintMap } from '../datasets/fingerprints.ts';
import { ImageNames } from '../datasets/image-names.ts';
import { isMaskOf, otherTruth, putTruth } from '../datasets/truth.ts';
import { inOrder } from '../in-order.ts';
import { ObjectMissingError, type ObjectStore } from '../objects/store.ts';
import type { LeftReason } from './picture-names.ts';

/** One file that may become an image of a dataset. */
export interface SourceFile {
  /** Path below the source's root, joined by `/`. */
  name: string;
  /** Changes when the content may have. */
  version: string;
  read(): Promise<Uint8Array>;
  /** Where the file is on this machine. */
  path?: string;
  /** Where the bytes stay reachable without a copy, as an `s3://` URL. */
  url?: string;
  /** What is known of its segments. @param image size of the upright image, where its bytes say */
  truth?(image: Size | undefined): Promise<KnownMask>;
}

export interface Size {
  width: number;
  height: number;
}

/** A known panoptic mask: PNG bytes, its segments_info, and the categories that those name by id. Or why there is none. */
export type KnownMask = { notes: string[] } & (
  | { png: Uint8Array; segments: TruthSegment[]; categories: Category[] }
  | { png?: undefined }
);

/** Something else that a source has to say. */
export type Remark = { name: string } & ({ left: LeftReason } | { note: string });

export type Offer = SourceFile | Remark;

/** What bytes are as an image. */
export interface Picture extends Size {
  /** What is left out of it, in words. */
  notes: string[];
  /** What is kept instead of the file's bytes, and what its name ends with. */
  instead?: { bytes: Uint8Array; extension: string };
}

export interface ImportReport {
  /** Files that the source offered. */
  files: number;
  /** Images that are new, or former versions that are back. */
  added: number;
  /** In the dataset already, by the same name. */
  unchanged: number;
  /** Files with the bytes of another one: further names of its image. */
  duplicates: number;
  /** Names that have other bytes by now, and so another image. */
  replaced: number;
  /** Could not be read. */
  failed: { name: string; reason: string }[];
  /** Passed over, by reason. */
  left: { hidden: number; other: number } & Partial<Record<LeftReason, number>>;
  /** Known masks that were stored. */
  truths: number;
  /** What was left out of files that were taken, and of what is known of them. */
  notes: { name: string; note: string }[];
}

export interface ImportOptions {
  /** Where the files come from, for people to read. */
  source: string;
  categories?: Category[];
  /** Files read at the same time. */
  concurrency?: number;
  /** Looks at the bytes of a new file. Undefined if they are no image: that is found out when it is used. */
  look?(bytes: Uint8Array): Promise<Picture | undefined>;
  signal?: AbortSignal;
  onProgress?: (report: ImportReport) => void;
}

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest();

/**
 * Adds a source's files to a dataset, making it if need be. Killed at any moment it can be run again: a shard is there
 * whole or not at all, and what it holds is not read a second time.
 *
 * @param files in any order; held `concurrency` at a time
 * @throws Error if another import writes to the same dataset
 */
export async function importDataset(
  store: ObjectStore,
  name: string,
  files: AsyncIterable<Offer>,
  { source, categories, concurrency = 8, look, signal, onProgress }: ImportOptions,
): Promise<ImportReport & { dataset: Dataset }> {
  checkDatasetName(name);
  const before = await findDataset(store, name, { signal });
  const dataset: Dataset = {
    ...{ version: 1, name, source, images: 0, duplicates: 0, shards: 0, bytes: 0 },
    categories: categories?.length ? categories : (before?.categories ?? []),
    updated: '',
  };
  const names = new ImageNames();
  await recall(store, dataset, names, signal);
  const report: ImportReport = {
    ...{ files: 0, added: 0, unchanged: 0, duplicates: 0, replaced: 0, failed: [] },
    ...{ left: { hidden: 0, other: 0 }, truths: 0, notes: [] },
  };

  const writeDataset = async () => {
    const { images, bytes, former } = names;
    Object.assign(dataset, { images, bytes, duplicates: report.duplicates, updated: new Date().toISOString() });
    if (former > 0) dataset.former = former;
    else delete dataset.former;
    await store.put(datasetKey(name), JSON.stringify(dataset), { signal });
  };
  const writeNames = async () => {
    // Who reads the dataset meanwhile sees a changed picture go and come within moments.
    if ((await names.write(store, name, { signal })) && before) await writeDataset();
  };
  let lines: DatasetImage[] = [];
  const finishShard = async () => {
    if (lines.length > 0) {
      const created = await store.putIfAbsent(shardKey(name, dataset.shards), encodeLines(lines), { signal });
      if (!created) throw new Error(`dataset ${name} grew meanwhile; expected no other import of it`);
      dataset.shards++;
      names.stored(lines);
      lines = [];
    }
    await writeNames();
  };
  const keepTruth = async ({ file, truth }: Loaded, image: string, isNew: boolean) => {
    if (truth?.png === undefined) return;
    const of = { dataset: name, sha256: image, name: names.isFurther(file.name) ? file.name : undefined };
    const isOthers = (owner: string | undefined) => owner === undefined || names.areOne(owner, file.name);
    const other = isNew ? undefined : await otherTruth(store, of, isOthers, { signal });
    if (other === undefined) {
      await putTruth(store, of, truth, { signal });
      report.truths++;
    } else if (!isMaskOf(other, truth.png)) {
      report.notes.push({
        name: file.name,
        note: 'another file of the same bytes has another known mask, which is kept',
      });
    }
  };

  const take = async (read: Loaded, sha: Buffer) => {
    const { name } = read.file;
    const hex = sha.toString('hex');
    report.notes.push(...read.notes.map((note) => ({ name, note })));
    const { image, as, replaced } = names.place(read.file, { sha256: sha, bytes: read.bytes.length });
    await keepTruth(read, hex, as === 'new');
    if (as === 'new') lines.push(await keep(store, image, read, hex, signal));
    if (replaced) report.replaced++;
    if (as === 'new' || as === 'again') report.added++;
    else if (names.isFurther(name)) report.duplicates++;
    else report.unchanged++;
  };

  const spellings = new FingerprintMap();
  const readOffer = async (offer: Offer): Promise<Read | Remark> =>
    'read' in offer ? readFile(offer, names, look, signal) : offer;
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
    else if (!('bytes' in read)) {
      if (names.isFurther(read.file.name)) report.duplicates++;
      else report.unchanged++;
    } else {
      const { name: file } = read.file;
      const sha = sha256(read.bytes);
      if (isSpeltTwice(spellings, file) && !names.hold(file, sha))
        report.failed.push({ name: file, reason: speltTwice(file) });
      else await take(read, sha);
      if (lines.length === shardSize(dataset.shards)) await finishShard();
      else if (names.pending > 0 && names.pending % mostPending === 0) await writeNames();
    }
    onProgress?.(report);
  }
  await finishShard();
  // Shards that somebody else wrote meanwhile are counted as well, or they would be lost until the next import.
  do {
    await names.write(store, name, { signal });
    await writeDataset();
  } while (await recall(store, dataset, names, signal));
  return { ...report, dataset };
}

/** Changed names that are held until they are written together. */
const mostPending = 1024;

/** Whether a file of another spelling had this name: on some systems both can lie in one folder. */
function isSpeltTwice(spellings: FingerprintMap, name: string): boolean {
  if (asSeen(name) === name.normalize('NFD')) return false;
  const [key, spelling] = [sha256(asSeen(name)), sha256(name).readUInt32LE()];
  const known = spellings.get(key) ?? spelling;
  spellings.set(key, known);
  return known !== spelling;
}

const speltTwice = (name: string) =>
  `${asWritten(name)}: another file's name differs only in how its letters are composed; expected one of them`;

/**
 * Images of the next shard, which is what one worker does at a time: few at first, so that a small dataset is shared
 * between workers and shows its progress; more later, so that a million images are a few thousand shards.
 */
const shardSize = (shards: number): number => (shards < 64 ? 16 : shards < 1024 ? 64 : 256);

/**
 * Takes note of the shards after those that the dataset counts already: what earlier imports brought, killed ones included.
 *
 * @returns whether there were any
 */
async function recall(
  store: ObjectStore,
  dataset: Dataset,
  names: ImageNames,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (const known = dataset.shards; ; dataset.shards++) {
    try {
      names.recall(await readShard(store, dataset.name, dataset.shards, { former: true, signal }));
    } catch (error) {
      if (!(error instanceof ObjectMissingError)) throw error;
      return dataset.shards > known;
    }
  }
}

/** A file with its bytes, and what is known of it. */
interface Loaded {
  file: SourceFile;
  bytes: Uint8Array;
  /** What `bytes` are named by, if they are not the file's. */
  extension?: string;
  truth?: KnownMask;
  notes: string[];
}

type Read = { file: SourceFile } | Loaded | { name: string; reason: string };

async function readFile(
  file: SourceFile,
  names: ImageNames,
  look: ImportOptions['look'],
  signal?: AbortSignal,
): Promise<Read> {
  if (names.knows(file)) return { file };
  try {
    const bytes = await file.read();
    const picture = await look?.(bytes);
    let truth = await file.truth?.(picture);
    if (truth?.png && picture) {
      const mask = await look?.(truth.png);
      if (mask && !(mask.width === picture.width && mask.height === picture.height)) {
        truth = { notes: [...truth.notes, otherSize('its known mask has', mask, picture)] };
      }
    }
    const notes = [...(picture?.notes ?? []), ...(truth?.notes ?? [])];
    return { file, bytes, ...picture?.instead, truth, notes };
  } catch (error) {
    signal?.throwIfAborted();
    return { name: file.name, reason: (error as Error).message.replaceAll('\n', ' ') };
  }
}

/** Why a mask of some size is not taken for an image of another. */
export const otherSize = (says: string, mask: Size, image: Size): string =>
  `${says} ${mask.width} × ${mask.height} pixels, the file ${image.width} × ${image.height}; the mask is not taken`;

async function keep(
  store: ObjectStore,
  id: number,
  { file, bytes, extension }: Loaded,
  sha: string,
  signal?: AbortSignal,
): Promise<DatasetImage> {
  const here = imageKey(sha, extension ?? extname(file.name).toLowerCase());
  const object = extension === undefined && file.url ? file.url : here;
  if (object === here) await store.putIfAbsent(object, bytes, { signal });
  return { id, sha256: sha, name: file.name, object, bytes: bytes.length, version: file.version };
}
