/** Imports: images from anywhere become a dataset, each once, and a later import adds only what is new. */
import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { checkDatasetName, type Dataset, type DatasetImage, encodeLines } from '@saltworks/core/contract/dataset';
import { datasetKey, imageKey, shardKey } from '@saltworks/core/contract/layout';
import type { Category } from '@saltworks/core/mask';
import { findDataset, readShard } from './dataset.ts';
import { Fingerprints } from './fingerprints.ts';
import { inOrder } from './in-order.ts';
import { ObjectMissingError, type ObjectStore } from './store.ts';
import { putTruth, type TruthSegment } from './truth.ts';

/** One file that may become an image of a dataset. */
export interface SourceFile {
  /** Path below the source's root, joined by `/`. */
  name: string;
  /** Changes when the content may have. */
  version: string;
  read(): Promise<Uint8Array>;
  /** Where the bytes stay reachable without a copy, as an `s3://` URL. */
  url?: string;
  /** A known panoptic mask: PNG bytes, its segments_info, and the categories that those name by id. */
  truth?: { png(): Promise<Uint8Array>; segments: TruthSegment[]; categories: Category[] };
}

export interface ImportReport {
  /** Files that the source offered. */
  files: number;
  added: number;
  /** In the dataset already, by the same name. */
  unchanged: number;
  /** Files with the bytes of another image. */
  duplicates: number;
  /** Could not be read. */
  failed: { name: string; reason: string }[];
}

export interface ImportOptions {
  /** Where the files come from, for people to read. */
  source: string;
  categories?: Category[];
  /** Files read at the same time. */
  concurrency?: number;
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
  files: AsyncIterable<SourceFile>,
  { source, categories, concurrency = 8, signal, onProgress }: ImportOptions,
): Promise<ImportReport & { dataset: Dataset }> {
  checkDatasetName(name);
  const before = await findDataset(store, name, { signal });
  const dataset: Dataset = {
    ...{ version: 1, name, source, images: 0, duplicates: 0, shards: 0, bytes: 0 },
    categories: categories?.length ? categories : (before?.categories ?? []),
    updated: '',
  };
  const seen: Seen = { contents: new Fingerprints(), versions: new Fingerprints() };
  await recall(store, dataset, seen, signal);
  const report: ImportReport = { files: 0, added: 0, unchanged: 0, duplicates: 0, failed: [] };

  let lines: DatasetImage[] = [];
  const finishShard = async () => {
    if (lines.length === 0) return;
    const created = await store.putIfAbsent(shardKey(name, dataset.shards), encodeLines(lines), { signal });
    if (!created) throw new Error(`dataset ${name} grew meanwhile; expected no other import of it`);
    dataset.shards++;
    lines = [];
  };

  for await (const read of inOrder(files, concurrency, (file) => readFile(file, seen.versions, signal))) {
    signal?.throwIfAborted();
    report.files++;
    if ('reason' in read) report.failed.push(read);
    else if (!('bytes' in read)) report.unchanged++;
    else {
      const digest = sha256(read.bytes);
      const isNewVersion = seen.versions.add(contentDigest(read.file.name, digest));
      seen.versions.add(versionDigest(read.file));
      if (!isNewVersion) {
        report.unchanged++;
      } else if (!seen.contents.add(digest)) {
        report.duplicates++;
      } else {
        dataset.images++;
        dataset.bytes += read.bytes.length;
        lines.push(await keep(store, name, dataset.images, read, digest.toString('hex'), signal));
        report.added++;
        if (lines.length === shardSize(dataset.shards)) await finishShard();
      }
    }
    onProgress?.(report);
  }
  await finishShard();
  dataset.duplicates = report.duplicates;
  // Shards that somebody else wrote meanwhile are counted as well, or they would be lost until the next import.
  do {
    dataset.updated = new Date().toISOString();
    await store.put(datasetKey(name), JSON.stringify(dataset), { signal });
  } while (await recall(store, dataset, seen, signal));
  return { ...report, dataset };
}

/**
 * Images of the next shard, which is what one worker does at a time: few at first, so that a small dataset is shared
 * between workers and shows its progress; more later, so that a million images are a few thousand shards.
 */
const shardSize = (shards: number): number => (shards < 64 ? 16 : shards < 1024 ? 64 : 256);

interface Seen {
  /** Of images' bytes. */
  contents: Fingerprints;
  /** Of files: their names with what their source knew of them, and with their bytes. */
  versions: Fingerprints;
}

/**
 * Counts the shards after those that the dataset counts already: what earlier imports brought, killed ones included.
 *
 * @returns whether there were any
 */
async function recall(store: ObjectStore, dataset: Dataset, seen: Seen, signal?: AbortSignal): Promise<boolean> {
  for (const known = dataset.shards; ; dataset.shards++) {
    let lines: DatasetImage[];
    try {
      lines = await readShard(store, dataset.name, dataset.shards, { signal });
    } catch (error) {
      if (!(error instanceof ObjectMissingError)) throw error;
      return dataset.shards > known;
    }
    for (const line of lines) {
      const digest = Buffer.from(line.sha256, 'hex');
      seen.contents.add(digest);
      seen.versions.add(versionDigest(line));
      seen.versions.add(contentDigest(line.name, digest));
      dataset.images++;
      dataset.bytes += line.bytes;
    }
  }
}

const versionDigest = ({ name, version }: { name: string; version: string }) => sha256(`${name}\n${version}`);
/** The second line break keeps it apart from any version. */
const contentDigest = (name: string, digest: Uint8Array) => sha256(`${name}\n\n${Buffer.from(digest).toString('hex')}`);

/** A file with its bytes, and those of its known mask. */
interface Loaded {
  file: SourceFile;
  bytes: Uint8Array;
  mask?: Uint8Array;
}

type Read = { file: SourceFile } | Loaded | { name: string; reason: string };

async function readFile(file: SourceFile, versions: Fingerprints, signal?: AbortSignal): Promise<Read> {
  if (versions.has(versionDigest(file))) return { file };
  try {
    return { file, bytes: await file.read(), mask: await file.truth?.png() };
  } catch (error) {
    signal?.throwIfAborted();
    return { name: file.name, reason: (error as Error).message.replaceAll('\n', ' ') };
  }
}

async function keep(
  store: ObjectStore,
  dataset: string,
  id: number,
  { file, bytes, mask }: Loaded,
  sha: string,
  signal?: AbortSignal,
): Promise<DatasetImage> {
  const object = file.url ?? imageKey(sha, extname(file.name).toLowerCase());
  if (!file.url) await store.putIfAbsent(object, bytes, { signal });
  if (file.truth && mask) {
    await putTruth(store, { dataset, sha256: sha }, { ...file.truth, png: mask }, { signal });
  }
  return { id, sha256: sha, name: file.name, object, bytes: bytes.length, version: file.version };
}
