/** Datasets as they travel and lie in a store: a document for the whole, JSON Lines for its images, in shards. */

import type { Category } from '../categories.ts';
import { InvalidInputError } from '../errors.ts';

/** One line of a shard. */
export interface DatasetImage {
  /** From 1 in order of import, ascending in a shard. */
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

/** A name that an image goes by. */
export interface ImageName {
  /**
   * COCO's image id: the image's own for the name that it was imported under, for any other name a number that no image and
   * no other name of the dataset has.
   */
  id: number;
  name: string;
  version: string;
  /** Scribbles were given for it under this name; noted where an image has several. */
  drawn?: true;
}

/**
 * The images of a shard whose names are no longer those of its lines, by id: files of the same bytes are further names of one
 * image; a name whose file changed goes over to another image. An image without a name is a former version.
 */
export interface ShardNames {
  version: 1;
  images: Record<string, ImageName[]>;
}

/**
 * An image as it stands by now: `name` and `version` are those of the first of its names that was drawn on, or else of the
 * first; of a former version those it had at first.
 */
export interface NamedImage extends DatasetImage {
  names: ImageName[];
}

export interface Dataset {
  version: 1;
  name: string;
  /** Folder, prefix or file it was last imported from. */
  source: string;
  /** Without former versions. */
  images: number;
  /** Images whose files changed since: kept with what was drawn on them. Absent in documents of before there were any. */
  former?: number;
  /** Files of that import that have the bytes of another. */
  duplicates: number;
  shards: number;
  /** Bytes of all images, without former versions. */
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
