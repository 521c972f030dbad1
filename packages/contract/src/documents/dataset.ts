/** Datasets as they lie in a store: a document for the whole, JSON Lines for its images, in shards. */

import type { Category } from '../categories.ts';
import { InvalidInputError } from '../errors.ts';
import { labelFormatNames } from '../label-formats.ts';
import * as z from '../zod.ts';

/** One line of a shard. */
export const datasetImage = z.object({
  /** From 1 in order of import, ascending in a shard. */
  id: z.number(),
  /** Of the file's bytes: the image's identity. */
  sha256: z.string(),
  /** Path below the folder or prefix that it was imported from, joined by `/`. */
  name: z.string(),
  /** Where its bytes are: an object of the same store, or an `s3://` URL. */
  object: z.string(),
  bytes: z.number(),
  /** Tells versions of the file apart (time of change, etag), so that a later import need not read it again. */
  version: z.string(),
});
export type DatasetImage = z.infer<typeof datasetImage>;

/** A name that an image goes by. */
export const imageName = z.object({
  /**
   * COCO's image id: the image's own for the name that it was imported under, for any other name a number that no image and
   * no other name of the dataset has.
   */
  id: z.number(),
  name: z.string(),
  version: z.string(),
  /** Scribbles were given for it under this name; noted where an image has several. */
  drawn: z.optional(z.literal(true)),
});
export type ImageName = z.infer<typeof imageName>;

/**
 * Names of a shard's images, by id, where they are no longer those of its lines. Files of the same bytes are further names of
 * one image; a name whose file changed goes over to another image. An image without a name is a former version.
 */
export const shardNames = z.object({ version: z.literal(1), images: z.record(z.string(), z.array(imageName)) });
export type ShardNames = z.infer<typeof shardNames>;

/**
 * Images of a shard that were taken out of their dataset, by id. They are former versions: without names until they are put back.
 * Absent of a shard without any.
 */
export const removedImages = z.object({
  version: z.literal(1),
  images: z.record(
    z.string(),
    z.object({
      /** As they were. */
      names: z.array(imageName),
      /** When it was taken out, and when its picture goes for good; ISO 8601. */
      at: z.string(),
      goes: z.string(),
      /** The picture is no longer there. */
      gone: z.optional(z.literal(true)),
    }),
  ),
});
export type RemovedImages = z.infer<typeof removedImages>;

/**
 * An image under its current names: `name` and `version` are those of the first of its names that was drawn on, or else of the
 * first; of a former version those it had at first.
 */
export interface NamedImage extends DatasetImage {
  names: ImageName[];
}

/**
 * A category as the source of a dataset listed it. Imports by earlier versions checked nothing: an id may be a text, a name may
 * be missing. Exports refuse those.
 */
export const listedCategory = z.custom<Category>((value) => typeof value === 'object' && value !== null);

export const dataset = z.object({
  version: z.literal(1),
  name: z.string(),
  /** Folder, prefix or file it was last imported from. */
  source: z.string(),
  /** The format of the labels beside its pictures that became known masks; absent where pictures alone were taken. */
  labels: z.optional(z.enum(labelFormatNames)),
  /** Without former versions. */
  images: z.number(),
  /** Images whose files changed since, or that were taken out: kept with their scribbles. Absent where there are none, and before there could be any. */
  former: z.optional(z.number()),
  /** Files of that import that have the bytes of another. */
  duplicates: z.number(),
  shards: z.number(),
  /** Bytes of all images, without former versions. */
  bytes: z.number(),
  /** Of its ground truth, where it came with one. */
  categories: z.array(listedCategory),
  /** ISO 8601. */
  updated: z.string(),
});
export type Dataset = z.infer<typeof dataset>;

/** A dataset that is put away. Absent of one in use. */
export const datasetPlace = z.object({
  version: z.literal(1),
  /** Since when it is in the archive, ISO 8601. */
  archived: z.nullable(z.string()),
  /** When it was deleted, and when it goes for good. */
  deleted: z.nullable(z.object({ at: z.string(), goes: z.string() })),
});
export type DatasetPlace = z.infer<typeof datasetPlace>;

/** Names that a dataset can have. */
export const datasetName = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9_-])?$/;

/** @throws InvalidInputError unless a dataset can have this name */
export function checkDatasetName(name: string): void {
  if (!datasetName.test(name)) {
    throw new InvalidInputError(`dataset ${JSON.stringify(name)}; expected a-z, 0-9, '.', '_' and '-', at most 64`);
  }
}
