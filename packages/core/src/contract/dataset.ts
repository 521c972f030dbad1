/** Datasets as they travel and lie in a store: a document for the whole, JSON Lines for its images, in shards. */
import { InvalidInputError } from '../errors.ts';
import type { Category } from '../mask.ts';

/** One line of a shard. */
export interface DatasetImage {
  /** 1 … n in order of import; COCO's image id. */
  id: number;
  /** Of the file's bytes: what the image is. */
  sha256: string;
  /** Path below the folder or prefix that it was imported from, joined by `/`. */
  name: string;
  /** Where its bytes are: an object of the same store, or an `s3://` URL. */
  object: string;
  bytes: number;
  /** What its source knew of this version of it (time of change, etag), so that a later import need not read it again. */
  version: string;
}

export interface Dataset {
  version: 1;
  name: string;
  /** Folder, prefix or file it was last imported from. */
  source: string;
  images: number;
  /** Files of that import left out because another has the same bytes. */
  duplicates: number;
  shards: number;
  /** Bytes of all images. */
  bytes: number;
  /** Of its ground truth, where it came with one. */
  categories: Category[];
  /** ISO 8601. */
  updated: string;
}

/** What a dataset can be called. */
export const datasetName = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9_-])?$/;

/** @throws InvalidInputError unless a dataset can have this name */
export function checkDatasetName(name: string): void {
  if (!datasetName.test(name)) {
    throw new InvalidInputError(`dataset ${JSON.stringify(name)}; expected a-z, 0-9, '.', '_' and '-', at most 64`);
  }
}

export const encodeLines = (lines: readonly unknown[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

export const decodeLines = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
